"""What the library reads is what the platform says."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from kilnmark.answers import accounts, operations
from kilnmark.answers import catalog as things
from kilnmark.answers import jobs as work
from kilnmark.answers import lineage as made
from kilnmark.answers.answer import Answer
from kilnmark.errors import NotUnderstood

from api.bodies import accounts as accounts_bodies
from api.bodies import (
    aliases,
    audit,
    catalog,
    control,
    job_records,
    jobs,
    lineage,
    members,
    reviews,
    service_accounts,
    uploads,
    webhooks,
    windows,
)

PAIRS: list[tuple[type[Answer], Any]] = [
    (work.Job, jobs.JobSerializer), (work.Progress, jobs.ProgressSerializer),
    (work.LogLine, job_records.LogLineSerializer),
    (work.Metrics, job_records.SeriesSerializer), (work.Sample, job_records.SampleSerializer),
    (work.BulkOutcome, control.OutcomeSerializer), (work.Bulk, control.BulkSerializer),
    (work.Queue, control.QueueSerializer), (things.Plugin, catalog.PluginSerializer),
    (things.Dataset, catalog.DatasetDetailSerializer), (things.DatasetVersion, catalog.DatasetVersionSerializer),
    (things.NewVersion, catalog.VersionAcceptedSerializer), (things.Upload, uploads.UploadSerializer),
    (things.Model, catalog.ModelDetailSerializer), (things.ModelVersion, catalog.ModelVersionSerializer),
    (things.NamedVersion, aliases.NamedVersionSerializer), (made.Artifact, lineage.ArtifactSerializer),
    (made.Verdict, lineage.VerdictSerializer), (accounts.FreshToken, accounts_bodies.FreshTokenSerializer),
    (accounts.Project, accounts_bodies.ProjectDetailSerializer), (accounts.Member, members.MemberSerializer),
    (accounts.Invitation, members.FreshInvitationSerializer),
    (accounts.ServiceAccount, service_accounts.ServiceAccountSerializer), (operations.Window, windows.WindowSerializer),
    (operations.Schedule, windows.ScheduleSerializer), (operations.Review, reviews.ReviewSerializer),
    (operations.Webhook, webhooks.NewWebhookSerializer), (operations.Delivery, webhooks.WholeDeliverySerializer),
    (operations.AuditEvent, audit.AuditEventSerializer), (operations.TreeHead, audit.TreeHeadWithKeySerializer),
    (operations.Inclusion, audit.InclusionSerializer), (operations.Consistency, audit.ConsistencySerializer),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "serializer"), PAIRS, ids=lambda one: one.__name__)
def test_every_field_that_is_read_is_said(answer: type[Answer], serializer: Any) -> None:
    read = {one.name for one in dataclasses.fields(answer)} - {"raw", "etag"}
    assert read <= set(serializer().fields)


def test_all_that_is_said_of_a_job_is_read() -> None:
    read = {one.name for one in dataclasses.fields(work.Job)}
    assert set(jobs.JobSerializer().fields) <= read


def test_what_is_left_out_or_null_is_empty() -> None:
    job = work.Job.of({"id": "1", "result": None, "started_at": None, "params": None})
    assert (job.id, dict(job.result), job.started_at, job.kind) == ("1", {}, None, "")


def test_what_is_newer_is_kept() -> None:
    job = work.Job.of({"id": "1", "mood": ["good"]})
    assert (job["mood"], job.raw["mood"]) == (["good"], ["good"])


def test_times_have_their_zone() -> None:
    found = [
        work.Job.of({"created_at": said}).created_at for said in ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00")
    ]
    assert found == [datetime(2026, 3, 1, 12, tzinfo=UTC)] * 2


def test_gaps_in_curves_are_gaps() -> None:
    assert work.Metrics.of({"series": {"loss": [[1, 0.5], [2, None]]}}).series == {"loss": ((1.0, 0.5), (2.0, None))}


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ([], "Job"), ({"id": 5}, "id"), ({"attempts": True}, "attempts"), ({"attempts": "3"}, "attempts"),
        ({"progress": {"done": 1.5}}, "progress.done"), ({"created_at": "noon"}, "created_at"),
        ({"created_at": 5}, "created_at"), ({"after": "x"}, "after"), ({"after": [1]}, r"after\[0\]"),
        ({"inputs": []}, "inputs"), ({"inputs": {"data": 1}}, "inputs.data"), ({"warnings": [None]}, r"warnings\[0\]"),
    ],
)  # fmt: skip
def test_what_is_of_another_kind_is_refused_with_its_place(said: Any, place: str) -> None:
    with pytest.raises(NotUnderstood, match=rf"^{place}: expected"):
        work.Job.of(said)


@pytest.mark.parametrize("answer", [accounts.FreshToken, operations.Webhook, accounts.Invitation])
def test_what_is_shown_once_is_not_in_a_repr(answer: type[Answer]) -> None:
    secret = dict.fromkeys(("token", "secret", "link"), "whsec_sesame")
    assert "sesame" not in repr(answer.of(secret))
