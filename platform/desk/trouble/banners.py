"""The banners that a person is shown: what happened, what still works, what to do, and for operators the details."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import projects_owned, sees_all
from desk.night.times import local
from desk.trouble.signs import Lost, Room, Signs, Silent, signs
from desk.words.sentences import in_language


@dataclass(frozen=True)
class Banner:
    """One trouble; `lines` are its details, `grave` where work cannot be done."""

    title: str
    lines: list[str]
    works: str = ""
    to_do: str = ""
    link: str = ""
    link_title: str = ""
    grave: bool = True


def banners(user: User) -> list[Banner]:
    """What this person is to know, the gravest first: members what concerns their work, operators all of it."""
    found, all_of_it = signs(), sees_all(user)
    said = [_log(found)] if found.log and all_of_it else []
    said += [_disk(found.rooms, all_of_it)] if _tells(found.rooms, all_of_it) else []
    said += [_workers(found, all_of_it)] if found.unheard or found.lost else []
    said += [_broker()] if not found.broker and all_of_it else []
    mine = _heard_by(user, found.webhooks)
    return said + ([_silent(mine)] if mine else [])


def _heard_by(user: User, silent: list[Silent]) -> list[Silent]:
    """Those that a person looks after, or looks at."""
    if not silent or sees_all(user):
        return silent
    owned = set(projects_owned(user).values_list("pk", flat=True))
    return [one for one in silent if one.project_id in owned]


def _tells(rooms: list[Room], all_of_it: bool) -> bool:
    """Members hear of a disk once it is full; that one fills up is for operators."""
    return any(room.full or all_of_it for room in rooms)


def _log(found: Signs) -> Banner:
    return Banner(
        title=_("Something is wrong with the audit log."),
        lines=[in_language(one) for one in found.log],
        link=reverse("admin:audit_auditevent_check"),
        link_title=_("Self-check of the log"),
    )


def _disk(rooms: list[Room], all_of_it: bool) -> Banner:
    full = any(room.full for room in rooms)
    works = _(
        "Files can still be read, downloaded and verified. Uploads and results that find no room are refused, and "
        "nothing half-written is kept."
    )
    asks = _("Make room, or give the platform a larger disk; jobs that failed for it can be tried again.")
    return Banner(
        title=_("The disk is full.") if full else _("The disk is nearly full."),
        lines=[_room(room) for room in rooms] if all_of_it else [],
        works=works if full else _("Everything still works."),
        to_do=asks if all_of_it else _("Tell whoever runs the platform; what you wrote can be sent again then."),
        grave=full,
    )


def _room(room: Room) -> str:
    words = {"worker": room.worker, "free": filesizeformat(room.free), "total": filesizeformat(room.total)}
    if room.worker:
        return _("%(free)s of %(total)s are free where worker %(worker)s writes.") % words
    return _("%(free)s of %(total)s are free where the platform keeps its files.") % words


def _workers(found: Signs, all_of_it: bool) -> Banner:
    lines = [_unheard(queue, str(depth)) for queue, depth in found.unheard] if all_of_it else []
    queues = ", ".join(queue for queue, _depth in found.unheard)
    if found.unheard and not all_of_it:
        lines = [_("Jobs wait in queues that no worker takes from: %(queues)s.") % {"queues": queues}]
    return Banner(
        title=_("No worker is there for some of the jobs.") if found.unheard else _("A worker has vanished."),
        lines=lines + ([_lost(one) for one in found.lost] if all_of_it else []),
        works=_(
            "Nothing is lost: what waits begins by itself when a worker is there, and what ran goes on from its last "
            "saved state. Everything else works."
        ),
        to_do=_("Start a worker for these queues, or look at why it ended: its log says so.")
        if all_of_it
        else _("There is nothing that you have to do; if it lasts, tell whoever runs the platform."),
        link=reverse("admin:jobs_queuepause_changelist"),
        link_title=_("Queues"),
        grave=False,
    )


def _unheard(queue: str, depth: str) -> str:
    said = _("no worker listens to queue %(queue)s; waiting there: %(count)s")
    return said % {"queue": queue, "count": in_language(depth)}


def _lost(one: Lost) -> str:
    words = {"worker": one.worker, "when": local(one.seen_at), "count": one.jobs}
    return _("Worker %(worker)s was last heard of on %(when)s; jobs that it ran: %(count)s.") % words


def _broker() -> Banner:
    return Banner(
        title=_("The broker does not answer."),
        lines=[],
        works=_(
            "Jobs are submitted, run and reported as ever: workers look for them every two seconds, so they begin a "
            "little later."
        ),
        to_do=_("Start the broker again, or look at why it ended."),
        grave=False,
    )


def _silent(paused: list[Silent]) -> Banner:
    one = paused[0]
    return Banner(
        title=_("A webhook was paused.") if len(paused) == 1 else _("Webhooks were paused."),
        lines=[_("%(name)s of project %(project)s") % {"name": row.name, "project": row.project} for row in paused[:5]],
        works=_("Everything else works, and what happens meanwhile can be sent again."),
        to_do=_("See its page for the reason, mend what it says, and resume it."),
        link=reverse("admin:webhooks_webhook_change", args=[one.id])
        if len(paused) == 1
        else reverse("admin:webhooks_webhook_changelist"),
        link_title=_("Webhooks"),
        grave=False,
    )
