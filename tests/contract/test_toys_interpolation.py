"""A path from seed to seed, as one generate job."""

from __future__ import annotations

import numpy as np
import pytest

from models_store.errors import InvalidInput
from tests.contract.toys.attempts import generated, items, pixels, sheet_size
from workers.modalities.image_sheet import LABEL_PX

pytestmark = pytest.mark.usefixtures("toys_installed")


@pytest.fixture(scope="module")
def path(dark_model, tmp_path_factory):
    return generated(tmp_path_factory.mktemp("path"), dark_model, params={"count": 9, "interpolate": ["1", "2"]})


def digests(made) -> list[str]:
    return [item["content_sha256"] for item in items(made)]


def test_the_ends_are_the_items_of_their_seeds(path, dark_model, tmp_path):
    ends = [generated(tmp_path / seed, dark_model, params={"count": 1}, seed=seed) for seed in ("1", "2")]
    assert [digests(path)[0], digests(path)[-1]] == [digests(end)[0] for end in ends]


def test_all_between_are_of_their_own(path):
    assert len(set(digests(path))) == 9


def test_each_step_leads_away_from_the_one_end_and_towards_the_other(path):
    found = pixels(path)
    from_first, to_last = (np.abs(found - end).mean(axis=(1, 2)) for end in (found[0], found[-1]))
    assert (np.diff(from_first) > 0).all()
    assert (np.diff(to_last) < 0).all()


def test_the_seed_of_the_job_does_not_change_a_path(path, dark_model, tmp_path):
    said = {"count": 9, "interpolate": ["1", "2"]}
    assert digests(generated(tmp_path, dark_model, params=said, seed="77")) == digests(path)


def test_a_path_of_three_seeds_goes_by_the_second(dark_model, tmp_path):
    found = generated(tmp_path / "path", dark_model, params={"count": 5, "interpolate": ["1", "2", "3"]})
    second = generated(tmp_path / "second", dark_model, params={"count": 1}, seed="2")
    assert digests(found)[2] == digests(second)[0]


def test_the_sheet_of_a_path_says_where_each_item_lies(path, dark_model, tmp_path):
    plain = generated(tmp_path, dark_model, params={"count": 9})
    width, height = sheet_size(plain)
    assert sheet_size(path) == (width, height + 3 * LABEL_PX)  # three rows of three


def test_there_is_no_path_where_items_are_made_piece_by_piece(letters_model, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        generated(tmp_path, letters_model, params={"count": 3, "interpolate": ["1", "2"]})
    assert (refused.value.code, refused.value.field) == ("not_interpolable", "params.interpolate")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"count": 2, "interpolate": ["1", "2", "3"]}, "params.count"),
        ({"count": 5, "interpolate": ["1"]}, "params.interpolate"),
        ({"count": 5, "interpolate": ["1", "2"], "sweep": {"contrast": [1, 2]}}, "params.sweep"),
    ],
    ids=["too few items", "one seed", "a sweep besides"],
)
def test_a_path_that_leads_nowhere_is_refused(dark_model, tmp_path, said, field):
    with pytest.raises(InvalidInput) as refused:
        generated(tmp_path, dark_model, params=said)
    assert refused.value.field == field
