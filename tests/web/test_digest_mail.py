"""The morning mail: once a day, in both forms, without a picture and without anything that could be run."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.models import Project, User
from config import clock
from desk.night import digest_mail
from jobs.digest import digest
from jobs.digest_day import AGAIN_AFTER
from jobs.models import DigestMail, State
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)  # 08:30 in Berlin


class Standing:
    """A clock that is set by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, settings) -> Standing:
    """08:30 in Berlin, and somebody to write to."""
    made = Standing(MORNING)
    monkeypatch.setattr(clock, "now", made)
    settings.DIGEST_TO = ["ops@example.org", "night@example.org"]
    settings.DIGEST_AT, settings.DIGEST_ZONE = time(8), "Europe/Berlin"
    return made


def test_several_workers_send_it_once_a_day(at: Standing) -> None:
    assert [digest_mail.send_due(name) for name in ("w1", "w2", "w1")] == [True, False, False]
    at.at += timedelta(days=1)
    assert digest_mail.send_due("w2")
    assert len(mail.outbox) == 2
    assert mail.outbox[0].recipients() == ["ops@example.org", "night@example.org"]
    assert mail.outbox[0].to == []


def test_nothing_is_sent_before_its_time_or_to_nobody(at: Standing, settings) -> None:
    at.at -= timedelta(minutes=31)
    assert not digest_mail.send_due("w1")
    at.at, settings.DIGEST_TO = MORNING, []
    assert not digest_mail.send_due("w1")
    assert not DigestMail.objects.exists()


def test_a_mail_server_that_is_away_is_asked_again_later(at: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(found: object) -> None:
        raise SMTPServerDisconnected("away")

    with monkeypatch.context() as broken:
        broken.setattr(digest_mail, "send", away)
        assert not digest_mail.send_due("w1")
    assert not digest_mail.send_due("w1")
    at.at += AGAIN_AFTER + timedelta(seconds=1)
    assert digest_mail.send_due("w1")


def test_text_and_html_say_the_same_and_hold_no_picture(told: Story) -> None:
    made = digest_mail.written(digest(None))
    html = str(made.alternatives[0][0])
    for said in ("digits overnight", "xrays.csv: this kind of file is not read.", "Still running"):
        assert said in made.body
        assert said in html
    assert made.attachments == []
    assert "<img" not in html
    assert "sha256" not in html + made.body


def test_what_a_user_wrote_is_text_in_the_html_and_not_in_the_subject(project: Project, submitter: User) -> None:
    name = "<script>alert(1)</script>\nBcc: x@example.org"
    builders.job(project, submitter, name=name, state=State.SUCCEEDED, finished_at=clock.now() - timedelta(hours=1))
    made = digest_mail.written(digest(None))
    assert "<script>" not in str(made.alternatives[0][0])
    assert "Bcc" not in str(made.message()["Subject"])


def test_language_and_zone_are_those_that_are_set(told: Story, settings) -> None:
    settings.DIGEST_LANGUAGE, settings.DIGEST_ZONE = "zh-hans", "Asia/Shanghai"
    made = digest_mail.written(digest(None))
    assert "失败及原因" in made.body
    assert "Asia/Shanghai" in made.body
    assert "完成" in made.subject


def test_the_command_prints_it_and_sends_it_only_when_told(told: Story, capsys, settings) -> None:
    call_command("digest")
    assert "What comes next" in capsys.readouterr().out
    assert mail.outbox == []
    settings.DIGEST_TO = []
    with pytest.raises(CommandError):
        call_command("digest", "--send")
    settings.DIGEST_TO = ["ops@example.org"]
    call_command("digest", "--send")
    assert len(mail.outbox) == 1
