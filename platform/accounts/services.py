"""Who may do what where, and the verbs on projects and tokens (members.py: roles; people.py: accounts)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import ApiToken, Membership, PlatformRole, Project, Role, User
from audit.services import append
from config import clock
from config.quick_rows import row_by, rows_by
from models_store.errors import Conflict, Forbidden, InvalidInput, NotFound, ProductError
from models_store.ids import is_uuid

RANK = {role: rank for rank, role in enumerate(Role.values)}
SCOPES = ("read", "submit", "review", "admin")
HIGHEST_OF_SERVICE = Role.SUBMITTER  # a service account decides on nothing and lets nobody in: people do
TOKEN_PREFIX = "km_"  # noqa: S105 - a prefix, so that leaked tokens can be recognised


def sees_all(user: User) -> bool:
    """Whether the person reads every project and the whole log: superusers, auditors, operators."""
    return user.is_superuser or bool(getattr(user, "platform_role", ""))  # nobody who is logged in has no such field


def owns_platform(user: User) -> bool:
    """Whether the person opens projects and gives platform roles: superusers."""
    return user.is_superuser


def is_operator(user: User) -> bool:
    """Whether the person runs the platform: its jobs, queues, limits and accounts. A superuser does."""
    return user.is_superuser or getattr(user, "platform_role", "") == PlatformRole.OPERATOR


def is_auditor(user: User) -> bool:
    """Whether the person may read who read what, and take the whole log away. A superuser may."""
    return user.is_superuser or getattr(user, "platform_role", "") == PlatformRole.AUDITOR


def role_in(user: User, project: Project) -> str | None:
    """The person's role in the project; a superuser owns every project, auditors and operators look at them all.

    A service account is a submitter at most, whatever a row says, so that it is nobody's second pair of eyes.
    """
    if user.is_superuser:
        return Role.OWNER
    member = row_by(Membership, user=user.pk, project=project.pk)
    own = member.role if member else None
    if own and user.is_service:
        return min(own, HIGHEST_OF_SERVICE, key=RANK.__getitem__)
    return own or (Role.VIEWER if sees_all(user) else None)


def holds(user: User, project: Project, role: str) -> bool:
    """Whether the person holds `role` or more in the project."""
    held = role_in(user, project)
    return held is not None and RANK[held] >= RANK[role]


def may_steer(user: User, project: Project) -> bool:
    """Whether the person cancels, pauses, resumes, retries and orders jobs of the project: submitters, operators."""
    return is_operator(user) or holds(user, project, Role.SUBMITTER)


def is_member(user: User, project: Project) -> bool:
    """Whether the person belongs to the project: to say something about what is in it, looking is not enough."""
    return user.is_superuser or Membership.objects.filter(user=user, project=project).exists()


def belongs(user: User) -> bool:
    """Whether there is anything here for the person: a project, or a platform role."""
    if sees_all(user):
        return True
    if not hasattr(user, "in_a_project"):  # asked for several times in one request
        user.in_a_project = Membership.objects.filter(user_id=user.pk).exists()  # type: ignore[attr-defined]
    return user.in_a_project  # type: ignore[attr-defined]


def require(user: User, project: Project, role: str) -> None:
    """Refuse whoever has less than `role`; to a stranger the project does not exist."""
    held = role_in(user, project)
    if held is None:
        raise NotFound("There is no such project, or you are not a member of it.")
    if RANK[held] < RANK[role]:
        raise Forbidden(f"This needs the role {role} in project {project.slug}.", expected=role, got=held)


def require_steering(user: User, project: Project) -> None:
    """Refuse whoever may not steer the project's jobs."""
    if not is_operator(user):
        require(user, project, Role.SUBMITTER)


def require_member(user: User, project: Project) -> None:
    """Refuse whoever only looks at the project from outside."""
    require(user, project, Role.VIEWER)
    if not is_member(user, project):
        raise Forbidden(f"This is for members of project {project.slug}.", expected="a member", got=user.platform_role)


def require_operator(user: User) -> None:
    """Refuse whoever does not run the platform."""
    if not is_operator(user):
        raise Forbidden("This needs an operator of the platform.", expected="an operator")


def require_auditor(user: User) -> None:
    """Refuse whoever may not take the whole log away."""
    if not is_auditor(user):
        raise Forbidden("This needs an auditor of the platform.", expected="an auditor")


def require_watcher(user: User) -> None:
    """Refuse whoever does not look at the whole platform: the check of the log, how good forecasts were."""
    if not sees_all(user):
        raise Forbidden("This needs an auditor or an operator of the platform.", expected="an auditor or an operator")


def require_superuser(user: User) -> None:
    """Refuse whoever does not own the platform: projects are opened and platform roles given by superusers alone."""
    if not owns_platform(user):
        raise Forbidden("This needs a superuser of the platform.", expected="a superuser")


