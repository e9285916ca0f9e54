"""People come in by clicks: an invitation, a password, a project, a role that is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import Membership, Project, User
from tests import builders
from tests.web.browser import axe
from tests.web.story import Story

PageOf = Callable[..., Any]


def test_an_invited_person_logs_in_is_told_what_to_do_and_then_sees_the_project(
    told: Story, project: Project, people: dict[str, User], page_of: PageOf
) -> None:
    operator, owner = page_of(builders.person("olga", platform_role="operator")), page_of(people["owner"])
    operator.goto("/accounts/user/")
    operator.goto("/accounts/user/add/")
    assert not operator.is_visible("[name=password]")
    operator.fill("[name=username]", "nina")
    operator.click("#invite-form button.km-main")
    link = operator.input_value("#once")
    nina = page_of(None)
    nina.goto(link)
    for name in ("new_password1", "new_password2"):
        nina.fill(f"[name={name}]", "kiln and clay 7")
    nina.click("#welcome-form button")
    nina.fill("[name=username]", "nina")
    nina.fill("[name=password]", "kiln and clay 7")
    nina.click("#login-form button[type=submit]")
    nina.wait_for_selector("text=You are not in a project yet")
    owner.goto(f"/accounts/project/{project.pk}/change/")
    owner.fill("#role-username", "nina")
    owner.select_option("#role-role", "viewer")
    owner.click("#member-form button.km-main")
    owner.wait_for_selector("text=nina is viewer now.")
    nina.click("text=Look again")
    nina.wait_for_selector("text=digits overnight")


def test_a_member_is_removed_and_brought_back_by_the_keyboard(
    project: Project, people: dict[str, User], page_of: PageOf
) -> None:
    owner = page_of(people["owner"])
    owner.goto(f"/accounts/project/{project.pk}/change/")
    owner.get_by_role("button", name="Remove rita").focus()
    owner.keyboard.press("Enter")
    owner.get_by_role("button", name="Undo").wait_for()
    assert not Membership.objects.filter(project=project, user=people["reviewer"]).exists()
    owner.get_by_role("button", name="Undo").focus()
    owner.keyboard.press("Enter")
    owner.wait_for_selector("text=rita is reviewer now.")
    assert Membership.objects.get(project=project, user=people["reviewer"]).role == "reviewer"


def test_pages_about_people_have_no_serious_fault(project: Project, people: dict[str, User], page_of: PageOf) -> None:
    root, faults = builders.person("root", is_superuser=True), {}
    pages = [(root, f"/accounts/user/{people['viewer'].pk}/change/"), (root, "/accounts/user/")]
    pages += [
        (root, "/accounts/user/add/"),
        (builders.person("nobody"), "/"),
        (None, "/login/"),
        (None, "/welcome/a/b/"),
    ]
    for width, dark in ((1280, False), (1280, True), (390, False)):
        for person, address in pages:
            page = page_of(person, width=width, dark=dark)
            page.add_init_script(axe.script())
            page.goto(address)
            if found := axe.grave(page):
                faults[address, width, dark] = found
            page.context.close()
    assert faults == {}


def test_a_part_that_cannot_be_fetched_says_that_the_session_is_over(
    told: Story, submitter: User, page_of: PageOf
) -> None:
    page = page_of(submitter)
    page.goto(f"/jobs/job/{told.training.pk}/change/")
    page.context.clear_cookies()
    page.evaluate(f"htmx.ajax('GET', '/jobs/job/{told.training.pk}/live/', '#job-live')")
    page.wait_for_selector("#km-session")
    link = page.get_attribute("#km-session a", "href")
    assert link == f"/login/?next=%2Fjobs%2Fjob%2F{told.training.pk}%2Fchange%2F"
