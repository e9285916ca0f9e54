"""The threshold of near copies: what it promises of items that were not learned from, and what of few of them."""

from __future__ import annotations

import numpy as np
import pytest

from workers.engine.near_threshold import interval, learned

NOTHING = -1.0  # no distance is that of an identical item


def distances(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(size=n)


@pytest.mark.parametrize("n", [999, 2_000, 5_000, 20_000])
def test_of_enough_unseen_items_the_wanted_quantile_is_used(n: int) -> None:
    known = learned(distances(n), NOTHING)
    assert 0.0005 < known.quantile <= 0.001


@pytest.mark.parametrize("n", [1, 10, 300, 998])
def test_of_too_few_it_is_the_smallest_there_is_and_says_so(n: int) -> None:
    known = learned(distances(n), NOTHING)
    assert (known.value, known.n) == (distances(n).min(), n)
    assert known.quantile == pytest.approx(1 / (n + 1))


def test_the_stated_share_of_further_unseen_items_lies_below_it() -> None:
    hits = [learned(distances(1999, seed), NOTHING).near(distances(2000, 10_000 + seed)).mean() for seed in range(200)]
    assert np.mean(hits) == pytest.approx(0.001, rel=0.1)  # 2 of 2,000; 200 draws know it to about 7 in 100


def test_it_holds_whatever_the_distribution() -> None:
    hits = [
        learned(np.random.default_rng(seed).standard_cauchy(500), -np.inf)
        .near(np.random.default_rng(9_000 + seed).standard_cauchy(500))
        .mean()
        for seed in range(300)
    ]
    assert np.mean(hits) == pytest.approx(1 / 501, rel=0.2)


def test_items_that_are_all_equally_far_make_nothing_near() -> None:
    known = learned(np.ones(2_000), NOTHING)
    assert not known.near(np.ones(50)).any()


def test_what_is_identical_is_near_even_where_the_data_repeat_themselves() -> None:
    known = learned(np.zeros(2_000), 1e-3)
    assert known.near(np.array([0.0, 1e-4, 0.1])).tolist() == [True, True, False]


def test_copies_among_the_unseen_items_do_not_hide_others() -> None:
    known = learned(np.concatenate([np.zeros(50), distances(1_000)]), 1e-3)
    assert (known.value, known.n) == (distances(1_000).min(), 1_000)


def test_without_unseen_items_only_what_is_identical_is_near() -> None:
    known = learned(np.zeros(0), 1e-3)
    assert (known.n, known.near(np.array([1e-4, 0.01])).tolist()) == (0, [True, False])


def test_an_interval_holds_its_rate_and_narrows_with_more_items() -> None:
    widths = []
    for checked in (10, 100, 1_000, 10_000):
        low, high = interval(checked // 10, checked)
        assert low < 0.1 < high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)


def test_none_of_256_still_leaves_room_for_one_and_a_half_in_a_hundred() -> None:
    low, high = interval(0, 256)
    assert (low, high) == (0.0, pytest.approx(1.96**2 / (256 + 1.96**2), rel=1e-3))


def test_an_interval_is_that_of_the_opposite_mirrored() -> None:
    low, high = interval(30, 256)
    assert interval(226, 256) == (pytest.approx(1 - high), pytest.approx(1 - low))


def test_nothing_checked_says_nothing() -> None:
    assert interval(0, 0) == (0.0, 1.0)
