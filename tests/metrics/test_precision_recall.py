"""Precision and recall by nearest neighbours: their laws on sets whose answer is plain."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from workers.contracts import Sample
from workers.engine.sources import Source
from workers.metrics.precision_recall import PrecisionRecall, covered, real_pictures
from workers.metrics.recognition import NotMeasurable


def blobs(count: int, centre: float, seed: int) -> Tensor:
    """Pictures (count, 1, 16, 16) around one brightness."""
    return centre + 0.05 * torch.randn(count, 1, 16, 16, generator=torch.Generator().manual_seed(seed))


def figures(real: Tensor, made: Tensor) -> tuple[float, float]:
    found = PrecisionRecall().measure(Sample({"image": real}), Sample({"image": made}), seed=1)
    return found["precision"].value, found["recall"].value


def test_a_set_covers_itself():
    real = blobs(60, 0.0, 1)
    assert figures(real, real) == (1.0, 1.0)


def test_sets_far_apart_cover_nothing():
    assert figures(blobs(60, -0.8, 1), blobs(60, 0.8, 2)) == (0.0, 0.0)


def test_one_of_two_kinds_is_more_precise_than_complete():
    both = torch.cat([blobs(60, -0.8, 1), blobs(60, 0.8, 2)])
    precision, recall = figures(both, blobs(120, 0.8, 3))
    assert precision > recall
    assert 0 < recall <= 0.5


def test_precision_and_recall_change_places_with_the_sets():
    one, other = torch.cat([blobs(40, -0.8, 1), blobs(40, 0.8, 2)]), blobs(80, 0.8, 3)
    assert figures(one, other) == tuple(reversed(figures(other, one)))


def test_the_ball_reaches_to_the_kth_neighbour():
    line = torch.tensor([[0.0], [1.0], [3.0]])  # with k = 1 the balls are [-1, 1], [0, 2] and [1, 5]
    asked = torch.tensor([[-1.5], [-0.5], [4.5], [5.5]])
    assert covered(asked, line, 1).tolist() == [False, True, True, False]


def test_too_few_items_say_so():
    with pytest.raises(NotMeasurable):
        figures(blobs(5, 0.0, 1), blobs(60, 0.0, 2))


def test_unseen_items_come_first_and_train_fills_up():
    real = Sample({"image": blobs(10, -0.8, 1)}, Source({"image": blobs(50, 0.8, 2)}, dict))
    assert [len(real_pictures(real, wanted, 1)) for wanted in (5, 30, 100)] == [5, 30, 60]
    assert torch.equal(real_pictures(real, 30, 1)[:10], real.fields["image"])
