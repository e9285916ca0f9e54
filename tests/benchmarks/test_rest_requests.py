"""What many clients found becomes figures: faults are named, the latest hundredth counts, not the mean."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.rest_load import Load
from benchmarks.topics.rest_requests import at_once


def of(seconds: list[float], **faults: int) -> dict[str, float]:
    load = Load({"submit": [], "list": [], "read": seconds}, Counter(faults))
    return {name: one.value for name, one in at_once(load, 1.0).items()}


def test_the_latest_hundredth_is_told_in_milliseconds():
    assert of([0.01] * 980 + [0.9] * 20)["99th percentile at 50 clients"] == pytest.approx(900.0)


def test_a_wrong_answer_is_counted_and_named():
    assert of([0.01] * 10, late=2)["requests answered wrongly of 10, late"] == 2


def test_no_wrong_answer_is_no_fault():
    assert of([0.01] * 10)["requests answered wrongly of 10"] == 0
