"""Reads are counted where they happen; counts, their proofs and the self-check by REST; the log in figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Project, User
from api import readiness
from audit import hours
from audit.models import AuditDetail, AuditEvent, HourlyCount, SelfCheck
from audit.tally import Tally
from config import clock
from jobs import sweep
from lineage.models import Artifact
from models_store.evidence import check_artifact
from models_store.keys import Keyring
from tests import builders
from tests.builders_text import written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> Tally:
    """A tally of this test alone."""
    fresh = Tally()
    monkeypatch.setattr("audit.tally.note", fresh.note)
    return fresh


@pytest.fixture
def made(project: Project, submitter: User) -> list[Artifact]:
    """Artifacts that were released."""
    return builders.generated(project, submitter)


@pytest.fixture
def root(client_for: Callable[..., Client]) -> Client:
    """An operator's client."""
    return client_for(builders.person("root", is_superuser=True, is_staff=True))


def fetched(person: Client, address: str) -> int:
    """The status of a download, once its bytes were read."""
    answer = person.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


def rows() -> dict[str, tuple[str, int]]:
    return {row.verb: (row.actor, row.count) for row in HourlyCount.objects.exclude(verb="token.used")}


def test_what_is_read_is_counted_with_who_read_it(made: list[Artifact], sam: Client, counts: Tally) -> None:
    one = made[0]
    for what in ("content", "content", "manifest"):
        assert fetched(sam, f"/api/v1/artifacts/{one.pk}/{what}") == 200
    sam.get(f"/api/v1/jobs/{one.job_id}/manifest")
    counts.flush()
    assert rows() == {
        "artifact.read": ("sam", 2),
        "artifact.manifest_read": ("sam", 1),
        "job.manifest_read": ("sam", 1),
    }
    row = HourlyCount.objects.get(verb="artifact.read")
    assert (row.subject_id, row.project_id) == (str(one.pk), one.project_id)


@pytest.mark.parametrize("path", ["credential", "label"])
def test_a_sidecar_that_is_read_is_counted_and_says_where_its_model_stands(
    project: Project, submitter: User, sam: Client, counts: Tally, path: str
) -> None:
    text = written(project, submitter, ["Good morrow, cousin.\n"])[0]
    answer = sam.get(f"/api/v1/artifacts/{text.pk}/{path}")
    b"".join(answer.streaming_content)
    counts.flush()
    row = HourlyCount.objects.get(verb=f"artifact.{path}_read")
    assert (row.actor, row.count, row.subject_id) == ("sam", 1, str(text.pk))
    assert answer["X-Model-Stage"] == text.model_version.stage


def test_a_card_that_is_read_is_counted_and_says_where_its_model_stands(
    project: Project, submitter: User, sam: Client, counts: Tally
) -> None:
    version = builders.model_version(project, submitter)
    answer = sam.get(f"/api/v1/models/{version.model_id}/versions/{version.number}/card")
    assert (answer.status_code, answer["X-Model-Stage"]) == (200, version.stage)
    b"".join(answer.streaming_content)
    counts.flush()
    row = HourlyCount.objects.get(verb="model_version.card_read")
    assert (row.actor, row.count, row.subject_id) == ("sam", 1, str(version.pk))


def test_what_a_stranger_asked_for_in_vain_was_not_read(made: list[Artifact], stranger: Client, counts: Tally) -> None:
    assert stranger.get(f"/api/v1/artifacts/{made[0].pk}/content").status_code == 404
    counts.flush()
    assert rows() == {}


def test_a_download_writes_no_row(made: list[Artifact], sam: Client) -> None:
    fetched(sam, f"/api/v1/artifacts/{made[0].pk}/content")
    with CaptureQueriesContext(connection) as asked:
        fetched(sam, f"/api/v1/artifacts/{made[0].pk}/content")
    assert {query["sql"].split()[0] for query in asked.captured_queries} <= {"SELECT", "SAVEPOINT", "RELEASE"}


