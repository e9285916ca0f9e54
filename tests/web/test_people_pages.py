"""People pages: members with an undo, invitations, accounts, tokens; login without a mark on the account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.login_pace import FREE
from accounts.models import Membership, Project, User
from accounts.services import issue_token, token_of
from audit.models import AuditEvent
from tests import builders
from tests.web.story import Story

BrowserOf = Callable[..., Client]


@pytest.fixture
def root(db: None) -> User:
    """Owns the platform."""
    return builders.person("root", is_superuser=True)


@pytest.fixture
def operator(db: None) -> User:
    """Runs it."""
    return builders.person("olga", platform_role="operator")


def undo_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the button of a message leads, and what it sends."""
    form = re.search(r'<form method="post" action="([^"]+)" class="km-undo".*?</form>', page, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    return form[1], fields


def test_somebody_who_is_in_a_project_logs_in_without_a_mark_on_the_account(project: Project) -> None:
    vera = builders.person("vera")
    project.members.add(vera, through_defaults={"role": "viewer"})
    answer = Client().post("/login/?next=/jobs/job/", {"username": "vera", "password": "pass-of-vera"})
    assert (vera.is_staff, answer.status_code, answer["Location"]) == (False, 302, "/jobs/job/")


@pytest.mark.parametrize(
    ("language", "says"), [("en", "do not belong together"), ("zh-hans", "用户名与密码不匹配")], ids=["en", "zh"]
)
def test_a_wrong_password_is_answered_without_a_word_of_staff(language: str, says: str, db: None) -> None:
    builders.person("vera")
    browser = Client()
    browser.cookies["django_language"] = language
    page = browser.post("/login/", {"username": "vera", "password": "no"}).content.decode()
    assert says in page
    assert "staff" not in page


def test_a_closed_account_does_not_log_in(project: Project) -> None:
    vera = builders.person("vera", is_active=False)
    project.members.add(vera, through_defaults={"role": "viewer"})
    assert Client().post("/login/", {"username": "vera", "password": "pass-of-vera"}).status_code == 200


def test_somebody_without_a_project_is_told_what_to_do_next_and_shown_nothing(
    told: Story, browser_of: BrowserOf
) -> None:
    browser = browser_of(builders.person("nobody"))
    home, jobs = browser.get("/"), browser.get("/jobs/job/")
    assert "You are not in a project yet" in home.content.decode()
    assert (home.status_code, jobs.status_code) == (200, 403)
    assert "digits overnight" not in jobs.content.decode()


def test_a_form_whose_session_is_over_leads_to_login_and_back_to_its_page(told: Story, db: None) -> None:
    page = f"/jobs/job/{told.training.pk}/change/?x=1"
    answer = Client().post(f"/jobs/job/{told.training.pk}/ask/pause/", headers={"referer": "http://testserver" + page})
    assert answer["Location"] == "/login/?next=" + page.replace("?", "%3F").replace("=", "%3D")


def test_a_form_that_comes_from_elsewhere_leads_back_to_its_own_address(db: None) -> None:
    answer = Client().post("/jobs/job/add/", headers={"referer": "http://evil.example/jobs/"})
    assert answer["Location"] == "/login/?next=/jobs/job/add/"


def test_a_part_of_a_page_is_not_answered_with_a_login_page(told: Story, db: None) -> None:
    answer = Client().get(f"/jobs/job/{told.training.pk}/live/", headers={"hx-request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_whoever_is_logged_in_already_goes_on_from_the_login_page(submitter: User, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    assert browser.get("/login/?next=/jobs/job/")["Location"] == "/jobs/job/"
    assert browser.get("/login/?next=http://evil.example/")["Location"] == "/"


def test_a_member_who_was_removed_comes_back_with_the_same_role_by_undo(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people["owner"])
    answer = browser.post(f"/accounts/project/{project.pk}/remove/", {"username": "rita"}, follow=True)
    assert not Membership.objects.filter(project=project, user=people["reviewer"]).exists()
    address, fields = undo_of(answer.content.decode())
    browser.post(address, fields)
    assert Membership.objects.get(project=project, user=people["reviewer"]).role == "reviewer"
    assert set(AuditEvent.objects.filter(actor="owner").values_list("verb", flat=True)) >= {
        "role.removed",
        "role.changed",
    }


def test_a_role_that_was_changed_is_changed_back_by_undo(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people["owner"])
    said = {"username": "viewer", "role": "reviewer", "row": "1"}
    answer = browser.post(f"/accounts/project/{project.pk}/role/", said, follow=True)
    address, fields = undo_of(answer.content.decode())
    browser.post(address, fields)
    assert Membership.objects.get(project=project, user=people["viewer"]).role == "viewer"


def test_the_last_owner_is_told_beside_the_name_why_not(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    answer = browser_of(people["owner"]).post(f"/accounts/project/{project.pk}/remove/", {"username": "owner"})
    assert answer.status_code == 422
    assert "owner is the last owner of studio" in answer.content.decode()
    assert Membership.objects.get(project=project, user=people["owner"]).role == "owner"


def test_a_name_that_nobody_has_stands_in_the_field_with_the_error(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    said = {"username": "ghost", "role": "reviewer"}
    answer = browser_of(people["owner"]).post(f"/accounts/project/{project.pk}/role/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "There is no person called ghost." in page
    assert 'value="ghost"' in page
    assert '<option value="reviewer" selected>' in page


def test_an_invited_person_chooses_a_password_by_the_link_once(operator: User, browser_of: BrowserOf) -> None:
    page = browser_of(operator).post("/accounts/user/add/", {"username": "nina", "way": "link"}).content.decode()
    link = re.search(r'value="http://testserver(/welcome/[^"]+)"', page)
    assert link is not None
    nina, said = Client(), {"new_password1": "kiln and clay 7", "new_password2": "kiln and clay 7"}
    form = nina.get(link[1], follow=True)
    assert "nina" in form.content.decode()
    assert nina.post(form.request["PATH_INFO"], said)["Location"] == "/login/"
    assert Client().login(username="nina", password="kiln and clay 7")
    assert "used already" in Client().get(link[1], follow=True).content.decode()
    assert AuditEvent.objects.filter(verb="user.password_changed", subject_kind="user").exists()


def test_an_invitation_that_is_refused_keeps_what_was_typed(operator: User, browser_of: BrowserOf) -> None:
    said = {"username": "olga", "name": "Olga Berg", "way": "password", "password": "short"}
    answer = browser_of(operator).post("/accounts/user/add/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "There is a person of that name." in page
    assert 'value="Olga Berg"' in page
    assert "short" not in re.sub(r"too short|shortcut", "", page)


def test_an_operator_gives_no_platform_role_and_no_place_in_a_project_of_others(
    project: Project, operator: User, browser_of: BrowserOf
) -> None:
    said = {"username": "nina", "way": "link", "platform_role": "operator", "project": project.slug, "role": "owner"}
    browser_of(operator).post("/accounts/user/add/", said)
    nina = User.objects.get(username="nina")
    assert (nina.platform_role, nina.membership_set.count()) == ("", 0)


def test_a_closed_account_is_out_at_once_and_opened_again_by_undo(
    people: dict[str, User], operator: User, browser_of: BrowserOf
) -> None:
    viewer, browser = browser_of(people["viewer"]), browser_of(operator)
    address = f"/accounts/user/{people['viewer'].pk}/active/"
    page = browser.post(address, {"active": "no"}, follow=True).content.decode()
    assert viewer.get("/")["Location"].startswith("/login/")
    browser.post(*undo_of(page))
    people["viewer"].refresh_from_db()
    assert people["viewer"].is_active


def test_a_superuser_makes_an_auditor_who_then_sees_every_project(
    told: Story, project: Project, root: User, browser_of: BrowserOf
) -> None:
    ada = builders.person("ada")
    browser_of(root).post(f"/accounts/user/{ada.pk}/platform-role/", {"role": "auditor"})
    assert "digits overnight" in browser_of(User.objects.get(pk=ada.pk)).get("/jobs/job/").content.decode()
    assert AuditEvent.objects.get(verb="platform_role.changed").actor == "root"


def test_an_operator_has_the_buttons_of_a_job_and_no_form_to_submit_one(
    told: Story, operator: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(operator)
    assert (
        f"/jobs/job/{told.training.pk}/ask/cancel/"
        in browser.get(f"/jobs/job/{told.training.pk}/change/").content.decode()
    )
    assert browser.get("/jobs/job/add/").status_code == 403


def test_an_operator_sets_limits_and_leaves_how_long_bytes_are_kept(
    project: Project, operator: User, browser_of: BrowserOf
) -> None:
    address = f"/accounts/project/{project.pk}/limits/"
    page = browser_of(operator).get(address).content.decode()
    assert "artifact_days" not in page
    said = {"weight": "3", "max_running": "0", "max_device_hours": "0", "max_storage": "0", "artifact_days": "1"}
    browser_of(operator).post(address, said)
    project.refresh_from_db()
    assert (project.weight, project.artifact_days) == (3, 0)


def test_a_token_is_shown_once_and_works(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    page = browser.post("/accounts/apitoken/add/", {"name": "night", "scopes": ["read"]}).content.decode()
    secret = re.search(r'value="(km_[^"]+)"', page)
    assert secret is not None
    assert token_of(secret[1]).user.is_active
    assert secret[1] not in browser.get("/accounts/apitoken/").content.decode()


def test_a_token_ends_only_for_whoever_types_how_it_begins(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    browser.post("/accounts/apitoken/add/", {"name": "night", "scopes": ["read"]})
    token = submitter.api_tokens.get()
    address = f"/accounts/apitoken/{token.pk}/revoke/"
    assert browser.post(address, {"typed": "km_"}).status_code == 422
    token.refresh_from_db()
    assert token.revoked_at is None
    browser.post(address, {"typed": token.hint})
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_ones_own_password_is_changed_and_the_log_says_so(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    said = {"old_password": "pass-of-sam", "new_password1": "kiln and clay 7", "new_password2": "kiln and clay 7"}
    assert browser_of(submitter).post("/password_change/", said)["Location"] == "/password_change/done/"
    assert Client().login(username="sam", password="kiln and clay 7")
    assert AuditEvent.objects.filter(verb="user.password_changed", actor="sam").exists()


def test_a_form_of_another_login_leads_back_to_itself(submitter: User, project: Project) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(submitter)
    answer = strict.post("/jobs/job/add/", headers={"referer": "http://testserver/jobs/job/add/?kind=train"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert 'href="http://testserver/jobs/job/add/?kind=train"' in page


def test_an_operator_makes_no_link_for_an_account_that_scripts_work_with(
    operator: User, project: Project, browser_of: BrowserOf
) -> None:
    service = builders.person("service")
    service.set_unusable_password()
    service.save()
    issue_token(service, name="nightly", actor="command line")
    answer = browser_of(operator).post(f"/accounts/user/{service.pk}/link/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "/welcome/" not in browser_of(operator).get("/").content.decode()


def test_the_login_page_says_when_to_come_again_in_the_readers_language(project: Project) -> None:
    def typed(language: str) -> Any:
        said = {"username": "sam", "password": "wrong"}
        return Client(headers={"Accept-Language": language}).post("/login/", said)

    for _ in range(FREE["account"]):
        assert typed("en").status_code == 200
    english, chinese = typed("en"), typed("zh-hans")
    assert (english.status_code, chinese.status_code) == (429, 429)
    assert int(english.headers["Retry-After"]) >= 1
    assert "Try again in" in english.content.decode()
    assert "此处多次登录失败" in chinese.content.decode()
