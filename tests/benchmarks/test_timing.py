"""The laws of the timing method, on a clock that the work itself moves."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.timing import Figure, alternating, compared, interval, measured

NOISE = 0.05


class Work:
    """A clock in seconds; `takes(1.0)` is work that moves it by about so much, each second longer by `slower`."""

    def __init__(self, slower: float = 0.0) -> None:
        self.at, self.slower, self.draws = 0.0, slower, np.random.default_rng(1)
        self.order: list[float] = []

    def clock(self) -> float:
        return self.at

    def takes(self, seconds: float):
        def run() -> None:
            self.order.append(seconds)
            self.at += seconds * (1 + self.slower * self.at) * float(np.exp(self.draws.normal(0, NOISE)))

        return run


def figure(ours: float, peer: float, slower: float = 0.0, pairs: int = 40, at_least: float | None = None) -> Figure:
    work = Work(slower)
    taken = alternating(work.takes(ours), work.takes(peer), pairs=pairs, clock=work.clock)
    return compared(taken, per=1, unit="ms", against="the peer", at_least=at_least)


def test_the_same_work_has_a_ratio_whose_interval_includes_one():
    same = figure(1.0, 1.0)
    assert same.low <= 1.0 <= same.high


@pytest.mark.parametrize("times", [0.5, 2.0, 8.0])
def test_work_that_takes_so_many_times_as_long_is_so_many_times_slower(times):
    found = figure(times, 1.0)
    assert found.ratio == pytest.approx(1 / times, rel=NOISE)
    assert found.value / found.peer == pytest.approx(times, rel=NOISE)


def test_who_is_called_the_peer_turns_the_ratio_over():
    assert figure(3.0, 1.0).ratio * figure(1.0, 3.0).ratio == pytest.approx(1.0, rel=NOISE)


def test_a_machine_that_gets_slower_changes_nothing():
    drifting = figure(1.0, 1.0, slower=0.05)
    assert drifting.low <= 1.0 <= drifting.high


def test_who_goes_first_alternates_after_the_warm_up():
    work = Work()
    alternating(work.takes(1.0), work.takes(2.0), pairs=3, clock=work.clock, warm_ups=1)
    assert work.order == [1.0, 2.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0]


def test_warm_ups_are_not_counted():
    work = Work()
    assert len(alternating(work.takes(1.0), work.takes(1.0), pairs=5, clock=work.clock, warm_ups=7).ours) == 5


def test_the_interval_narrows_with_more_values():
    draws = np.random.default_rng(2)
    few, many = (np.subtract(*reversed(interval(draws.normal(size=n)))) for n in (20, 2000))
    assert many < few / 5


def test_the_interval_covers_the_median_about_as_often_as_it_says():
    draws = np.random.default_rng(3)
    hits = [low <= 0 <= high for low, high in (interval(draws.normal(size=25)) for _ in range(200))]
    assert 0.88 <= np.mean(hits) <= 1.0


def test_a_figure_counts_each_of_several_things_of_a_run():
    work = Work()
    taken = alternating(work.takes(1.0), work.takes(1.0), pairs=20, clock=work.clock)
    assert compared(taken, per=4, unit="ms", against="").value == pytest.approx(250, rel=NOISE)


@pytest.mark.parametrize(("bar", "met"), [(0.3, True), (0.5, True), (0.7, False)])
def test_a_bar_on_the_ratio_is_met_when_the_interval_reaches_it(bar, met):
    assert figure(2.0, 1.0, at_least=bar).met is met


@pytest.mark.parametrize(("bar", "met"), [(9.0, False), (11.0, True), (None, None)])
def test_a_bar_on_a_value_is_met_when_the_interval_reaches_it(bar, met):
    assert measured([9.8, 10.0, 10.2] * 10, unit="ms", at_most=bar).met is met


def test_a_figure_is_plain_json_with_the_promised_keys():
    said = figure(1.0, 1.0).as_dict()
    assert said.keys() >= {"value", "unit", "peer", "ratio", "low", "high", "runs"}
    assert all(value is None or isinstance(value, str | int | float) for value in said.values())