def test_the_count_of_an_hour_that_is_over_has_a_proof(
    made: list[Artifact], sam: Client, counts: Tally, monkeypatch: pytest.MonkeyPatch, home
) -> None:
    fetched(sam, f"/api/v1/artifacts/{made[0].pk}/content")
    counts.flush()
    (said,) = sam.get("/api/v1/audit/counts?verb=artifact.read").json()["results"]
    assert (said["count"], said["event"]) == (1, None)
    address = f"/api/v1/audit/counts/{said['id']}/proof"
    assert sam.get(address).json()["code"] == "not_in_log_yet"
    at = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: at)
    hours.close_due("worker w")
    sweep.sequence(asked=True)
    check_artifact(sam.get(address).json(), Keyring.load(home / "keys").log.public)


def test_who_read_in_a_project_is_seen_by_its_reviewers_and_by_the_reader(
    made: list[Artifact], sam: Client, rita: Client, vera: Client, stranger: Client, counts: Tally
) -> None:
    fetched(sam, f"/api/v1/artifacts/{made[0].pk}/content")
    counts.flush()
    listed = {
        name: [one["verb"] for one in person.get("/api/v1/audit/counts?subject_kind=artifact").json()["results"]]
        for name, person in {"sam": sam, "rita": rita, "vera": vera, "stranger": stranger}.items()
    }
    assert listed == {"sam": ["artifact.read"], "rita": ["artifact.read"], "vera": [], "stranger": []}


@pytest.mark.parametrize("query", ["since=yesterday", "hour=1", "project=%00", "until=99999"])
def test_a_filter_that_makes_no_sense_is_refused(query: str, sam: Client) -> None:
    assert sam.get(f"/api/v1/audit/counts?{query}").status_code == 422


def test_a_count_that_is_not_there_has_no_proof(sam: Client) -> None:
    assert sam.get("/api/v1/audit/counts/99999999999999999999999/proof").status_code == 404


def test_events_are_found_by_who_and_when(made: list[Artifact], root: Client) -> None:
    everything = root.get("/api/v1/audit/events?limit=200").json()["results"]
    wanted = [one["id"] for one in everything if one["actor"] == "sam"]
    found = root.get("/api/v1/audit/events?actor=sam&limit=200").json()["results"]
    assert [one["id"] for one in found] == wanted
    assert root.get("/api/v1/audit/events?since=2999-01-01T00:00:00Z").json()["results"] == []


def test_operators_ask_for_a_self_check_and_read_its_result(made: list[Artifact], root: Client, sam: Client) -> None:
    assert sam.get("/api/v1/audit/self-check").status_code == 403
    assert sam.post("/api/v1/audit/self-check").status_code == 403
    assert root.get("/api/v1/audit/self-check").status_code == 404
    assert root.post("/api/v1/audit/self-check").status_code == 202
    sweep.check_log("w")
    said = root.get("/api/v1/audit/self-check").json()
    assert (said["ok"], said["problems"], said["checked"]) == (True, [], SelfCheck.objects.get().size)


def test_an_alarm_is_in_the_figures_and_in_readiness_but_stops_nobody(made: list[Artifact], root: Client) -> None:
    assert Client().get("/readyz").json()["checks"]["log"] == "ok"
    AuditDetail.objects.filter(event=AuditEvent.objects.exclude(index=None).first()).update(detail={"a": "b"})
    sweep.check_log("w")
    text = root.get("/metrics").content.decode()
    assert "kilnmark_log_alarms 1.0" in text
    assert "kilnmark_log_check_problems 1.0" in text
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["log"]) == (200, "alarm")


def test_without_a_database_the_log_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> list[str]:
        raise readiness.DatabaseError

    monkeypatch.setattr(readiness, "standing", away)
    assert readiness.log_in_a_word() == "unknown"
