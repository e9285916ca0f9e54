"""Service accounts, members and invitations over REST: how they are used (who may: test_access_matrix.py)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import ApiToken, Project, User
from accounts.people import set_active
from audit.models import AuditEvent
from config import clock
from tests import builders

HOURS = [{"days": ["mon"], "from": "01:00", "to": "02:00"}]
JSON = {"content_type": "application/json"}
ROBOTS = "/api/v1/service-accounts"


@pytest.fixture
def olaf(project: Project, client_for: Callable[..., Client]) -> Client:
    """An owner's client."""
    owner = builders.person("olaf")
    project.members.add(owner, through_defaults={"role": "owner"})
    return client_for(owner)


@pytest.fixture
def root(project: Project, client_for: Callable[..., Client]) -> Client:
    """A superuser's client."""
    return client_for(builders.person("root", is_superuser=True))


@pytest.fixture
def robot(olaf: Client) -> str:
    """Where a service account is."""
    said = olaf.post(ROBOTS, {"project": "studio", "name": "nightly"}, **JSON)
    assert said.status_code == 201, said.content
    return f"{ROBOTS}/{said.json()['name']}"


def test_a_token_of_a_service_account_works_in_its_project(olaf: Client, robot: str) -> None:
    made = olaf.post(f"{robot}/tokens", {"name": "cron", "days": 30}, **JSON).json()
    assert (made["scopes"], made["made_by"]) == (["read", "submit"], "olaf")
    client = Client(headers={"Authorization": f"Bearer {made['token']}"})
    said = {"project": "studio", "name": "w", "timezone": "UTC", "hours": HOURS}
    answer = client.post("/api/v1/windows", said, **JSON)
    assert (answer.status_code, answer.json().get("created_by")) == (201, "nightly@studio")
    assert AuditEvent.objects.get(verb="window.created").actor == "nightly@studio"


def test_the_list_says_role_project_and_who_answers(olaf: Client, robot: str, project: Project) -> None:
    one = olaf.get(f"{ROBOTS}?project=studio").json()["results"][0]
    shown = {name: one[name] for name in ("name", "project", "role", "answered_by", "is_active")}
    assert shown == {
        "name": "nightly@studio", "project": str(project.pk), "role": "submitter", "answered_by": "olaf",
        "is_active": True,
    }  # fmt: skip


def test_tokens_tell_scopes_expiry_last_use_and_whether_they_work_but_no_secret(olaf: Client, robot: str) -> None:
    made = olaf.post(f"{robot}/tokens", {}, **JSON).json()
    Client(headers={"Authorization": f"Bearer {made['token']}"}).get("/api/v1/jobs")
    text = olaf.get(f"{robot}/tokens").content.decode()
    row = olaf.get(f"{robot}/tokens").json()["results"][0]
    assert made["token"] not in text
    assert "127.0.0.1" not in text
    assert (row["works"], row["last_used_at"] is not None, row["scopes"]) == (True, True, ["read", "submit"])
    assert olaf.delete(f"{robot}/tokens/{made['id']}").status_code == 204
    assert olaf.get(f"{robot}/tokens").json()["results"][0]["works"] is False


def test_closing_ends_its_tokens_at_once(olaf: Client, robot: str) -> None:
    made = olaf.post(f"{robot}/tokens", {}, **JSON).json()
    assert [olaf.delete(robot).status_code for _ in range(2)] == [204, 204]
    answer = Client(headers={"Authorization": f"Bearer {made['token']}"}).get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
    again = olaf.post(f"{robot}/tokens", {}, **JSON)
    assert (again.status_code, again.json()["code"]) == (409, "account_closed")


def test_an_expired_token_says_so(sam: Client, submitter: User, client_for: Callable[..., Client]) -> None:
    client = client_for(submitter)
    ApiToken.objects.filter(user=submitter).update(expires_at=clock.now())
    answer = client.get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_the_tokens_of_a_closed_account_say_so_at_once(sam: Client, submitter: User) -> None:
    set_active(submitter, False, actor=builders.person("boss", is_superuser=True))
    answer = sam.get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "account_closed")


def test_somebody_else_may_answer_for_it(olaf: Client, robot: str, reviewer: User) -> None:
    assert olaf.patch(robot, {"answered_by": "rita"}, **JSON).json()["answered_by"] == "rita"
    assert olaf.patch(robot, {"answered_by": "nobody"}, **JSON).status_code == 422


def test_members_are_let_in_given_another_role_and_taken_out(olaf: Client, project: Project) -> None:
    builders.person("vera")
    place = f"/api/v1/projects/{project.pk}/members"
    added = olaf.post(place, {"username": "vera", "role": "viewer"}, **JSON)
    assert (added.status_code, added.json()["role"]) == (201, "viewer")
    assert olaf.post(place, {"username": "vera", "role": "owner"}, **JSON).status_code == 409
    assert olaf.patch(f"{place}/vera", {"role": "reviewer"}, **JSON).json()["role"] == "reviewer"
    assert [one["username"] for one in olaf.get(f"{place}?role=reviewer").json()["results"]] == ["vera", "rita"]
    assert olaf.delete(f"{place}/vera").status_code == 204
    assert olaf.get(f"{place}/vera").status_code == 404


def test_the_last_owner_stays(olaf: Client, project: Project) -> None:
    place = f"/api/v1/projects/{project.pk}/members/olaf"
    answers = [olaf.patch(place, {"role": "viewer"}, **JSON), olaf.delete(place)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "last_owner")] * 2


def test_two_owners_who_edit_one_member_come_one_after_the_other(olaf: Client, project: Project) -> None:
    place = f"/api/v1/projects/{project.pk}/members/sam"
    tag = olaf.get(place).headers["ETag"]
    first, second = (
        olaf.patch(place, {"role": role}, headers={"If-Match": tag}, **JSON) for role in ("viewer", "owner")
    )
    assert (first.status_code, second.status_code) == (200, 412)


def test_an_invited_person_chooses_a_password_by_the_link(root: Client, project: Project) -> None:
    place = f"/api/v1/projects/{project.pk}/invitations"
    said = root.post(place, {"username": "nina", "role": "viewer", "email": "nina@example.org"}, **JSON)
    assert said.status_code == 201, said.content
    assert [one["username"] for one in root.get(place).json()["results"]] == ["nina"]
    nina, password = Client(), {"new_password1": "kiln and clay 7", "new_password2": "kiln and clay 7"}
    form = nina.get(said.json()["link"].removeprefix("http://testserver"), follow=True)
    nina.post(form.redirect_chain[-1][0], password)
    assert nina.post("/login/", {"username": "nina", "password": "kiln and clay 7"}).status_code == 302
    assert root.get(place).json()["results"] == []


def test_an_invitation_that_was_taken_back_opens_nothing(root: Client, project: Project) -> None:
    place = f"/api/v1/projects/{project.pk}/invitations"
    link = root.post(place, {"username": "nina"}, **JSON).json()["link"]
    assert root.delete(f"{place}/nina").status_code == 204
    assert root.delete(f"{place}/nina").status_code == 404
    assert User.objects.get(username="nina").is_active is False
    page = Client().get(link.removeprefix("http://testserver"), follow=True).content.decode()
    assert "new_password1" not in page


@pytest.mark.parametrize("name", ["sam", "SAM", "a b", "", "a/b"])
def test_a_name_that_is_taken_or_none_is_refused(root: Client, project: Project, name: str) -> None:
    answer = root.post(f"/api/v1/projects/{project.pk}/invitations", {"username": name}, **JSON)
    assert (answer.status_code, answer.json()["field"]) in ((409, "username"), (422, "username"))
