"""Weight, quotas and use on the page of a project."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from jobs.shares import charge
from tests import builders

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
FORM = {"weight": "1", "max_running": "2", "max_device_hours": "0", "max_storage": "0"}


@pytest.fixture
def root(db: None) -> User:
    return builders.person("root", is_staff=True, is_superuser=True)


def page(browser: Client, project: Project) -> str:
    return browser.get(f"/accounts/project/{project.pk}/change/").content.decode()


def test_use_and_quotas_stand_there_with_units(submitter, project, browser_of: BrowserOf):
    charge(project.pk, 12.3 * 3600)
    Project.objects.filter(pk=project.pk).update(max_device_hours=20, max_storage_bytes=5 * 2**30)
    said = page(browser_of(submitter), project)
    assert "12.3 h / 20 h" in said
    assert "/ 5.0\xa0GB" in said


def test_a_project_that_waits_for_its_quota_says_so_in_both_languages(submitter, project, browser_of: BrowserOf):
    charge(project.pk, 3 * 3600)
    Project.objects.filter(pk=project.pk).update(max_device_hours=2)
    builders.job(project, submitter)
    assert "quota: 3.0 of 2 device hours used this week" in page(browser_of(submitter), project)
    assert "本周已用 3.0 设备小时" in page(browser_of(submitter, "zh-hans"), project)


def test_an_operator_fills_in_the_form(root, project, browser_of: BrowserOf):
    place = f"/accounts/project/{project.pk}/limits/"
    assert browser_of(root).get(place).status_code == 200
    answer = browser_of(root).post(place, FORM | {"weight": "3", "max_storage": "1.5"})
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.weight, project.max_running, project.max_storage_bytes) == (3.0, 2, 3 * 2**29)


def test_what_an_owner_may_not_do_stands_beside_the_field(people, project, browser_of: BrowserOf):
    answer = browser_of(people["owner"]).post(f"/accounts/project/{project.pk}/limits/", FORM | {"weight": "3"})
    assert answer.status_code == 422
    assert "only an operator" in " ".join(answer.context["form"].errors["weight"])


def test_a_submitter_finds_no_such_form(submitter, project, browser_of: BrowserOf):
    assert browser_of(submitter).get(f"/accounts/project/{project.pk}/limits/").status_code == 403
    assert "/limits/" not in page(browser_of(submitter), project)


def test_a_limit_that_is_not_touched_is_not_rounded(root, project, browser_of: BrowserOf):
    Project.objects.filter(pk=project.pk).update(max_storage_bytes=1_234_567)
    browser = browser_of(root)
    shown = browser.get(f"/accounts/project/{project.pk}/limits/").context["form"]["max_storage"].value()
    browser.post(f"/accounts/project/{project.pk}/limits/", FORM | {"max_storage": str(shown)})
    project.refresh_from_db()
    assert (project.max_running, project.max_storage_bytes) == (2, 1_234_567)
