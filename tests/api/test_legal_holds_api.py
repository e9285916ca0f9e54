"""Legal holds over REST."""

from __future__ import annotations

import pytest

from lineage.models import LegalHold
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
JSON = "application/json"


@pytest.fixture
def hold(rita, project):
    body = {"subject_kind": "project", "subject": str(project.pk), "reason": "lawsuit 12"}
    made = rita.post("/api/v1/legal-holds", body, JSON)
    assert made.status_code == 201
    return made.json()


def test_it_is_listed_by_what_it_is_on(sam, hold, project):
    (found,) = sam.get(f"/api/v1/legal-holds?subject={project.pk}&in_force=true").json()["results"]
    assert (found["reason"], found["set_by"], found["in_force"]) == ("lawsuit 12", "rita", True)
    assert sam.get("/api/v1/legal-holds?in_force=false").json()["results"] == []


def test_another_person_lifts_it(rita, hold, project, client_for):
    place = f"/api/v1/legal-holds/{hold['id']}/lift"
    assert rita.post(place, {"comment": "settled"}, JSON).json()["code"] == "four_eyes"
    other = builders.person("olaf")
    project.members.add(other, through_defaults={"role": "owner"})
    done = client_for(other).post(place, {"comment": "settled"}, JSON)
    assert (done.status_code, done.json()["lifted_by"], done.json()["in_force"]) == (200, "olaf", False)
    assert client_for(other).post(place, {"comment": "again"}, JSON).status_code == 409


def test_it_is_set_once(rita, hold, project):
    body = {"subject_kind": "project", "subject": str(project.pk), "reason": "again"}
    answer = rita.post("/api/v1/legal-holds", body, JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "held_already")


def test_a_submitter_sets_none(sam, project):
    body = {"subject_kind": "project", "subject": str(project.pk), "reason": "x"}
    assert sam.post("/api/v1/legal-holds", body, JSON).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"subject_kind": "user", "subject": "1", "reason": "x"}, "subject_kind"),
        ({"subject_kind": "job", "subject": "1", "reason": "x"}, "subject"),
        ({"subject_kind": "job", "subject": "1"}, "reason"),
        ({"subject_kind": "job", "subject": "1", "reason": " "}, "reason"),
    ],
)
def test_a_bad_one_is_refused_with_its_field(rita, project, body, field):
    answer = rita.post("/api/v1/legal-holds", body, JSON)
    assert (400 <= answer.status_code < 500, answer.json()["field"]) == (True, field)
    assert not LegalHold.objects.exists()


def test_a_stranger_sees_and_lifts_none(stranger, hold):
    assert stranger.get("/api/v1/legal-holds").json()["results"] == []
    assert stranger.post(f"/api/v1/legal-holds/{hold['id']}/lift", {"comment": "x"}, JSON).status_code == 404
