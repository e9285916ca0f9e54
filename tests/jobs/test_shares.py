"""Use that fades: what a charge is worth later, and that rows and arithmetic agree."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Project
from jobs.models import DeviceUse
from jobs.shares import charge, joined, mark_of, per_weight, rebuild, worth

WEEK_S = 7 * 86_400.0
NOW = 1.8e9
seconds = st.floats(0.01, 1e7)
moments = st.floats(NOW - 1e8, NOW)


def worth_now(project: Project, hands) -> float:
    project.refresh_from_db()
    return worth(project.share_used, hands().timestamp(), settings.SHARE_HALF_LIFE_S)


@given(seconds, moments)
def test_a_use_is_worth_itself_when_it_is_charged_and_half_a_half_life_later(used, at):
    mark = mark_of(used, at, WEEK_S)
    assert worth(mark, at, WEEK_S) == pytest.approx(used, rel=1e-6)
    assert worth(mark, at + WEEK_S, WEEK_S) == pytest.approx(used / 2, rel=1e-6)


@given(seconds, moments, seconds, moments)
def test_two_uses_together_are_worth_their_sum(first, at, second, later):
    marks = mark_of(first, at, WEEK_S), mark_of(second, later, WEEK_S)
    together = worth(joined(*marks, WEEK_S), NOW, WEEK_S)
    assert together == pytest.approx(sum(worth(one, NOW, WEEK_S) for one in marks), rel=1e-6)


@given(seconds, moments, st.floats(0.01, 100))
def test_use_for_each_unit_of_weight_is_the_use_divided_by_the_weight(used, at, weight):
    mark = per_weight(mark_of(used, at, WEEK_S), weight, WEEK_S)
    assert worth(mark, NOW, WEEK_S) == pytest.approx(worth(mark_of(used, at, WEEK_S), NOW, WEEK_S) / weight, rel=1e-6)


@pytest.mark.parametrize("half_life_s", [3600.0, WEEK_S, 8760 * 3600.0])
def test_a_century_overflows_nothing(half_life_s):
    century = 100 * 365.25 * 86_400
    late = joined(mark_of(5.0, NOW, half_life_s), mark_of(7.0, NOW + century, half_life_s), half_life_s)
    assert worth(late, NOW + century, half_life_s) == pytest.approx(7.0, rel=1e-3)


@pytest.mark.django_db
def test_a_charge_adds_to_a_row_as_it_does_on_paper(project, hands):
    mark = 0.0
    for used, pause_s in ((40, 0), (0.5, 3600), (30_000, 86_400), (7, 30 * 86_400)):
        hands.move(pause_s)
        charge(project.pk, used)
        mark = joined(mark, mark_of(used, hands().timestamp(), settings.SHARE_HALF_LIFE_S), settings.SHARE_HALF_LIFE_S)
    project.refresh_from_db()
    assert project.share_used == pytest.approx(mark, abs=1e-3)
    assert project.used_device_s == pytest.approx(30_047.5)


@pytest.mark.django_db
def test_an_idle_project_loses_half_of_its_use_in_a_half_life_without_a_write(project, hands):
    charge(project.pk, 1000)
    hands.move(settings.SHARE_HALF_LIFE_S)
    assert worth_now(project, hands) == pytest.approx(500, rel=1e-6)


@pytest.mark.django_db
def test_device_seconds_are_kept_by_the_day(project, hands):
    for _ in range(3):
        charge(project.pk, 100)
    hands.move(86_400)
    charge(project.pk, 50)
    rows = DeviceUse.objects.filter(project=project).order_by("day").values_list("day", "seconds")
    assert list(rows) == [(date(2026, 3, 1), 300.0), (date(2026, 3, 2), 50.0)]


@pytest.mark.django_db
@pytest.mark.parametrize("nothing", [0, -1.0])
def test_nothing_used_is_not_charged(project, hands, nothing):
    charge(project.pk, nothing)
    project.refresh_from_db()
    assert (project.share_used, DeviceUse.objects.count()) == (0.0, 0)


@pytest.mark.django_db
def test_after_a_change_of_the_half_life_marks_are_made_anew_from_the_days(project, hands, settings):
    charge(project.pk, 1000)
    hands.move(2 * 86_400)
    charge(project.pk, 10)
    settings.SHARE_HALF_LIFE_S = 86_400.0
    assert rebuild(hands()) == 1
    assert 10 + 1000 / 4 < worth_now(project, hands) < 10 + 1000 / 2
