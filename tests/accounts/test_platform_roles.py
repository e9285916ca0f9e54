"""Who may give which role, and what a platform role brings with it."""

from __future__ import annotations

import pytest

from accounts.invitations import link_for
from accounts.log_sight import counts_seen_by, events_seen_by
from accounts.members import LastOwner, remove_member, set_role, sole_owner_of
from accounts.models import Membership, Project, User
from accounts.people import AboveOperator, OwnAccount, set_active, set_platform_role
from accounts.services import holds, is_auditor, is_operator, may_steer, require_member, role_in, visible_projects
from audit.models import AuditEvent
from audit.services import erase_person
from models_store.errors import Forbidden
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> User:
    return builders.person("root", is_superuser=True)


@pytest.fixture
def auditor() -> User:
    return builders.person("ada", platform_role="auditor")


@pytest.fixture
def operator() -> User:
    return builders.person("olga", platform_role="operator")


@pytest.fixture
def home() -> Project:
    return builders.project("home", owner=builders.person("otto"))


def test_an_auditor_looks_at_every_project_and_holds_no_more(auditor: User, home: Project) -> None:
    assert role_in(auditor, home) == "viewer"
    assert home in visible_projects(auditor)
    assert not holds(auditor, home, "submitter")
    assert (is_auditor(auditor), is_operator(auditor), may_steer(auditor, home)) == (True, False, False)


def test_an_operator_steers_jobs_and_holds_no_more_than_a_viewer(operator: User, home: Project) -> None:
    assert may_steer(operator, home)
    assert not holds(operator, home, "submitter")
    assert (is_auditor(operator), is_operator(operator)) == (False, True)


def test_a_membership_counts_more_than_looking_from_outside(auditor: User, home: Project) -> None:
    set_role(home, auditor, "reviewer", actor="otto")
    assert holds(auditor, home, "reviewer")


def test_whoever_only_looks_says_nothing_about_what_lies_in_a_project(auditor: User, home: Project) -> None:
    with pytest.raises(Forbidden):
        require_member(auditor, home)


def test_all_events_are_seen_by_both_and_all_counts_by_the_auditor(
    auditor: User, operator: User, home: Project
) -> None:
    set_role(home, builders.person("vera"), "viewer", actor="otto")
    assert events_seen_by(auditor).count() == events_seen_by(operator).count() == AuditEvent.objects.count() > 0
    assert not counts_seen_by(auditor).query.where
    assert counts_seen_by(operator).query.where


def test_the_last_owner_is_neither_demoted_nor_removed(home: Project) -> None:
    otto = User.objects.get(username="otto")
    with pytest.raises(LastOwner, match="otto is the last owner of home"):
        set_role(home, otto, "viewer", actor="otto")
    with pytest.raises(LastOwner):
        remove_member(home, otto, actor="otto")
    assert Membership.objects.get(project=home, user=otto).role == "owner"


def test_an_owner_who_cannot_log_in_does_not_count(home: Project) -> None:
    otto = User.objects.get(username="otto")
    set_role(home, builders.person("gone", is_active=False), "owner", actor="otto")
    with pytest.raises(LastOwner):
        remove_member(home, otto, actor="otto")
    assert sole_owner_of(otto) == [home]


def test_with_a_second_owner_the_first_may_go(home: Project) -> None:
    otto = User.objects.get(username="otto")
    set_role(home, builders.person("vera"), "owner", actor="otto")
    assert remove_member(home, otto, actor="otto") == "owner"


def test_the_same_role_again_is_not_recorded(home: Project) -> None:
    vera = builders.person("vera")
    set_role(home, vera, "viewer", actor="otto")
    set_role(home, vera, "viewer", actor="otto")
    assert AuditEvent.objects.filter(verb="role.changed").count() == 1


def test_every_change_of_a_role_is_in_the_log_with_what_was_before(root: User, home: Project) -> None:
    vera = builders.person("vera")
    set_role(home, vera, "viewer", actor="otto")
    set_role(home, vera, "owner", actor="otto")
    remove_member(home, vera, actor="otto")
    set_platform_role(vera, "auditor", actor=root)
    told = [(one.verb, one.detail.detail.get("before")) for one in AuditEvent.objects.order_by("pk")]
    assert told == [
        ("role.changed", ""),
        ("role.changed", "viewer"),
        ("role.removed", "owner"),
        ("platform_role.changed", ""),
    ]


def test_whose_role_it_was_is_forgotten_with_the_person(root: User, home: Project) -> None:
    set_role(home, builders.person("vera"), "viewer", actor="otto")
    set_platform_role(User.objects.get(username="vera"), "auditor", actor=root)
    assert erase_person("vera", actor="root") == 2


def test_nobody_but_a_superuser_gives_platform_roles(operator: User, auditor: User) -> None:
    vera = builders.person("vera")
    for actor in (operator, auditor, vera):
        with pytest.raises(Forbidden):
            set_platform_role(vera, "operator", actor=actor)
    vera.refresh_from_db()
    assert vera.platform_role == ""


def test_nobody_gives_oneself_a_platform_role_or_ends_oneself(root: User, operator: User) -> None:
    with pytest.raises(OwnAccount):
        set_platform_role(root, "auditor", actor=root)
    with pytest.raises(OwnAccount):
        set_active(root, False, actor=root)


@pytest.mark.parametrize("facts", [{"platform_role": "auditor"}, {"platform_role": "operator"}, {"is_superuser": True}])
def test_an_operator_ends_no_account_that_watches_or_runs_the_platform(
    operator: User, facts: dict[str, object]
) -> None:
    other = builders.person("other", **facts)
    with pytest.raises(AboveOperator):
        set_active(other, False, actor=operator)
    with pytest.raises(AboveOperator):
        link_for(other, actor=operator)


def test_an_operator_makes_no_link_into_an_account_that_somebody_uses(operator: User, root: User) -> None:
    vera = builders.person("vera")
    with pytest.raises(AboveOperator):
        link_for(vera, actor=operator)
    assert link_for(vera, actor=root)[1]
