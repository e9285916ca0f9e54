"""Trigrams, words and copies: their laws on texts whose answer is plain."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.english_like import text_sample
from workers.contracts import Field, Fields, Figure, Sample, Spec
from workers.engine.sources import BLOCK, Source
from workers.metrics.ngrams import Ngrams

LABELS = ("", *" abcdefghijklmnopqrstuvwxyz")
SPEC = Spec("text", (Field("text", "token", (40,), len(LABELS), LABELS), Field("length", "length")))


def fields(*texts: str, length: int = 40) -> Fields:
    """Texts as passages; a closing boundary where there is room."""
    rows = [[LABELS.index(char) for char in text] for text in texts]
    padded = torch.tensor([row + [0] * (length - len(row)) for row in rows])
    return {"text": padded, "length": torch.tensor([min(length, len(row) + 1) for row in rows])}


def measured(real: Fields, made: Fields, train: Fields | None = None) -> dict[str, Figure]:
    learned = Source(train, dict) if train else None
    return Ngrams().measure(Sample(real, learned, SPEC), Sample(made, None, SPEC), seed=1)


def test_a_set_differs_from_itself_by_nothing():
    assert measured(fields("anna", "emma"), fields("emma", "anna"))["trigram_divergence"].value == 0


def test_sets_without_a_common_trigram_differ_by_one_bit():
    found = measured(fields("aaaa" * 10), fields("bbbb" * 10))["trigram_divergence"]
    assert found.value == pytest.approx(1)
    assert found.unit == "bit"


def test_the_divergence_is_symmetric():
    one, other = fields("anna", "emma", "ada"), fields("hanna", "gemma")
    there, back = (measured(a, b)["trigram_divergence"].value for a, b in ((one, other), (other, one)))
    assert there == pytest.approx(back)


def test_known_words_are_those_of_both_real_sides():
    found = measured(fields("the kiln"), fields("the glaze cracks"), train=fields("glaze"))
    assert found["known_words"].value == pytest.approx(2 / 3)
    assert found["known_words"].n == 3


def test_words_that_a_passage_cuts_are_not_judged():
    found = measured(fields("whole", length=19), fields("ole whole whole who", length=19))
    assert found["known_words"].value == 1
    assert found["known_words"].n == 2


def test_a_copy_across_two_passages_is_found():
    text = "abcdefghijklmnopqrstuvwxyz" * 4
    train = fields(text[:40], text[40:80], text[80:])
    found = measured(fields("x" * 40), fields(text[25:65]), train=train)
    assert found["verbatim_30"].value == 1
    assert found["verbatim_30"].n == 11
    assert found["verbatim_30_real"].value == 0


def test_a_copy_across_two_passages_that_are_not_read_at_once_is_found():
    text = "abcdefghijklmnopqrstuvwxyz" * 4
    train = fields(*["x" * 40] * (BLOCK - 1), text[:40], text[40:80])
    assert measured(fields("x" * 40), fields(text[25:65]), train=train)["verbatim_30"].value == 1


def test_a_copy_across_the_end_of_a_document_is_none():
    train = fields("abcdefghijklmnopqrst", "uvwxyzabcdefghijklmn")
    assert measured(fields("x" * 40), fields("abcdefghijklmnopqrstuvwxyz" + "abcdefghijkl"), train=train)[
        "verbatim_30"
    ].value == pytest.approx(0)


def test_items_shorter_than_a_window_have_no_figure_for_it():
    assert "verbatim_30" not in measured(fields("anna"), fields("emma"), train=fields("ada"))


def test_the_figure_of_unseen_real_items_is_near_that_of_more_real_items():
    real = text_sample()
    more = real.train.fields(torch.arange(150))
    found = Ngrams().measure(real, replace(real, fields=more, train=None), seed=1)
    assert found["trigram_divergence"].value == pytest.approx(found["trigram_divergence_real"].value, abs=0.03)
    assert found["verbatim_30"].value == 1
