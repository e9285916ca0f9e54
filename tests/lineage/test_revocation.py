"""A revoked model: no new job by any name, flags on all it made, and a verdict that says when, by whom and why."""

from __future__ import annotations

import pytest

from catalog import aliases
from catalog.models import ModelVersion, Stage
from catalog.stages import FourEyes
from jobs.ancestry import unconfirmed
from jobs.holds import NothingToConfirm, decide_model
from jobs.models import JobInput, State
from jobs.standing import ModelUnusable
from jobs.submission import send
from lineage import verdicts
from lineage.disclosure import disclosed
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
WHY = "consent withdrawn"


@pytest.fixture
def made(project, submitter):
    return builders.generated(project, submitter, 1)[0]


@pytest.fixture
def revoked(made, reviewer):
    decide_model(made.model_version, "revoke", actor=reviewer, comment=WHY)
    made.refresh_from_db()
    return made


def verdict_on(artifact):
    finding = {"name": "stray.png", "sha256": artifact.sha256, "media_type": "image/png"}
    return verdicts.judge({"findings": [finding], "upload": {"sha256": artifact.sha256}})


def said_of(verdict, kind):
    return [line["says"] for line in verdict["evidence"] if line["kind"] == kind]


def test_a_verdict_says_when_by_whom_and_why(revoked, submitter):
    verdict = disclosed(verdict_on(revoked), to=submitter)
    day = f"{ModelVersion.objects.get().decided_at:%Y-%m-%d}"
    assert verdict["verdict"] == "ours"
    assert said_of(verdict, "revocation") == [f"The model digits-dcgan v1 was revoked on {day} by rita: {WHY}"]


def test_an_outsider_reads_when_and_why_but_not_by_whom(revoked):
    (line,) = [one for one in disclosed(verdict_on(revoked), to=builders.person("olga"))["evidence"]
               if one["kind"] == "revocation"]  # fmt: skip
    assert WHY in line["says"]
    assert "rita" not in str(line)
    assert "digits" not in str(line)


def test_rest_flags_what_it_made(revoked, submitter, client_for):
    client = client_for(submitter)
    (listed,) = client.get("/api/v1/artifacts").json()["results"]
    assert (listed["stage"], listed["stage_when_made"]) == ("revoked", "draft")
    assert (listed["revoked"]["by"], listed["revoked"]["because"]) == ("rita", WHY)
    for name in ("content", "manifest"):
        answer = client.get(f"/api/v1/artifacts/{revoked.pk}/{name}")
        assert (answer.getvalue() != b"", answer["X-Model-Stage"]) == (True, "revoked")
    said = client.get(f"/api/v1/jobs/{revoked.job_id}/manifest").json()
    assert [one["because"] for one in said["revoked"]] == [WHY]


def test_its_manifest_stays_byte_for_byte(made, reviewer, submitter, client_for):
    client = client_for(submitter)
    before = client.get(f"/api/v1/artifacts/{made.pk}/manifest").content
    decide_model(made.model_version, "revoke", actor=reviewer, comment=WHY)
    assert client.get(f"/api/v1/artifacts/{made.pk}/manifest").content == before


@pytest.mark.parametrize("name", ["{pk}", "digits-dcgan@1"])
def test_no_new_job_uses_it_by_any_name(revoked, submitter, name):
    body = {"kind": "generate", "model_version": name.format(pk=revoked.model_version_id), "count": 1}
    with pytest.raises(ModelUnusable):
        send(body, actor=submitter)


@pytest.fixture
def child(project, submitter, made):
    """An approved model that was trained on from the one that made the artifact."""
    training = builders.job(project, submitter, state=State.SUCCEEDED)
    JobInput.objects.create(job=training, role="parent", model_version=made.model_version)
    return builders.model_version(project, submitter, "child", job=training, stage=Stage.APPROVED)


BODY = {"kind": "generate", "model_version": "child@1", "count": 1}


def test_a_child_s_new_jobs_are_held_and_say_for_what(child, made, submitter, reviewer):
    decide_model(made.model_version, "revoke", actor=reviewer, comment=WHY)
    job, _ = send(BODY, actor=submitter)
    assert job.state == State.HELD
    assert job.state_reason.startswith("held: digits-dcgan v1, which child v1 was trained on from, was revoked")


def test_a_second_person_confirms_the_child_and_its_jobs_go_on(child, made, submitter, reviewer):
    decide_model(made.model_version, "revoke", actor=reviewer, comment=WHY)
    job, _ = send(BODY, actor=submitter)
    submitter.is_superuser = True
    with pytest.raises(FourEyes):
        decide_model(child, "confirm", actor=submitter)
    decide_model(child, "confirm", actor=reviewer, comment="learned nothing of that patient")
    job.refresh_from_db()
    child.refresh_from_db()
    assert (job.state, unconfirmed(child)) == (State.QUEUED, None)


def test_without_a_revoked_parent_there_is_nothing_to_confirm(child, reviewer):
    with pytest.raises(NothingToConfirm):
        decide_model(child, "confirm", actor=reviewer)


def test_a_grandchild_is_held_too(child, made, project, submitter, reviewer):
    training = builders.job(project, submitter, state=State.SUCCEEDED)
    JobInput.objects.create(job=training, role="parent", model_version=child)
    grandchild = builders.model_version(project, submitter, "grandchild", job=training, stage=Stage.APPROVED)
    decide_model(made.model_version, "revoke", actor=reviewer, comment=WHY)
    assert unconfirmed(grandchild) == made.model_version


def test_rest_says_which_parent_was_revoked(child, made, submitter, reviewer, client_for):
    decide_model(made.model_version, "revoke", actor=reviewer, comment=WHY)
    said = client_for(submitter).get("/api/v1/models/child/versions/1").json()
    assert [(one["version"], one["because"]) for one in said["revoked_parents"]] == [("digits-dcgan v1", WHY)]


def test_a_verdict_on_a_child_s_work_names_the_parent(child, made, project, submitter, reviewer):
    made.model_version = child
    made.save()
    decide_model(ModelVersion.objects.get(model__name="digits-dcgan"), "revoke", actor=reviewer, comment=WHY)
    (said,) = verdicts.Told().of(child)[1]
    assert said["says"].startswith("The model child v1 was trained on from digits-dcgan v1, which was revoked on")


def test_a_verdict_names_the_aliases_of_the_model_to_members_alone(made, project, submitter, reviewer):
    version = made.model_version
    decide_model(version, "approve", actor=reviewer)
    move = aliases.propose(version.model, "production", version, actor=submitter)
    aliases.decide_alias(move.alias, "approve", actor=reviewer)
    verdict = verdict_on(made)
    assert disclosed(verdict, to=submitter)["aliases"] == ["digits-dcgan@production"]
    assert "aliases" not in disclosed(verdict, to=builders.person("olga"))
