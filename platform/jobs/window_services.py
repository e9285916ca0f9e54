"""The verbs on windows: open one, change its hours, take it away; and finding the one that a body names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Project, Role, User
from accounts.services import require
from audit.services import append
from config import clock
from jobs.models import ENDED, Job, Window, WindowException
from jobs.plain_text import is_one_line
from jobs.window_rules import checked_exceptions, checked_hours, checked_zone
from jobs.window_state import tell_now
from models_store.errors import Conflict, InvalidInput, NotFound
from models_store.ids import is_uuid

LONGEST_NAME = 64
CHANGES = ("name", "timezone", "hours", "exceptions")


class WindowInUse(Conflict):
    """Jobs that have not ended are bound to this window: cancel them, or let them end."""

    code = "window_in_use"


def window_rows() -> QuerySet[Window]:
    """Windows with what their body says: two queries, however many."""
    return Window.objects.select_related("project", "created_by").prefetch_related("exceptions")


def window_for(project: Project, said: Any, *, field: str = "window") -> Window:
    """The window of a project that a body names, by name or id."""
    mine = window_rows().filter(project=project)
    found = mine.filter(name=said).first() if isinstance(said, str) and "\0" not in said else None
    if found is None and is_uuid(str(said)):
        found = mine.filter(pk=str(said)).first()
    if found is None:
        raise NotFound(
            f"Project {project.slug} has no window {said!r}.", field=field, got=said,
            expected=list(mine.values_list("name", flat=True)[:20]) or "a window: POST /api/v1/windows makes one",
        )  # fmt: skip
    return found


@transaction.atomic
def create_window(
    project: Project,
    *,
    actor: User,
    name: Any,
    timezone: Any,
    hours: Any,
    exceptions: Any = None,
) -> Window:
    """A window in which jobs of the project may run; refused hours say their place."""
    require(actor, project, Role.SUBMITTER)
    zone, weekly = checked_zone(timezone), checked_hours(hours)
    days = checked_exceptions(exceptions, zone, weekly)
    said = {"name": checked_name(name, LONGEST_NAME), "timezone": zone, "hours": weekly}
    window = Window(project=project, created_by=actor, created_at=clock.now(), **said)
    _save(window)
    _put_exceptions(window, days)
    _record("window.created", window, actor, said | {"exceptions": _plain(days)})
    return window


@transaction.atomic
def change_window(window: Window, *, actor: User, changes: Mapping[str, Any]) -> Window:
    """Other hours, zone, exceptions or name; jobs that wait in it are told at once."""
    require(actor, window.project, Role.SUBMITTER)
    if unknown := sorted(set(changes) - set(CHANGES)):
        raise InvalidInput("There is no such field.", code="unknown_field", field=unknown[0], expected=list(CHANGES))
    window = _locked(window)
    if "name" in changes:
        window.name = checked_name(changes["name"], LONGEST_NAME)
    window.timezone = checked_zone(changes.get("timezone", window.timezone))
    window.hours = checked_hours(changes.get("hours", window.hours))
    known = [{"date": row.date, "hours": row.hours, "note": row.note} for row in window.exceptions.all()]
    days = checked_exceptions(changes.get("exceptions", known), window.timezone, window.hours)
    _save(window)
    if "exceptions" in changes:
        WindowException.objects.filter(window=window).delete()
        _put_exceptions(window, days)
    said = {"name": window.name, "timezone": window.timezone, "hours": window.hours, "exceptions": _plain(days)}
    _record("window.changed", window, actor, said)
    tell_now(window)
    return window_rows().get(pk=window.pk)


@transaction.atomic
def delete_window(window: Window, *, actor: User) -> None:
    """Take a window away; jobs that ended in it stay, the log says which it was."""
    require(actor, window.project, Role.SUBMITTER)
    window = _locked(window)
    waiting = Job.objects.filter(window=window).exclude(state__in=ENDED)
    if first := waiting.order_by("pk").first():
        raise WindowInUse(expected="no job that waits or runs", got=waiting.count(), job=str(first.pk))
    Job.objects.filter(window=window).update(window=None)
    _record("window.deleted", window, actor, {"name": window.name})
    window.delete()


def _locked(window: Window) -> Window:
    """As it is now, and nobody else changes it before the transaction ends; NotFound where it was taken away."""
    found = window_rows().select_for_update(of=("self",)).filter(pk=window.pk).first()
    if found is None:
        raise NotFound(field="window", got=window.name)
    return found


def checked_name(said: Any, longest: int) -> str:
    """A name that people can read."""
    name = said.strip() if isinstance(said, str) else said
    if not isinstance(name, str) or not 0 < len(name) <= longest or not is_one_line(name):
        expected = f"a text of 1 to {longest} characters, on one line"
        raise InvalidInput("It needs a name.", field="name", expected=expected, got=said)
    return name


def _save(window: Window) -> None:
    try:
        with transaction.atomic():
            window.save(force_insert=window._state.adding)
    except IntegrityError as taken:
        raise name_taken(window.project, window.name) from taken


def name_taken(project: Project, name: str) -> Conflict:
    """Two windows of a project have different names."""
    return Conflict(f"Project {project.slug} has a window called {name!r}.", field="name", got=name)


def _put_exceptions(window: Window, days: Sequence[Mapping[str, Any]]) -> None:
    WindowException.objects.bulk_create(WindowException(window=window, **day) for day in days)


def _plain(days: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(day) | {"date": str(day["date"])} for day in days]


def _record(verb: str, window: Window, actor: User, detail: Mapping[str, Any]) -> None:
    subject = ("window", str(window.pk))
    append(actor=actor.username, verb=verb, subject=subject, project=window.project_id, detail=detail)
