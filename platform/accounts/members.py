"""Who belongs to a project with which role. An owner decides; a project never loses its last owner."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Membership, Project, Role, User
from accounts.services import HIGHEST_OF_SERVICE, RANK, require
from audit.services import append
from models_store.errors import Conflict, InvalidInput, NotFound


class LastOwner(Conflict):
    """A project keeps an owner: nobody else could let people in, set its limits or erase its data."""

    code = "last_owner"


@transaction.atomic
def let_in(project: Project, username: str, role: str, *, actor: User) -> Membership:
    """Somebody who has an account and is not in the project yet; for its owners. Conflict, where the person is."""
    require(actor, project, Role.OWNER)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidInput("There is no open account of that name.", field="username", got=username)
    _one_at_a_time(project)
    if Membership.objects.filter(project=project, user=user).exists():
        raise Conflict(f"{user.username} is in {project.slug} already.", field="username", got=username)
    return set_role(project, user, role, actor=actor.username)


@transaction.atomic
def set_role(project: Project, user: User, role: str, *, actor: str) -> Membership:
    """Give a person a role in a project; the same one again changes nothing. LastOwner, where nobody would own it."""
    if role not in RANK:
        raise InvalidInput(f"There is no role {role!r}.", field="role", expected=list(RANK), got=role)
    _check_service(project, user, role)
    _one_at_a_time(project)
    before = Membership.objects.filter(project=project, user=user).first()
    if before is not None and before.role == role:
        return before
    if role != Role.OWNER:
        _keep_an_owner(project, user)
    member, _ = Membership.objects.update_or_create(project=project, user=user, defaults={"role": role})
    detail = {"user": user.username, "role": role, "before": before.role if before else ""}
    _record("role.changed", project, actor, detail)
    return member


@transaction.atomic
def remove_member(project: Project, user: User, *, actor: str) -> str:
    """Take a person out of a project; what the person did stays. Returns the role the person had."""
    _one_at_a_time(project)
    row = Membership.objects.filter(project=project, user=user).first()
    if row is None:
        raise NotFound(f"{user.username} is not a member of {project.slug}.", field="username", got=user.username)
    _keep_an_owner(project, user)
    role = str(row.role)
    row.delete()
    _record("role.removed", project, actor, {"user": user.username, "before": role})
    return role


def sole_owner_of(user: User) -> list[Project]:
    """The projects that nobody else who can log in owns."""
    owned = Project.objects.filter(membership__user=user, membership__role=Role.OWNER)
    return [project for project in owned.order_by("slug") if not _other_owners(project, user)]


def _check_service(project: Project, user: User, role: str) -> None:
    """A service account has a role in its own project alone, and decides on nothing there."""
    if not user.is_service:
        return
    if user.home_id != project.pk:
        said = "A service account works in its own project alone: make another one there."
        raise InvalidInput(said, field="username", expected=str(user.home), got=project.slug)
    if RANK[role] > RANK[HIGHEST_OF_SERVICE]:
        said = "A service account is a submitter at most: people decide."
        raise InvalidInput(said, field="role", expected=HIGHEST_OF_SERVICE, got=role)


def _keep_an_owner(project: Project, user: User) -> None:
    owns = Membership.objects.filter(project=project, user=user, role=Role.OWNER).exists()
    if owns and not _other_owners(project, user):
        said = f"{user.username} is the last owner of {project.slug}: make somebody else an owner first."
        raise LastOwner(said, field="role")


def _other_owners(project: Project, user: User) -> bool:
    """Whether somebody else owns it who can log in."""
    rows = Membership.objects.filter(project=project, role=Role.OWNER, user__is_active=True, user__is_service=False)
    return rows.exclude(user=user).exists()


def _one_at_a_time(project: Project) -> None:
    """Else two owners could take the role from each other at the same moment."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _record(verb: str, project: Project, actor: str, detail: dict[str, str]) -> None:
    append(actor=actor, verb=verb, subject=("project", str(project.pk)), project=project.pk, detail=detail)
