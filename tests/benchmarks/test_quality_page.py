"""The page of qualities says what was found, and nothing where nothing was."""

from __future__ import annotations

from datetime import date

from benchmarks.quality.page import page
from benchmarks.quality.study import Study

FIGURES = {
    "fid_lite0_12345678": {"value": 21.04, "low": 20.0, "high": 22.0, "n": 2000, "unit": ""},
    "class_share_a": {"value": 0.25, "low": 0.2, "high": 0.3, "n": 2000, "unit": ""},
    "class_share_b": {"value": 0.75, "low": 0.7, "high": 0.8, "n": 2000, "unit": ""},
}


def study(**said) -> Study:
    told = {"family": "dcgan", "data": "mnist_t10k", "params": {}, "steps": 1200, "train_cpu_s": 240.0}
    return Study(**told | {"train_wall_s": 121.0, "measure_cpu_s": 60.0, "figures": FIGURES, "classes": 2} | said)


def lines(*studies: Study) -> str:
    return page(studies, {"processor": "one"}, date(2026, 1, 2))


def test_a_figure_stands_with_its_interval_under_its_embedder():
    text = lines(study())
    assert "21.0 [20.0, 22.0]" in text
    assert "`lite0_12345678`" in text


def test_a_figure_that_was_not_found_is_a_dash():
    assert "| - | -" in lines(study(figures={}))


def test_the_shares_of_the_classes_are_the_least_and_the_largest():
    assert "25.0% to 75.0%" in lines(study())


def test_a_set_that_was_not_measured_has_no_section():
    assert "MNIST digits" in lines(study())
    assert "Fashion" not in lines(study())


def test_a_study_is_the_same_after_it_was_kept():
    assert Study(**study().as_dict()) == study()
