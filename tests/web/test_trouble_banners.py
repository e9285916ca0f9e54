"""Banners: what is wrong, what still works, what to do; members and operators read what concerns them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import Project, User
from config import clock
from desk.trouble import signs
from jobs.broker import broker_answers
from jobs.models import Job, Listener
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
GIB = 2**30


@pytest.fixture
def operator(db: None, browser_of: BrowserOf) -> Client:
    """The browser of whoever runs the platform."""
    return browser_of(builders.person("olga", platform_role="operator"))


@pytest.fixture
def member(project: Project, submitter: User, browser_of: BrowserOf) -> Client:
    """The browser of a member of one project."""
    return browser_of(submitter)


def home(browser: Client) -> str:
    return browser.get("/").content.decode()


def disk(monkeypatch: pytest.MonkeyPatch, free: int, total: int = 250 * GIB) -> None:
    block = 4096
    blocks, left = total // block, free // block
    said = os.statvfs_result((block, block, blocks, left, left, 9, 9, 9, 0, 255))
    monkeypatch.setattr(signs.os, "statvfs", lambda place: said)


def test_all_is_well_without_a_banner(member: Client, operator: Client) -> None:
    for browser in (member, operator):
        assert "km-alarm" not in home(browser)


def test_jobs_that_no_worker_takes_are_told_to_everybody(
    member: Client, operator: Client, project: Project, submitter: User
) -> None:
    builders.job(project, submitter)
    assert "Jobs wait in queues that no worker takes from: train.cpu." in home(member)
    assert "no worker listens to queue train.cpu; waiting there: 1" in home(operator)


def test_a_worker_that_listens_ends_the_banner(member: Client, project: Project, submitter: User) -> None:
    builders.job(project, submitter)
    Listener.objects.create(worker="w", queue="train.cpu", seen_at=clock.now())
    assert "km-alarm" not in home(member)


def test_a_worker_that_vanished_from_its_job_is_named_to_operators_alone(
    told: Story, member: Client, operator: Client
) -> None:
    Listener.objects.create(worker="lost-1", queue="train.cpu", seen_at=clock.now() - timedelta(minutes=5))
    Job.objects.filter(pk=told.training.pk).update(worker="lost-1")
    assert "A worker has vanished." in home(member)
    assert "Worker lost-1 was last heard of on" not in home(member)
    assert "Worker lost-1 was last heard of on" in home(operator)


def test_a_worker_that_left_without_a_job_is_no_trouble(told: Story, operator: Client) -> None:
    Listener.objects.create(worker="done-1", queue="train.cpu", seen_at=clock.now() - timedelta(minutes=5))
    assert "km-alarm" not in home(operator)


def test_a_disk_that_fills_up_is_told_to_operators(
    member: Client, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk(monkeypatch, 3 * GIB)
    assert "The disk is nearly full." in home(operator)
    assert "km-alarm" not in home(member)


def test_a_full_disk_says_to_everybody_what_still_works(
    member: Client, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk(monkeypatch, GIB // 64)
    for browser in (member, operator):
        page = home(browser)
        assert "The disk is full." in page
        assert "Files can still be read, downloaded and verified." in page


def test_a_worker_s_own_full_disk_is_told_by_its_name(operator: Client) -> None:
    facts = {"disk_free_bytes": 1, "disk_total_bytes": 77 * GIB}
    Listener.objects.create(worker="far-1", queue="io", seen_at=clock.now(), facts=facts)
    assert "where worker far-1 writes" in home(operator)


def test_a_broker_that_is_away_is_told_to_operators_with_what_still_works(
    member: Client, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "broker_answers", broker_answers)  # nobody listens at the socket of this run
    assert not broker_answers(settings.BROKER_URL)
    assert "workers look for them every two seconds" in home(operator)
    assert "km-alarm" not in home(member)


def test_trouble_is_said_in_chinese_too(
    project: Project, submitter: User, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk(monkeypatch, GIB // 64)
    assert "磁盘已满。" in home(browser_of(submitter, "zh-hans"))


def test_a_look_is_taken_once_within_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "KEPT_S", 60.0)
    monkeypatch.setattr(signs, "_known", None)
    looks: list[int] = []
    monkeypatch.setattr(signs, "look", lambda: looks.append(1) or signs.Signs())
    signs.signs(), signs.signs()
    assert len(looks) == 1


def test_a_database_that_takes_no_changes_answers_in_words(told: Story, submitter: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL would end the transaction of the test")
    browser = Client(raise_request_exception=False)
    browser.force_login(submitter)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            answer = browser.post(f"/jobs/job/{told.training.pk}/ask/pause/")
        finally:
            cursor.execute("PRAGMA query_only = OFF")
    assert answer.status_code == 503
    assert "The database takes no changes at present" in answer.content.decode()


def test_a_database_that_is_away_answers_in_words(submitter: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(submitter)
    place = connection.settings_dict["NAME"] if connection.vendor == "sqlite" else None
    if place is None:
        pytest.skip("the server of the run serves the other tests")
    from django.db import OperationalError
    from django.db.backends.utils import CursorWrapper

    def away(*said: object, **named: object) -> None:
        raise OperationalError("unable to open database file")

    monkeypatch.setattr(CursorWrapper, "execute", away)
    answer = browser.get("/jobs/job/")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.content.decode()
    assert answer["Retry-After"] == "30"
