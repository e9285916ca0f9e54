"""Service accounts: for robots of one project, with somebody who answers for each, without password or web login."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.members import set_role
from accounts.models import ApiToken, Project, Role, ServiceAccount, User
from accounts.services import (
    HIGHEST_OF_SERVICE,
    RANK,
    holds,
    issue_token,
    projects_owned,
    require,
    revoke_token,
    sees_all,
)
from audit.services import append
from models_store.errors import Conflict, Forbidden, InvalidInput, NotFound

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
ROLES = tuple(role for role, rank in RANK.items() if rank <= RANK[HIGHEST_OF_SERVICE])
SCOPES_OF_SERVICE = ("read", "submit")  # of no other is there anything that it may do


class AccountClosed(Conflict):
    """The service account is closed for good; make another one."""

    code = "account_closed"


@transaction.atomic
def create_service_account(project: Project, name: str, *, actor: User, role: str = Role.SUBMITTER) -> ServiceAccount:
    """`name@project`, with a role in that project alone; whoever makes it answers for it. For owners of the project."""
    require(actor, project, Role.OWNER)
    if not NAME.fullmatch(name):
        said = "A service account is named by up to 64 small letters, digits and hyphens."
        raise InvalidInput(said, field="name", expected=NAME.pattern, got=name)
    try:
        with transaction.atomic():
            account = ServiceAccount.objects.create(
                username=f"{name}@{project.slug}", is_service=True, home=project, answered_by=actor,
                password=make_password(None),
            )  # fmt: skip
    except IntegrityError as taken:
        raise Conflict(f"There is an account called {name}@{project.slug}.", field="name", got=name) from taken
    set_role(project, account, role, actor=actor.username)
    _record("service_account.created", account, actor, role=role)
    return account


@transaction.atomic
def set_answering(account: User, username: str, *, actor: User) -> User:
    """Somebody else answers for it: a person in its project; the same again changes nothing."""
    require_keeper(actor, account)
    people = User.objects.filter(membership__project=account.home_id, is_active=True, is_service=False)
    person = people.filter(username=username).first()
    if person is None:
        said = "A person in its project answers for a service account."
        raise InvalidInput(said, field="answered_by", expected="a person in the project", got=username)
    before = User.objects.select_for_update().select_related(None).get(pk=account.pk).answered_by
    if before != person:
        User.objects.filter(pk=account.pk).update(answered_by=person)
        _record("service_account.handed_over", account, actor, to=person.username, before=_name(before))
    account.answered_by = person
    return account


@transaction.atomic
def close_service_account(account: User, *, actor: User) -> None:
    """For good: all of its tokens end. What it made and did stays. Closing it again changes nothing."""
    require_keeper(actor, account)
    for token in ApiToken.objects.filter(user=account, revoked_at=None):
        revoke_token(token, actor=actor.username)
    if User.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
        _record("service_account.closed", account, actor)
    account.is_active = False


@transaction.atomic
def issue_service_token(
    account: User, *, actor: User, name: str = "", scopes: Iterable[str] = SCOPES_OF_SERVICE,
    within: Iterable[str] = SCOPES_OF_SERVICE, days: int | None = None,
) -> tuple[ApiToken, str]:  # fmt: skip
    """A token for it and its secret, shown this once; it ends with the account of whoever made it, too."""
    require_keeper(actor, account)
    if not User.objects.filter(pk=account.pk, is_active=True).exists():
        raise AccountClosed(got=account.username)
    wanted = sorted(set(scopes))
    if beyond := [scope for scope in wanted if scope not in SCOPES_OF_SERVICE]:
        said = "A token of a service account has other scopes."
        raise InvalidInput(said, field="scopes", expected=list(SCOPES_OF_SERVICE), got=beyond)
    return issue_token(account, name=name, scopes=wanted, within=within, days=days, made_by=actor)


def require_keeper(actor: User, account: User) -> None:
    """Refuse whoever does not own the account's project; to whoever may not see it there is none."""
    if may_keep(actor, account):
        return
    if not service_accounts_seen_by(actor).filter(pk=account.pk).exists():
        raise NotFound("There is no such service account, or you may not see it.")
    raise Forbidden("This needs an owner of the service account's project.", expected=Role.OWNER)


def may_keep(person: User, account: User) -> bool:
    """Whether the person makes and ends tokens of the account; a superuser does, whatever became of its project."""
    return person.is_superuser or (account.home is not None and holds(person, account.home, Role.OWNER))


def service_accounts_seen_by(person: User) -> QuerySet[ServiceAccount]:
    """Those of projects that the person owns, and those that the person answers for; all, for who sees all."""
    rows = ServiceAccount.objects.filter(is_service=True).select_related("home", "answered_by")
    if sees_all(person):
        return rows
    return rows.filter(Q(home__in=projects_owned(person)) | Q(answered_by=person))


def longest_days() -> int:
    """How long a token works at most."""
    return settings.TOKEN_LIFETIME.days


def _record(verb: str, account: User, actor: User, **detail: str) -> None:
    said = {"user": account.username, **detail}
    append(actor=actor.username, verb=verb, subject=("user", str(account.pk)), project=account.home_id, detail=said)


def _name(person: User | None) -> str:
    return person.username if person else ""
