"""What is no number gets into no file and no report: it is refused by its place, left out, or told as a word."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from workers.contracts import Figure, Sample
from workers.engine import bundle_files, checkpoint, running
from workers.engine.looks import Looks
from workers.engine.plain_json import NotFinite, first, text
from workers.engine.reports import Reports
from workers.kinds.evaluate import measured
from workers.metrics.recognition import NotMeasurable

NAN = float("nan")
NOTHING = Sample({})


@dataclass
class Broken:
    """A metric whose figure is what it is told."""

    value: float
    headline = "one"
    better = "lower"

    def measure(self, *_: Any) -> dict[str, Figure]:
        return {"one": Figure(self.value, 3)}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[Reports, io.StringIO]]:
    """Reports, and what the parent hears of them."""
    echo = io.StringIO()
    reports = Reports(tmp_path, echo)
    yield reports, echo
    reports.close()


def strict(line: str) -> Any:
    """JSON as everybody else reads it."""
    return json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.parametrize(
    ("said", "place"),
    [({"a": [1.0, {"b": NAN}]}, "a.1.b"), ([float("inf")], "0"), ({"a": (1, -float("inf"))}, "a.1")],
)
def test_the_first_that_is_no_number_is_named_by_its_place(said, place):
    with pytest.raises(NotFinite) as refused:
        text(said)
    assert refused.value.field == place


def test_what_is_all_numbers_is_plain_json():
    assert text({"b": 1.5, "a": [2, "NaN"]}, sort_keys=True) == '{"a": [2, "NaN"], "b": 1.5}'
    assert first({"a": [2.0]})[1] is None


def test_a_result_with_what_is_no_number_is_a_failure_with_its_code(told):
    reports, echo = told
    assert running._told(reports, {"metrics": {"fid": NAN}}) == 3
    (said,) = map(strict, echo.getvalue().splitlines())
    assert (said["type"], said["error"]["code"], said["error"]["field"]) == (
        "failure", "not_finite", "result.metrics.fid",
    )  # fmt: skip


def test_an_error_tells_what_is_no_number_as_a_word(told):
    reports, echo = told
    running._told(reports, NotMeasurable(got=[NAN, 1.0]))
    assert strict(echo.getvalue())["error"]["got"] == ["nan", 1.0]


def test_a_curve_goes_on_without_a_figure_that_is_no_number_and_says_so(told):
    reports, echo = told
    reports.metric(7, {"loss": 0.5, "fid": NAN})
    log, metric = map(strict, echo.getvalue().splitlines())
    assert (log["level"], log["message"]) == ("warning", "fid is nan at step 7: left out")
    assert metric["values"] == {"loss": 0.5}


@pytest.mark.parametrize("write", [
    lambda folder: bundle_files.put(folder / "metrics.json", {"fid": NAN}),
    lambda folder: checkpoint.write(folder, 1, {"a": torch.zeros(1)}, {"best": NAN}),
])  # fmt: skip
def test_no_file_is_written_with_what_is_no_number(write, tmp_path: Path):
    with pytest.raises(NotFinite):
        write(tmp_path)
    assert "NaN" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))


def test_a_metric_that_gives_no_number_is_named_and_leaves_the_others_alone():
    with pytest.raises(NotMeasurable) as refused:
        measured(Broken(NAN), NOTHING, NOTHING, 1)
    assert refused.value.field == "metrics.one.value"


def test_what_is_no_number_is_never_the_best_so_far():
    looks = Looks(make=lambda nets, count, heed: {}, real=NOTHING, metrics=(lambda: Broken(NAN),))
    looks.metrics[0].headline, looks.metrics[0].better = "one", "lower"
    looks.look(1, {})
    assert looks.best is None
