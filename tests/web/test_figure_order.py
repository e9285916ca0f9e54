"""Figures of models on pages: what comes first, which way is better, written one way, curves apart from losses."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from accounts.models import Project, User
from catalog import plugins
from catalog.models import ModelVersion
from desk.job.compare_curves import overlaid
from desk.job.compare_figures import _evaluated
from desk.job.compare_runs import Run
from desk.job.live_words import live_words
from desk.job.log_page import line
from desk.model.figure_order import rank, way
from desk.model.figures import evaluated, report
from desk.model.measured import measured
from jobs.models import Job, JobEvent, JobInput, State
from tests import builders

FID, KID = "fid_lite0_4ab05aa2", "kid_inception_0a1b2c3d"
FOUND: dict[str, dict[str, Any]] = {
    "class_share_7": {"value": 0.05, "low": 0.04, "high": 0.06, "n": 4000, "unit": "share"},
    "class_share_1": {"value": 0.10, "low": None, "high": None, "n": 4000, "unit": "share"},
    FID: {"value": 44.26, "low": 42.5, "high": 1046.1, "n": 1000, "unit": ""},
    "precision": {"value": 0.83, "low": 0.81, "high": 0.85, "n": 4000, "unit": "share"},
    "precision_real": {"value": 0.95, "low": 0.94, "high": 0.96, "n": 4000, "unit": "share"},
    "synthetic_ratio": {"value": None, "low": None, "high": None, "n": 1000, "unit": ""},
    "label_entropy": {"value": 3.3, "low": None, "high": None, "n": 4000, "unit": "bit"},
}


@pytest.fixture
def version(project: Project, submitter: User) -> ModelVersion:
    """A model that was evaluated."""
    found = builders.model_version(project, submitter)
    job = builders.job(project, submitter, "evaluate", state=State.SUCCEEDED, result={"metrics": FOUND})
    JobInput.objects.create(job=job, role="model", model_version=found)
    return found


@pytest.mark.django_db
def test_what_people_ask_for_comes_first_then_the_rest_and_classes_are_bars():
    found = report(FOUND)
    assert [one.name for one in found.first] == ["synthetic_ratio", FID, "precision"]
    assert [one.name for one in found.more] == ["label_entropy", "precision_real"]
    assert found.classes is not None
    assert [(bar.label, bar.says, bar.width) for bar in found.classes.bars] == [
        ("7", "5.0 %", 50),
        ("1", "10.0 %", 100),
    ]
    assert (found.classes.n, found.networks) == ("4,000", "lite0_4ab05aa2")


@pytest.mark.django_db
def test_figures_are_written_the_same_way_on_a_job_a_model_and_in_a_comparison(version):
    of_job = {one.name: one for one in (*report(FOUND).first, *report(FOUND).more)}
    of_model = {one.name: one for one in evaluated(measured([version])[version.pk]).first}
    assert (of_job[FID].value, of_job[FID].interval, of_job[FID].n) == ("44.26", "42.5 – 1,046", "1,000")
    for name, one in of_model.items():
        told = of_job[name]
        assert (one.value, one.interval, one.n, one.unit) == (told.value, told.interval, told.n, told.unit)
    job = builders.job(version.model.project, version.created_by)
    ModelVersion.objects.filter(pk=version.pk).update(job=job)
    parts = _evaluated([Run(Job.objects.get(pk=job.pk), 1, "")])
    (fid,) = (line for line in parts[0].lines if FID[-8:] in line.title)
    assert (fid.cells[0].text, fid.cells[0].note) == ("44.26", "42.5 – 1,046 · n = 1,000")
    assert [len(part.lines) for part in parts] == [len(FOUND) - 3, 2]  # one has no value; two are shares of classes


@pytest.mark.parametrize(
    ("name", "better"),
    [(FID, "lower"), ("kid_of_mine", "higher"), ("synthetic_f1", "higher"), ("precision_real", ""), ("near_copies", ""),
     ("holdout_denoising", "lower"), ("generator", "")],
)  # fmt: skip
def test_which_way_is_better(name, better):
    assert way(name, {"kid_of_mine": "higher", "near_copies": "none"}) == better


def test_figures_of_a_named_network_stand_before_their_like_and_classes_last():
    names = ["class_share_0", "precision", "aaa", "recall_lite0_4ab05aa2", "precision_lite0_4ab05aa2"]
    assert sorted(names, key=rank) == [names[4], names[1], names[3], names[2], names[0]]


@pytest.mark.django_db
def test_curves_of_quality_are_told_apart_from_losses_and_named_with_their_network():
    plugins.announce("a worker", [builders.plugin("metric", "mine", better="higher", headline="my_score")])
    words = live_words(["generator", KID])
    assert words["qualities"] == {KID: "lower is better", "my_score": "higher is better"}
    assert words["curves"][KID] == "Kernel distance (KID) on inception_0a1b2c3d"
    with override("zh-hans"):
        assert live_words([KID])["curves"][KID] == "核距离（KID），网络 inception_0a1b2c3d"


@pytest.mark.django_db
def test_a_comparison_draws_quality_first_then_unseen_items_then_losses(project, submitter):
    job = builders.job(project, submitter)
    JobEvent.objects.create(job=job, type="metric", at=job.created_at, data={
        "step": 1, "values": {"generator": 1.0, "holdout_denoising": 2.0, FID: 3.0}})  # fmt: skip
    charts = overlaid([Run(job, 1, "")])
    assert [(one["name"], one["quality"]) for one in charts] == [
        (FID, "lower is better"), ("holdout_denoising", None), ("generator", None),
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("measures Density and coverage", "正在测量 密度与覆盖率"),
        ("Density and coverage is left out: Too few made items.", "略去“密度与覆盖率”：生成的样本太少。"),
    ],
)
def test_a_log_line_about_a_metric_has_its_title_in_chinese(said, shown, project, submitter):
    row = builders.plugin("metric", "density_coverage") | {"title": "Density and coverage", "title_zh": "密度与覆盖率"}
    plugins.announce("a worker", [row])
    job = builders.job(project, submitter, "evaluate")
    event = JobEvent.objects.create(job=job, type="log", at=job.created_at, data={"level": "info", "message": said})
    with override("zh-hans"):
        assert line(event)["says"] == shown
    with override("en"):
        assert line(event)["says"] == said
