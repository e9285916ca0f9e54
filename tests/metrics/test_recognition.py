"""The classifier metric: what it needs, and that it sees classes that are missing."""

from __future__ import annotations

import pytest
import torch

from tests.digits_fields import real_digits
from workers.contracts import Sample
from workers.metrics.classifier import Classifier
from workers.metrics.recognition import NotMeasurable, small
from workers.metrics.resampling import mean, share


@pytest.fixture(autouse=True)
def taught_briefly(monkeypatch):
    """A recogniser of digits knows them after a seventh of the updates: what is claimed here holds by then."""
    monkeypatch.setattr("workers.metrics.recognition.UPDATES", 60)


def test_data_without_classes_cannot_be_classified():
    with pytest.raises(NotMeasurable):
        Classifier().measure(Sample({"image": torch.zeros(9, 1, 8, 8)}), Sample({"image": torch.zeros(9, 1, 8, 8)}), 1)


def test_a_missing_class_has_no_share_and_lowers_the_entropy():
    real = real_digits()
    whole, lame = real.fields["image"], real.fields["image"][real.fields["condition"] != 7]
    found, lacking = (Classifier().measure(real, Sample({"image": images}), seed=1) for images in (whole, lame))
    assert found["class_share_7"].value > 0.05
    assert lacking["class_share_7"].value < 0.02
    assert lacking["label_entropy"].value < found["label_entropy"].value
    assert found["classifier_accuracy"].value > 0.9


@pytest.mark.parametrize("size_px", [8, 32, 128])
def test_pictures_of_any_size_are_looked_at_in_one(size_px):
    assert small(torch.zeros(2, 3, size_px, size_px)).shape == (2, 3, 32, 32)


def test_an_interval_narrows_with_more_items():
    hits = torch.arange(4000) % 2 == 0
    few, many = share(hits[:40], seed=1), share(hits, seed=1)
    assert many.high - many.low < few.high - few.low
    assert few.low < 0.5 < few.high


def test_the_interval_of_a_share_goes_by_how_many_say_yes_and_not_by_which():
    hits = torch.arange(500) < 60
    assert share(hits, seed=1) == share(hits.roll(77), seed=1)
    assert share(~hits, seed=1).n == 500


def test_counts_drawn_anew_give_the_interval_of_items_drawn_anew():
    hits = torch.arange(2000) < 300
    by_counts, by_items = share(hits, seed=1), mean(hits, seed=1)
    assert by_counts.value == by_items.value
    width = by_items.high - by_items.low
    assert by_counts.low == pytest.approx(by_items.low, abs=width / 10)
    assert by_counts.high == pytest.approx(by_items.high, abs=width / 10)
