"""Thresholds and the figures of how well groups are told apart keep to their laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from workers.engine.inspection import patches, threshold, too_few
from workers.engine.unusual_sheet import fitting
from workers.metrics.roc import auroc, share

DRAWS = np.random.default_rng(3)


def test_auroc_is_the_share_of_pairs_that_stand_in_order_ties_counting_half():
    good, bad = DRAWS.integers(0, 9, 40).astype(float), DRAWS.integers(3, 12, 25).astype(float)
    pairs = (bad[:, None] > good).mean() + (bad[:, None] == good).mean() / 2
    assert auroc(good, bad).value == pytest.approx(pairs)


def test_auroc_of_the_groups_changed_over_is_what_is_missing_to_one():
    good, bad = DRAWS.normal(0, 1, 30), DRAWS.normal(1, 1, 20)
    one, other = auroc(good, bad), auroc(bad, good)
    assert one.value + other.value == pytest.approx(1)
    assert one.high - one.low == pytest.approx(other.high - other.low)


def test_the_interval_of_auroc_holds_the_truth_about_as_often_as_it_says():
    truth, hits = 0.7602499389065233, 0  # of normals one apart: Phi(1 / sqrt 2)
    for _ in range(400):
        said = auroc(DRAWS.normal(0, 1, 60), DRAWS.normal(1, 1, 60))
        hits += said.low <= truth <= said.high
    assert 0.91 < hits / 400 < 0.985


def test_groups_that_lie_apart_are_told_apart_wholly():
    assert auroc(np.array([1.0, 2]), np.array([3.0, 4])).value == 1
    assert auroc(np.array([1.0]), np.array([1.0])).value == 0.5


@pytest.mark.parametrize("abnormal", [1, 3])
def test_few_items_that_lie_apart_are_no_certainty_and_more_are_nearer_to_one(abnormal):
    few, many = (auroc(np.arange(50.0), 100 + np.arange(float(count))) for count in (abnormal, 40))
    assert few.low < 0.5 < few.value == few.high == 1
    assert many.low > 0.9


def test_one_item_of_a_group_leaves_a_wide_interval_about_the_figure():
    said = auroc(np.arange(100.0), np.array([79.5]))
    assert said.low < 0.3 < said.value < said.high
    assert said.value == 0.8


def test_a_share_has_an_interval_within_0_and_1_that_narrows_with_the_items():
    none, few, many = share(0, 10), share(3, 10), share(300, 1000)
    assert none.low == 0 < none.high < 0.35
    assert few.low < 0.3 < few.high
    assert many.high - many.low < few.high - few.low


def test_a_further_normal_item_passes_the_threshold_as_seldom_as_the_quantile_says():
    passed = [DRAWS.normal() > threshold(DRAWS.normal(0, 1, 39), 0.9) for _ in range(4000)]
    assert 0.085 < np.mean(passed) < 0.115


def test_of_few_items_the_largest_is_the_threshold_and_that_they_are_few_is_known():
    assert threshold(np.array([1.0, 5, 3]), 0.99) == 5
    assert too_few(98, 0.99)
    assert not too_few(99, 0.99)


def test_a_patch_outweighs_a_single_place_of_the_same_height():
    dot, patch = torch.zeros(1, 16, 16), torch.zeros(1, 16, 16)
    dot[0, 8, 8] = patch[0, 7:10, 7:10] = 1
    assert patches(patch).max() == 1 > patches(dot).max()
    assert torch.allclose(patches(torch.ones(1, 16, 16)), torch.ones(1, 16, 16))


@pytest.mark.parametrize("count", range(1, 28))
def test_the_groups_of_three_on_a_sheet_fill_rows_of_whole_groups(count):
    cells = 3 * fitting(count)
    assert fitting(count) >= count
    assert round(cells**0.5) ** 2 == cells
    assert round(cells**0.5) % 3 == 0
