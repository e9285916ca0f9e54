"""Aliases over REST: proposed, approved by another, used in a job, asked about by date."""

from __future__ import annotations

import pytest

from audit import sequencer
from catalog.models import Alias, Stage
from config import clock
from models_store import evidence
from models_store.keys import Keyring
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
JSON = "application/json"


@pytest.fixture
def version(project, submitter):
    return builders.model_version(project, submitter, "chest-xray", stage=Stage.APPROVED)


@pytest.fixture
def production(sam, rita, version):
    """The id of chest-xray@production, which stands for the version."""
    body = {"name": "chest-xray@production", "version": 1, "reason": "first release"}
    made = sam.post("/api/v1/aliases", body, JSON)
    assert (made.status_code, made.json()["version"]) == (201, None)
    done = rita.post(f"/api/v1/aliases/{made.json()['id']}/approve", {"comment": "seen"}, JSON)
    assert done.status_code == 200
    return made.json()["id"]


def test_a_job_records_what_was_said_and_what_it_became(sam, production, version):
    body = {"kind": "generate", "model_version": "chest-xray@production", "count": 1}
    job = sam.post("/api/v1/jobs", body, JSON).json()
    assert job["inputs"] == {"model": str(version.pk)}
    assert job["named"] == {"model": "chest-xray@production"}


def test_an_unknown_alias_names_what_there_is(sam, production):
    answer = sam.post("/api/v1/jobs", {"kind": "generate", "model_version": "chest-xray@prod", "count": 1}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_alias")
    assert answer.json()["expected"] == ["chest-xray@production", "chest-xray@1"]


def test_a_revoked_version_s_alias_is_a_conflict_everywhere(sam, rita, production, version):
    rita.post(f"/api/v1/models/{version.model_id}/versions/1/revoke", {"comment": "consent withdrawn"}, JSON)
    body = {"kind": "generate", "model_version": "chest-xray@production", "count": 1}
    posted = sam.post("/api/v1/jobs", body, JSON)
    read = sam.get("/api/v1/models/chest-xray/versions/production/card")
    for answer in (posted, read):
        assert (answer.status_code, answer.json()["code"]) == (409, "alias_unusable")
    said = sam.get(f"/api/v1/aliases/{production}").json()
    assert (said["usable"], said["version"]["stage"]) == (False, "revoked")


@pytest.mark.parametrize("place", ["chest-xray/versions/production", "chest-xray/versions/1"])
def test_a_version_is_read_by_name_and_alias(sam, production, version, place):
    assert sam.get(f"/api/v1/models/{place}").json()["id"] == str(version.pk)


def test_a_decision_names_a_number(rita, production):
    answer = rita.post("/api/v1/models/chest-xray/versions/production/revoke", {"comment": "no consent"}, JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "number")


def test_artifacts_are_listed_by_alias(sam, production, version):
    assert sam.get("/api/v1/artifacts?model_version=chest-xray@production").json()["results"] == []


def test_what_it_was_on_a_date_comes_with_who_approved_it_and_a_proof(sam, production, version, home):
    sequencer.sequence()
    sequencer.sign_head(keyring := Keyring.load(home / "keys"))
    today = f"{clock.now():%Y-%m-%d}"
    said = sam.get(f"/api/v1/aliases/chest-xray@production?at={today}").json()
    assert (said["version"]["id"], said["approved_by"], said["until"]) == (str(version.pk), "rita", None)
    leaf = evidence.check_inclusion(said["log_proof"], keyring.public_key(said["log_proof"]["head"]["key_id"]))
    assert (leaf["verb"], leaf["subject"]) == ("alias.moved", ["alias", production])


def test_before_it_was_moved_it_stood_for_nothing(sam, production):
    said = sam.get(f"/api/v1/aliases/{production}?at=2020-01-01").json()
    assert (said["version"], said["log_proof"]) == (None, None)


def test_who_proposed_it_may_not_approve_it(rita, version):
    made = rita.post("/api/v1/aliases", {"model": "chest-xray", "name": "staging", "version": 1}, JSON).json()
    answer = rita.post(f"/api/v1/aliases/{made['id']}/approve", {}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "four_eyes")


def test_a_refusal_needs_a_reason(sam, rita, version):
    made = sam.post("/api/v1/aliases", {"model": "chest-xray", "name": "staging", "version": "1"}, JSON).json()
    assert rita.post(f"/api/v1/aliases/{made['id']}/reject", {}, JSON).status_code == 422
    done = rita.post(f"/api/v1/aliases/{made['id']}/reject", {"comment": "too soon"}, JSON)
    assert (done.status_code, done.json()["proposal"]) == (200, None)


def test_who_proposed_it_takes_it_back(sam, rita, version):
    made = sam.post("/api/v1/aliases", {"model": "chest-xray", "name": "staging", "version": "1"}, JSON).json()
    assert rita.post(f"/api/v1/aliases/{made['id']}/withdraw", {}, JSON).status_code == 403
    done = sam.post(f"/api/v1/aliases/{made['id']}/withdraw", {}, JSON)
    assert (done.status_code, done.json()["proposal"]) == (200, None)


def test_deciding_without_a_proposal_is_a_conflict(rita, production):
    answer = rita.post(f"/api/v1/aliases/{production}/approve", {}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_proposed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "production", "version": 1}, "model"),
        ({"name": "chest-xray@production", "model": "chest-xray", "version": 1}, "name"),
        ({"name": "chest-xray@production", "version": 9}, "version"),
        ({"name": "chest-xray@production"}, "version"),
        ({"name": "chest-xray@3", "version": 1}, "name"),
        ({"name": "chest-xray@production", "version": None}, "name"),
        ({"name": "nothing@production", "version": 1}, "model"),
        ({"name": "chest-xray@production", "version": 1, "reason": 7 * "x" * 1000}, "reason"),
    ],
)
def test_a_bad_proposal_is_refused_with_its_field(sam, version, body, field):
    answer = sam.post("/api/v1/aliases", body, JSON)
    assert (400 <= answer.status_code < 500, answer.json()["field"]) == (True, field)
    assert not Alias.objects.exists()


def test_a_stranger_sees_no_aliases(stranger, production):
    assert stranger.get("/api/v1/aliases").json()["results"] == []
    assert stranger.get(f"/api/v1/aliases/{production}").status_code == 404


def test_a_list_costs_the_same_however_many_there_are(sam, rita, production, version, django_assert_max_num_queries):
    sam.get("/api/v1/aliases")
    with django_assert_max_num_queries(30) as before:
        sam.get("/api/v1/aliases")
    cost = len(before)
    for number in range(5):
        sam.post("/api/v1/aliases", {"name": f"chest-xray@candidate-{number}", "version": 1}, JSON)
    with django_assert_max_num_queries(cost):
        assert len(sam.get("/api/v1/aliases").json()["results"]) == 6


def test_a_proposal_is_decided_over_reviews_too(sam, rita, version):
    made = sam.post("/api/v1/aliases", {"name": "chest-xray@staging", "version": 1}, JSON).json()
    body = {"subject_kind": "alias", "subject": made["id"], "decision": "reject", "comment": "too soon"}
    assert sam.post("/api/v1/reviews", body, JSON).status_code == 403
    assert rita.post("/api/v1/reviews", body, JSON).status_code in (200, 201)
    assert sam.get(f"/api/v1/aliases/{made['id']}").json()["proposal"] is None
