"""One style of dates on every page, in the zone of the pages, with the exact moment in the element."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import override

from desk.templatetags.moments import ago, day, lasting, moment

AT = datetime(2026, 11, 22, 21, 5, 9, tzinfo=UTC)
TEMPLATES = Path(settings.ROOT) / "platform" / "templates"
OTHER_STYLES = re.compile(r"\|(?:timesince|timeuntil|naturaltime)|\|date:\"(?!Y-m-d|c\b)|DATE_?TIME_FORMAT")


def text(element: str) -> str:
    return re.sub(r"<[^>]+>", "", element)


def test_a_moment_is_written_in_the_zone_of_the_pages() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert text(moment(AT)) == "2026-11-22 22:05"
        assert 'datetime="2026-11-22T21:05:09+00:00"' in moment(AT)
        assert text(day(AT)) == "2026-11-22"


def test_what_is_no_moment_is_nothing() -> None:
    assert [show(value) for show in (moment, day, ago, lasting) for value in (None, "")] == [""] * 8


def test_what_was_and_what_will_be_is_told_in_both_languages() -> None:
    past, future = (datetime.now(UTC) + sign * timedelta(hours=3, minutes=30) for sign in (-1, 1))
    with override("en"):
        assert [text(ago(at)).replace("\xa0", " ") for at in (past, future)] == ["3 hours ago", "in 3 hours"]
        assert text(ago(datetime.now(UTC))) == "just now"
    with override("zh-hans"):
        assert [text(ago(at)).replace("\xa0", "").replace(" ", "") for at in (past, future)] == ["3小时前", "3小时后"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_django_writes_by_itself_has_the_same_style(language: str) -> None:
    with override(language):
        assert formats.date_format(AT, "DATETIME_FORMAT") == "2026-11-22 21:05"
        assert formats.date_format(AT, "SHORT_DATE_FORMAT") == "2026-11-22"


def test_no_template_has_a_style_of_its_own() -> None:
    own = {
        str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if OTHER_STYLES.search(path.read_text())
    }
    assert own == set()
