"""A job that does not fit into its window is warned about, or refused where it can never end."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Project, User
from catalog import plugins
from jobs.models import Attempt, Job, JobInput, State, Window
from jobs.submission import send
from jobs.window_fit import LongerThanWindow, duration
from jobs.window_services import change_window, create_window
from tests import builders

pytestmark = pytest.mark.django_db
MONDAY = {"days": ["mon"], "from": "20:00", "to": "21:00"}
LOOP = {name: {"type": "integer", "default": 1} for name in ("steps", "checkpoint_every", "batch_size")}
KINDS = [one for one in builders.PLUGINS if one["name"] != "dcgan"] + [
    builders.plugin("family", "dcgan", LOOP, roles={"data": builders.role("dataset_version")}),
    builders.plugin(
        "kind", "evaluate", queue="io", chooses_family=False, produces="figures",
        roles={"model": builders.role("model_version")},
    ),
]  # fmt: skip


@pytest.fixture
def short(project: Project, submitter: User, hands) -> Window:
    """An hour on Mondays."""
    plugins.announce("test worker", KINDS)
    return create_window(project, actor=submitter, name="short", timezone="UTC", hours=[MONDAY])


@pytest.fixture
def train(project: Project, submitter: User, short: Window):
    """`train(7200)`: submits a training whose first checkpoint comes after so many steps of ten items."""
    data = builders.dataset_version(project, submitter)

    def make(steps: int) -> Job:
        params = {"steps": steps, "checkpoint_every": steps, "batch_size": 10}
        body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk), "params": params}
        return send(body | {"window": "short"}, actor=submitter)[0]

    return make


@pytest.fixture
def measured(project: Project, submitter: User, short: Window) -> tuple[dict[str, Any], Job, JobInput]:
    """The body of an evaluation, and an earlier one of another model that took two hours."""
    model, other = (builders.model_version(project, submitter, name) for name in ("one", "other"))
    done = builders.job(project, submitter, "evaluate", state=State.SUCCEEDED)
    said = {"started_at": done.created_at, "outcome": "succeeded", "device_s": 7200.0}
    Attempt.objects.create(job=done, token=1, worker="w1", **said)
    row = JobInput.objects.create(job=done, role="model", model_version=other)
    return {"kind": "evaluate", "model_version": str(model.pk), "window": "short"}, done, row


def test_a_first_checkpoint_that_probably_comes_too_late_is_warned_about(train, project, submitter):
    done = {"family": "dcgan", "state": State.SUCCEEDED, "result": {"samples_per_s": 10.0}}
    builders.job(project, submitter, params={"steps": 5, "checkpoint_every": 5, "batch_size": 10}, **done)
    early, late = train(600), train(7200)
    assert "warnings" not in early.forecast
    said = (
        "The first checkpoint (step 7200) is expected after 2 h; the longest opening of window short is 60 min: "
        "lower checkpoint_every, or take a longer window."
    )
    assert late.forecast["warnings"] == [{"code": "late_checkpoint", "detail": said}]


def test_without_any_history_nothing_is_warned_about(train):
    assert "warnings" not in train(7200).forecast


def test_a_kind_that_begins_anew_is_warned_about_where_others_took_longer(measured, submitter):
    body, _, _ = measured
    assert [one["code"] for one in send(body, actor=submitter)[0].forecast["warnings"]] == ["longer_than_window"]


def test_a_job_that_begins_anew_and_always_took_longer_is_refused(measured, submitter):
    body, _, row = measured
    JobInput.objects.filter(pk=row.pk).update(model_version=body["model_version"])
    with pytest.raises(LongerThanWindow) as refused:
        send(body, actor=submitter)
    assert (refused.value.code, refused.value.field) == ("longer_than_window", "window")


def test_a_window_that_is_shorter_than_what_is_left_for_saving_takes_no_job(train, short, submitter):
    change_window(short, actor=submitter, changes={"hours": [MONDAY | {"to": "20:01"}]})
    with pytest.raises(LongerThanWindow, match="longest opening is 60 s"):
        train(5)


def test_in_a_window_that_never_closes_everything_fits(measured, short, submitter):
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    change_window(short, actor=submitter, changes={"hours": [{"days": days, "from": "00:00", "to": "24:00"}]})
    assert not send(measured[0], actor=submitter)[0].forecast.get("warnings")


@pytest.mark.parametrize(("seconds", "said"), [(75, "75 s"), (720, "12 min"), (12_000, "3 h 20 min"), (7200, "2 h")])
def test_a_duration_is_said_in_its_largest_units(seconds, said):
    assert duration(seconds) == said
