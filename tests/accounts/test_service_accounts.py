"""Service accounts: at most submitters, in one project, nobody's second person; their tokens end with who made them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from accounts import service_accounts as services
from accounts.members import LastOwner, remove_member, set_role
from accounts.models import ApiToken, Membership, Project, Role, ServiceAccount, User
from accounts.people import set_active, set_platform_role
from accounts.service_accounts import create_service_account, issue_service_token
from accounts.services import (
    BeyondToken,
    TokenExpired,
    TokenOfClosed,
    TokenRevoked,
    holds,
    issue_token,
    revoke_token,
    token_of,
)
from audit.models import AuditEvent
from catalog.aliases import decide_alias, propose
from catalog.data_reviews import decide_data
from catalog.models import Stage
from catalog.stages import FourEyes, decide
from config import clock
from jobs.holds import decide_job
from lineage.flags import decide_artifact, flag
from models_store.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests import builders


@pytest.fixture
def owner(project: Project) -> User:
    """Owns the project."""
    found = builders.person("olaf")
    project.members.add(found, through_defaults={"role": "owner"})
    return found


@pytest.fixture
def root(db: None) -> User:
    """Owns the platform."""
    return builders.person("root", is_superuser=True)


@pytest.fixture
def robot(project: Project, owner: User) -> ServiceAccount:
    """A service account that the owner answers for."""
    return create_service_account(project, "nightly", actor=owner)


def test_it_is_named_after_its_project_and_has_no_password(robot: ServiceAccount, project: Project) -> None:
    assert (robot.username, robot.home, robot.has_usable_password()) == ("nightly@studio", project, False)
    assert authenticate(None, username=robot.username, password="!") is None


@pytest.mark.parametrize("name", ["", "Nightly", "a b", "-a", "a-", "a/b", "a@b", "é", "a" * 65, "a\0"])
def test_odd_names_are_refused(project: Project, owner: User, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_service_account(project, name, actor=owner)
    assert refused.value.field == "name"


def test_two_of_one_name_are_refused(robot: ServiceAccount, project: Project, owner: User) -> None:
    with pytest.raises(Conflict):
        create_service_account(project, "nightly", actor=owner)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OWNER])
def test_it_is_a_submitter_at_most(robot: ServiceAccount, project: Project, owner: User, role: str) -> None:
    with pytest.raises(InvalidInput):
        set_role(project, robot, role, actor="olaf")
    with pytest.raises(InvalidInput):
        create_service_account(project, "other", actor=owner, role=role)


def test_a_role_that_somehow_stands_in_its_row_counts_as_submitter(robot: ServiceAccount, project: Project) -> None:
    Membership.objects.filter(user=robot).update(role=Role.OWNER)
    assert holds(robot, project, Role.SUBMITTER)
    assert not holds(robot, project, Role.REVIEWER)


def test_it_works_in_no_other_project(robot: ServiceAccount, root: User) -> None:
    other = builders.project("elsewhere", owner=root)
    with pytest.raises(InvalidInput):
        set_role(other, robot, Role.VIEWER, actor="root")


def test_it_has_no_platform_role(robot: ServiceAccount, root: User) -> None:
    with pytest.raises(InvalidInput):
        set_platform_role(robot, "operator", actor=root)


def test_it_is_no_owner_that_a_project_could_keep(project: Project, owner: User, robot: ServiceAccount) -> None:
    Membership.objects.filter(user=robot).update(role=Role.OWNER)
    with pytest.raises(LastOwner):
        remove_member(project, owner, actor="olaf")


def test_only_an_owner_of_its_project_makes_its_tokens(
    robot: ServiceAccount, owner: User, reviewer: User, root: User
) -> None:
    assert issue_service_token(robot, actor=owner)[0].made_by == owner
    assert issue_service_token(robot, actor=root)[0].made_by == root
    with pytest.raises(NotFound):
        issue_service_token(robot, actor=reviewer)
    with pytest.raises(Forbidden):
        issue_service_token(robot, actor=builders.person("olga", platform_role="operator"))


def test_its_tokens_read_and_submit_and_have_no_scope_beyond_the_token_that_asks(
    robot: ServiceAccount, owner: User
) -> None:
    for scope in ("review", "admin"):
        with pytest.raises(InvalidInput):
            issue_service_token(robot, actor=owner, scopes=[scope])
    with pytest.raises(BeyondToken):
        issue_service_token(robot, actor=owner, scopes=["submit"], within=["admin", "read"])


def test_a_token_says_why_it_works_no_more(robot: ServiceAccount, owner: User, root: User) -> None:
    first, second, third = (issue_service_token(robot, actor=owner) for _ in range(3))
    revoke_token(first[0], actor="olaf")
    ApiToken.objects.filter(pk=second[0].pk).update(expires_at=clock.now())
    set_active(owner, False, actor=root)
    for (_, secret), why in ((first, TokenRevoked), (second, TokenExpired), (third, TokenOfClosed)):
        with pytest.raises(why):
            token_of(secret)


def test_its_tokens_end_with_the_account_of_who_made_them(robot: ServiceAccount, owner: User, root: User) -> None:
    (_, of_owner), (_, of_root) = (issue_service_token(robot, actor=one) for one in (owner, root))
    set_active(owner, False, actor=root)
    assert token_of(of_root).user_id == robot.pk
    with pytest.raises(TokenOfClosed):
        token_of(of_owner)


def test_closed_it_is_closed_for_good(robot: ServiceAccount, owner: User) -> None:
    _, secret = issue_service_token(robot, actor=owner)
    services.close_service_account(robot, actor=owner)
    services.close_service_account(robot, actor=owner)
    with pytest.raises(TokenRevoked):
        token_of(secret)
    with pytest.raises(Conflict):
        issue_service_token(robot, actor=owner)
    assert AuditEvent.objects.filter(verb="service_account.closed").count() == 1


def test_somebody_in_the_project_answers_for_it(robot: ServiceAccount, owner: User, reviewer: User) -> None:
    services.set_answering(robot, "rita", actor=owner)
    assert ServiceAccount.objects.get(pk=robot.pk).answered_by == reviewer
    builders.person("stranger")
    for name in ("stranger", "nobody at all", robot.username):
        with pytest.raises(InvalidInput):
            services.set_answering(robot, name, actor=owner)


Decided = Callable[[User], object]


@pytest.fixture
def decisions(project: Project, robot: ServiceAccount) -> dict[str, Decided]:
    """Everything that needs a second person, made by the service account."""
    data = builders.dataset_version(project, robot)
    model = builders.model_version(project, robot)
    approved = builders.model_version(project, robot, name="x", stage=Stage.APPROVED)
    move = propose(approved.model, "production", approved, actor=robot)
    made = builders.generated(project, robot, count=1)[0]
    flag(made, "odd", actor=robot)
    job = builders.job(project, robot)
    return {
        "data": lambda person: decide_data(data, "approve", actor=person),
        "model": lambda person: decide(model, "approve", actor=person),
        "alias": lambda person: decide_alias(move.alias, "approve", actor=person),
        "artifact": lambda person: decide_artifact(made, "approve", actor=person),
        "job": lambda person: decide_job(job, "approve", actor=person),
    }


KINDS = ("data", "model", "alias", "artifact", "job")


@pytest.mark.parametrize("kind", KINDS)
def test_it_decides_on_nothing(kind: str, decisions: dict[str, Decided], project: Project, owner: User) -> None:
    other = create_service_account(project, "other", actor=owner)
    Membership.objects.filter(user=other).update(role=Role.REVIEWER)
    with pytest.raises(Forbidden) as refused:
        decisions[kind](other)
    assert refused.value.expected == Role.REVIEWER


@pytest.mark.parametrize("kind", KINDS)
def test_who_answers_for_it_is_no_second_person(kind: str, decisions: dict[str, Decided], owner: User) -> None:
    with pytest.raises(FourEyes):
        decisions[kind](owner)


@pytest.mark.parametrize("kind", KINDS)
def test_nor_is_who_ever_made_a_token_of_it(
    kind: str, decisions: dict[str, Decided], robot: ServiceAccount, root: User
) -> None:
    token, _ = issue_service_token(robot, actor=root)
    revoke_token(token, actor="root")
    with pytest.raises(FourEyes):
        decisions[kind](root)


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "job"])  # a job waits for nobody here
def test_somebody_who_has_nothing_to_do_with_it_decides(
    kind: str, decisions: dict[str, Decided], reviewer: User
) -> None:
    decisions[kind](reviewer)


def test_over_rest_it_makes_no_token(robot: ServiceAccount, owner: User) -> None:
    _, secret = issue_token(robot, made_by=owner)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    answer = client.post("/api/v1/tokens", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