def visible_projects(user: User) -> QuerySet[Project]:
    """The projects a person is a member of; all of them for superusers, auditors and operators."""
    return Project.objects.all() if sees_all(user) else Project.objects.filter(membership__user=user)


def visible_ids(user: User) -> list[UUID] | None:
    """The ids of `visible_projects`; None for all there are."""
    return None if sees_all(user) else [row.project_id for row in rows_by(Membership, user=user.pk)]


def projects_owned(user: User) -> QuerySet[Project]:
    """The projects a person owns; all of them for a superuser."""
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(membership__user=user, membership__role=Role.OWNER)


def project_for(user: User, said: str | None) -> Project:
    """The project named by slug or id; without a name, the person's only (or first) one."""
    mine = visible_projects(user).order_by("created_at", "pk")
    if not said:
        found = mine.first()
        if found is None:
            raise InvalidInput("You are not a member of any project.", field="project")
        return found
    found = mine.filter(slug=said).first() or (mine.filter(pk=said).first() if is_uuid(said) else None)
    if found is None:
        raise NotFound(f"There is no project {said!r}, or you are not a member of it.", field="project", got=said)
    return found


@transaction.atomic
def create_project(slug: str, *, actor: User, title: str = "") -> Project:
    """A new project; who makes it owns it."""
    try:
        with transaction.atomic():
            project = Project.objects.create(slug=slug, title=title)
    except IntegrityError as taken:
        raise Conflict(f"There is a project called {slug!r}.", field="name", got=slug) from taken
    Membership.objects.create(project=project, user=actor, role=Role.OWNER)
    append(actor=actor.username, verb="project.created", subject=("project", str(project.pk)), project=project.pk)
    return project


class BeyondToken(Forbidden):
    """A token gives no scope that it does not have itself."""

    code = "scope_missing"


@transaction.atomic
def issue_token(
    user: User, *, name: str = "", scopes: Iterable[str] = SCOPES, within: Iterable[str] = SCOPES, actor: str = "",
    days: int | None = None, until: datetime | None = None, made_by: User | None = None,
) -> tuple[ApiToken, str]:  # fmt: skip
    """A fresh token and its secret, which is never shown again.

    `within` are the scopes of the token that asks and `until` is its end: no token reaches further than its maker.
    `days` is how long it works (TOKEN_LIFETIME at most), `made_by` somebody other than its person.
    """
    wanted = sorted(set(scopes))
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise InvalidInput("There is no such scope.", field="scopes", expected=list(SCOPES), got=unknown)
    if set(wanted) - set(within):
        raise BeyondToken(field="scopes", expected=sorted(within), got=wanted)
    end = clock.now() + _lifetime(days)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        hint=secret[:8],
        digest=token_digest(secret),
        scopes=wanted,
        expires_at=min(end, until) if until else end,
        made_by=made_by,
    )
    append(
        actor=actor or (made_by or user).username,
        verb="token.issued",
        subject=("token", str(token.pk)),
        detail={"user": user.username, "name": name, "scopes": wanted},
    )
    return token, secret


def _lifetime(days: int | None) -> timedelta:
    longest: timedelta = settings.TOKEN_LIFETIME
    if days is None:
        return longest
    if not 1 <= days <= longest.days:
        expected = {"minimum": 1, "maximum": longest.days}
        raise InvalidInput("A token works for some days.", field="days", expected=expected, got=days)
    return timedelta(days=days)


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: str) -> None:
    """End a token now."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        append(actor=actor, verb="token.revoked", subject=("token", str(token.pk)))


def token_digest(secret: str) -> str:
    """What is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenRefused(ProductError):
    """The token is not known here."""

    code, http_status = "authentication_failed", 401
    auth_header = 'Bearer error="invalid_token"'  # RFC 6750 section 3


class TokenExpired(TokenRefused):
    """The token has expired: make a new one."""

    code = "token_expired"


class TokenRevoked(TokenRefused):
    """The token was revoked: make a new one."""

    code = "token_revoked"


class TokenOfClosed(TokenRefused):
    """The account of the token, or of whoever made it, is closed."""

    code = "account_closed"


def token_of(secret: str) -> ApiToken:
    """The live token of that secret; TokenRefused says which why to whoever holds the secret, and to nobody else."""
    row = row_by(ApiToken, digest=token_digest(secret))
    if row is None:
        raise TokenRefused
    row.user = row_by(User, id=row.user_id)
    if why := dead(row):
        raise why(token=str(row.pk))
    return row


def dead(token: ApiToken) -> type[TokenRefused] | None:
    """Why a token works no more; None while it does."""
    if token.revoked_at is not None:
        return TokenRevoked
    if token.expires_at <= clock.now():
        return TokenExpired
    open_ = token.user.is_active and (token.made_by is None or token.made_by.is_active)
    return None if open_ else TokenOfClosed
