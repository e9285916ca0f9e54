"""Weight and quotas over REST: operators set them, an owner only tightens them, everybody in the project sees them."""

from __future__ import annotations

import pytest

from accounts.models import Project, User
from audit.models import AuditEvent
from jobs.shares import charge
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def owner(project: Project) -> User:
    made = builders.person("olga")
    project.members.add(made, through_defaults={"role": "owner"})
    return made


@pytest.fixture
def operator() -> User:
    return builders.person("root", is_superuser=True)


def place(project: Project) -> str:
    return f"/api/v1/projects/{project.pk}"


def test_a_project_shows_its_quotas_and_what_it_uses(client_for, submitter, project):
    charge(project.pk, 7200)
    Project.objects.filter(pk=project.pk).update(max_device_hours=2)
    said = client_for(submitter).get(place(project)).json()
    assert (said["weight"], said["max_device_hours"], said["max_running"]) == (1.0, 2.0, 0)
    assert said["usage"]["week_hours"] == pytest.approx(2.0)
    assert said["usage"]["over"] == "quota: 2.0 of 2 device hours used this week"
    assert said["usage"]["share_hours"] == pytest.approx(2.0, rel=1e-3)


def test_to_a_stranger_there_is_no_such_project(client_for, project):
    answer = client_for(builders.person("stranger")).get(place(project))
    assert answer.status_code == 404


def test_an_operator_sets_what_is_named_and_it_is_audited(client_for, operator, project):
    answer = client_for(operator).patch(place(project), {"weight": 2.5, "max_running": 3}, **JSON)
    assert (answer.status_code, answer.json()["weight"]) == (200, 2.5)
    project.refresh_from_db()
    assert (project.weight, project.max_running, project.max_device_hours) == (2.5, 3, 0.0)
    assert AuditEvent.objects.filter(verb="project.limits", actor="root").count() == 1


def test_what_changes_nothing_is_not_audited(client_for, operator, project):
    client_for(operator).patch(place(project), {"weight": 1.0}, **JSON)
    assert not AuditEvent.objects.filter(verb="project.limits").exists()


@pytest.mark.parametrize(
    "said", [{"max_running": 2}, {"max_device_hours": 5.0}, {"max_storage_bytes": 10**9}, {"weight": 0.5}]
)
def test_an_owner_tightens(client_for, owner, project, said):
    assert client_for(owner).patch(place(project), said, **JSON).status_code == 200


@pytest.mark.parametrize(
    "said",
    [{"max_running": 9}, {"max_running": 0}, {"max_device_hours": 11.0}, {"max_storage_bytes": 0}, {"weight": 1.5}],
)
def test_an_owner_does_not_loosen(client_for, owner, project, said):
    Project.objects.filter(pk=project.pk).update(max_running=4, max_device_hours=10, max_storage_bytes=10**9)
    answer = client_for(owner).patch(place(project), said, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "operator_needed")


@pytest.mark.parametrize("role", ["viewer", "submitter", "reviewer"])
def test_others_change_nothing(client_for, project, role):
    person = builders.person(f"a-{role}")
    project.members.add(person, through_defaults={"role": role})
    assert client_for(person).patch(place(project), {"max_running": 1}, **JSON).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("weight", 0), ("weight", 101), ("max_running", -1), ("max_running", 1.5), ("max_device_hours", -0.1),
     ("max_storage_bytes", -1), ("max_storage_bytes", 2**70), ("max_device_hours", "many"), ("speed", 1)],
)  # fmt: skip
def test_a_limit_that_is_none_is_refused_by_name(client_for, operator, project, field, value):
    answer = client_for(operator).patch(place(project), {field: value}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_an_upload_over_the_quota_is_refused_with_its_code(client_for, submitter, project, offered):
    from django.core.files.uploadedfile import SimpleUploadedFile

    Project.objects.filter(pk=project.pk).update(max_storage_bytes=10)
    answer = client_for(submitter).post("/api/v1/verify", {"file": SimpleUploadedFile("a.png", b"x" * 11)})
    assert (answer.status_code, answer.json()["code"], answer.json()["expected"]) == (409, "quota_storage", 10)
