"""Near copies of texts: runs of characters that stand in the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.english_like import text_spec
from tests.marks.marked import code_points
from workers.engine.near_index import NearIndex
from workers.engine.near_texts import GRAM, Texts, longest_run
from workers.engine.sources import Source
from workers.plugins import plugin

MODALITY = plugin("modality", "text")()
LETTERS, LENGTH = "aeinorst dhl,.", 64
SPEC = text_spec(LETTERS, LENGTH)


def told(seed: int, count: int) -> list[np.ndarray]:
    """`count` passages of one text that never says a thing twice."""
    drawn = np.random.default_rng(seed).choice(list(LETTERS), count * LENGTH)
    points = code_points("".join(drawn))
    return [points[at : at + LENGTH] for at in range(0, len(points), LENGTH)]


def source(texts: list[np.ndarray]) -> Source:
    return Source(
        {name: torch.from_numpy(array) for name, array in MODALITY.stored(texts, SPEC).items()}, MODALITY.encode
    )


@pytest.fixture(scope="module")
def index() -> NearIndex:
    made = NearIndex.build(MODALITY, SPEC, source(told(1, 1_200)), source(told(2, 300)))
    assert made is not None
    return made


def learned(rows: int) -> list[np.ndarray]:
    return told(1, 1_200)[:rows]


def test_copies_are_found_with_the_row_that_they_are_copies_of(index: NearIndex) -> None:
    distances, near, rows = index.nearest(learned(40))
    assert (distances.max(), near.all(), rows.tolist()) == (0, True, list(range(40)))


def test_a_copy_with_another_character_at_its_end_is_found(index: NearIndex) -> None:
    changed = [np.concatenate([text[:-3], code_points("qqq")]) for text in learned(40)]
    assert index.nearest(changed)[1].all()


def test_another_text_in_the_same_letters_is_none(index: NearIndex) -> None:
    assert not index.nearest(told(3, 300))[1].any()


def test_a_quarter_of_a_passage_taken_over_is_found(index: NearIndex) -> None:
    some = [np.concatenate([mine[:16], other[16:]]) for mine, other in zip(learned(40), told(3, 40), strict=True)]
    assert index.nearest(some)[1].all()


def test_a_copy_with_every_fifth_character_changed_is_missed(index: NearIndex) -> None:
    """A limit that the guard states: what is found stands there letter for letter."""
    changed = [np.where(np.arange(len(text)) % 5 == 0, ord("#"), text).astype(np.uint32) for text in learned(40)]
    assert not index.nearest(changed)[1].any()


def test_a_text_across_two_passages_that_follow_each_other_is_found(index: NearIndex) -> None:
    first, second = learned(2)
    assert index.nearest([np.concatenate([first[30:], second[:30]])])[0][0] == 0


def test_a_part_of_a_text_counts_as_a_part() -> None:
    real = code_points("abcdefghijklmnopqrstuvwxyz")
    made = np.concatenate([real, code_points("0123456789" * 4)])
    distance, _ = Texts.of([[real], [code_points("-" * len(made))]]).nearest([made])
    assert distance[0] == pytest.approx(1 - (len(real) - GRAM + 1) / (len(made) - GRAM + 1))


def test_a_short_text_that_stands_there_as_a_whole_is_far_from_being_a_copy(index: NearIndex) -> None:
    """Last passages are short; what counts as near must not be decided by them."""
    assert index.nearest([learned(1)[0][:12]])[0][0] > 0.9


def test_a_text_shorter_than_a_gram_is_far_from_everything(index: NearIndex) -> None:
    distances, near, _ = index.nearest([code_points("of the"), code_points("")])
    assert (distances.tolist(), near.tolist()) == ([1, 1], [False, False])


@pytest.mark.parametrize(("hits", "run"), [("", (0, 0)), ("000", (0, 0)), ("111", (3, 0)), ("0110111", (3, 4))])
def test_the_longest_run(hits: str, run: tuple[int, int]) -> None:
    assert longest_run(np.array([hit == "1" for hit in hits], bool)) == run


def test_what_is_kept_of_texts_is_what_was_searched(index: NearIndex, tmp_path: Path) -> None:
    index.write(tmp_path / "near.safetensors")
    again = NearIndex.read(tmp_path / "near.safetensors")
    assert again.says == index.says
    for mine, other in zip(again.nearest(learned(30)), index.nearest(learned(30)), strict=True):
        assert np.array_equal(mine, other)
