"""The weekly spot check: how many, of what, drawn how."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Membership, Project, User
from audit.models import ProjectPolicy, ReviewRequest
from config import clock
from jobs.policies import set_policy
from lineage.sampling import drawn, sample_due, seed
from models_store.ids import new_id
from tests import builders

WEEK = timedelta(days=7)
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def sampled(project: Project) -> Project:
    """A project of whose artifacts two a week are looked at."""
    olga = builders.person("olga")
    Membership.objects.create(project=project, user=olga, role="owner")
    set_policy(project, "sample_review", {"n": 2}, actor=olga)
    return project


def waiting() -> int:
    """Artifacts that wait for a reviewer."""
    return ReviewRequest.objects.filter(subject_kind="artifact", closed_at=None).count()


@pytest.mark.django_db
def test_nothing_is_drawn_before_the_week_is_over(sampled: Project, submitter: User) -> None:
    builders.generated(sampled, submitter, 5)
    assert sample_due(clock.now() + timedelta(days=6)) == 0


@pytest.mark.django_db
def test_so_many_are_drawn_when_the_week_is_over_and_no_more(sampled: Project, submitter: User) -> None:
    made = {str(one.pk) for one in builders.generated(sampled, submitter, 5)}
    later = clock.now() + WEEK
    assert sample_due(later) == 2
    assert sample_due(later + timedelta(minutes=1)) == 0
    asked = ReviewRequest.objects.filter(subject_kind="artifact", policy="sample_review")
    assert set(asked.values_list("subject_id", flat=True)) < made


@pytest.mark.django_db
def test_artifacts_of_an_earlier_week_are_not_drawn_again(sampled: Project, submitter: User) -> None:
    builders.generated(sampled, submitter, 5)
    later = clock.now() + WEEK
    sample_due(later)
    assert sample_due(later + WEEK) == 0
    assert waiting() == 2


@pytest.mark.django_db
def test_fewer_artifacts_than_asked_for_are_all_drawn(sampled: Project, submitter: User) -> None:
    builders.generated(sampled, submitter, 1)
    assert sample_due(clock.now() + WEEK) == 1


@pytest.mark.django_db
def test_a_second_worker_draws_nothing(sampled: Project, submitter: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from lineage import sampling

    builders.generated(sampled, submitter, 5)
    later, (row,) = clock.now() + WEEK, ProjectPolicy.objects.all()
    assert sampling._sampled(row, later) == 2
    assert sampling._sampled(row, later) == 0  # it still holds the row as it was before


@pytest.mark.django_db
def test_a_project_without_the_policy_is_left_alone(project: Project, submitter: User) -> None:
    builders.generated(project, submitter, 5)
    assert sample_due(clock.now() + WEEK) == 0


def test_the_same_draw_gives_the_same_sample_whatever_the_order() -> None:
    ids, one = [new_id() for _ in range(50)], seed(new_id(), START)
    assert drawn(ids, one, 5) == drawn(reversed(ids), one, 5)


def test_each_is_as_likely_as_any_other() -> None:
    ids, home = [new_id() for _ in range(10)], new_id()
    seen = Counter(one for day in range(2000) for one in drawn(ids, seed(home, START + timedelta(days=day)), 3))
    expected = 2000 * 3 / 10
    chi_squared = sum((seen[one] - expected) ** 2 / expected for one in ids)
    assert chi_squared < 40  # 9 degrees of freedom: passed by chance but once in a hundred thousand
