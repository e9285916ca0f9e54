"""A project's policies: set and cleared by its owners, checked against the schema that the policy brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.models import Project, Role, User
from accounts.services import require
from audit import policies
from audit.models import ProjectPolicy
from audit.services import append
from catalog.plugins import available, checked, fitted, newest
from config import clock
from jobs.models import Job, JobAfter, State
from jobs.standing import lock, with_followers
from jobs.transitions import advance
from models_store.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from audit.policy import Policy


@transaction.atomic
def set_policy(project: Project, name: str, params: Mapping[str, Any], *, actor: User) -> ProjectPolicy:
    """Let a policy hold in a project, or hold with other parameters; what is left out takes its default.

    Held jobs are judged anew now, those that wait in the queue when they are to start.
    """
    require(actor, project, Role.OWNER)
    wanted = _checked(name, params)
    now, said = clock.now(), wanted.model_dump(mode="json")
    row, _ = ProjectPolicy.objects.select_for_update().get_or_create(
        project_id=project.pk,
        name=name,
        defaults={"set_at": now, "drawn_until": now if wanted.sampled_a_week() else None},
    )
    before = row.params
    row.params, row.set_by, row.set_at = said, actor.username, now
    row.save(update_fields=["params", "set_by", "set_at"])
    _record("policy.set", project, actor, {"policy": name, "params": said, "before": before})
    _let_go(project, actor)
    return row


@transaction.atomic
def clear_policy(project: Project, name: str, *, actor: User) -> None:
    """A policy no longer holds in a project, and jobs that it held go on; NotFound where it did not."""
    require(actor, project, Role.OWNER)
    row = ProjectPolicy.objects.select_for_update().filter(project_id=project.pk, name=name).first()
    if row is None:
        raise NotFound(f"Project {project.slug} has not set a policy {name!r}.", field="name", got=name)
    row.delete()
    _record("policy.cleared", project, actor, {"policy": name, "before": row.params})
    _let_go(project, actor)


def policies_of(project: Project) -> list[ProjectPolicy]:
    """What a project has set, by name."""
    return list(ProjectPolicy.objects.filter(project_id=project.pk).order_by("name"))


def _checked(name: str, params: Mapping[str, Any]) -> Policy:
    """The policy with its parameters, which its guard must take too, where a worker has announced it."""
    cls = policies.policy(name)
    full = fitted(cls.model_json_schema(), params, owner=name, place="params")
    found = cls.parsed(full)
    _known(found)
    if found.guard and (guard := newest("guard", found.guard)):
        if lacking := guard.abilities.get("missing"):
            raise InvalidInput(
                f"No worker can do what this policy asks for: {lacking}.", code="guard_missing", field="name"
            )
        checked(guard, found.guarded())
    return found


def _known(found: Policy) -> None:
    """Refuse kinds of job and families that no worker offers: a policy on a misspelled one would never judge."""
    for param, what in (("kinds", "kind"), ("families", "family")):
        offered = [row.name for row in available(what)] if getattr(found, param, ()) else []
        for name in getattr(found, param, ()) if offered else ():
            if name not in offered:
                raise InvalidInput(
                    f"No worker offers a {what} called {name!r}.", code=f"unknown_{what}", field=f"params.{param}",
                    expected=offered, got=name,
                )  # fmt: skip


def _let_go(project: Project, actor: User) -> None:
    """Have the held jobs judged anew; those that wait for others are kept until then, and judged when these end."""
    held = Job.objects.filter(project=project, state=State.HELD).values_list("pk", flat=True)
    lock(with_followers(held.all()))
    early = JobAfter.objects.filter(job__in=held.all()).exclude(earlier__state=State.SUCCEEDED).values("job")
    advance(held.exclude(pk__in=early), actor=actor.username)


def _record(verb: str, project: Project, actor: User, detail: Mapping[str, Any]) -> None:
    append(actor=actor.username, verb=verb, subject=("project", str(project.pk)), project=project.pk, detail=detail)
