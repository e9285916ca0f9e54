"""What was measured, as programs and people read it."""

from __future__ import annotations

import json
import platform
import socket
from datetime import date

import pytest

from benchmarks import machine, report
from benchmarks.__main__ import KEPT, PAGE, found, page
from benchmarks.timing import Figure

FAST = Figure(1.234, "ms", 0.91, 0.97, 20, peer=1.16, ratio=0.94, against="the raw loop", at_least=0.9)
SLOW = Figure(12.0, "ms CPU", 11.0, 13.0, 20, at_most=10.0)
HERE = {"processor": "fast one", "memory": "8 GiB"}


def test_the_json_of_a_topic_maps_figures_to_the_promised_keys(tmp_path):
    said = json.loads(report.write_json(tmp_path, "topic", {"fast": FAST}).read_text())
    assert said["fast"].keys() >= {"value", "unit", "peer", "ratio", "low", "high", "runs"}


def taken(*, day: int = 1, **machine: str) -> report.Taken:
    return report.Taken({"fast": FAST, "slow": SLOW}, date(2026, 3, day), machine or HERE)


def test_the_page_has_every_figure_with_its_text_its_day_and_its_bar():
    page = report.page({"a_topic": taken()}, {"a_topic": "What it is."})
    assert "## A topic\nWhat it is.\n\nMeasured on 2026-03-01.\n" in page
    assert "| fast | 1.23 ms | 1.16 (the raw loop) | 0.94 | 0.91 to 0.97 | 20 | at least 0.9: met |" in page
    assert "| slow | 12 ms CPU |  |  | 11 to 13 | 20 | at most 10.0: MISSED |" in page


def test_a_topic_that_was_measured_elsewhere_says_where():
    page = report.page(
        {"old": taken(processor="slow one", memory="8 GiB"), "new": taken(day=2)}, {"old": "", "new": ""}
    )
    assert "- processor: fast one\n- memory: 8 GiB\n" in page
    assert "Measured on 2026-03-01, on processor: slow one.\n" in page
    assert "Measured on 2026-03-02.\n" in page


def test_a_topic_replaces_its_own_figures_and_no_others(tmp_path):
    report.keep(tmp_path, "one", taken())
    report.keep(tmp_path, "other", taken())
    report.keep(tmp_path, "one", report.Taken({"slow": SLOW}, date(2026, 3, 2), HERE))
    assert report.kept(tmp_path, "one") == report.Taken({"slow": SLOW}, date(2026, 3, 2), HERE)
    assert report.kept(tmp_path, "other") == taken()
    assert report.kept(tmp_path, "never measured") is None


def test_the_page_of_the_repository_is_made_of_what_is_kept_beside_it():
    topics = found()
    assert {path.stem for path in KEPT.glob("*.json")} <= set(topics)
    assert PAGE.read_text(encoding="utf-8") == page(topics)


def test_the_machine_is_described_and_not_named():
    said = " ".join(machine.facts().values())
    assert platform.python_version() in said
    assert socket.gethostname() not in said


def test_every_topic_says_what_it_measures():
    topics = found()
    assert {"training_step", "generation", "job_overhead"} <= set(topics)
    assert all(topic.__doc__ and callable(topic.measure) for topic in topics.values())


@pytest.mark.django_db
def test_a_no_op_job_goes_from_submission_to_its_end(project, submitter):
    from benchmarks.no_op_jobs import through
    from jobs.models import Job

    assert through(project, submitter) > 0
    assert list(Job.objects.values_list("kind", "state")) == [("no-op", "succeeded")]
