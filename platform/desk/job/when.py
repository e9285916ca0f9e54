"""When a job could run: now, or in each window of its project, with what is expected of each."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from catalog.plugins import newest
from config import clock
from desk.job.amounts import span
from desk.job.waiting import lines
from desk.night.times import local, zone_name
from desk.words.sentences import in_language, sentence
from jobs.forecast import Forecast, Scene
from jobs.models import State, Window
from jobs.rehearsal import Rehearsal, foreseen
from jobs.request import Request
from jobs.waiting import Waiting
from jobs.window_fit import fit
from jobs.window_state import stand
from models_store.errors import ProductError

MOST = 8  # windows of a project that are looked at


def choices(rehearsal: Rehearsal, chosen: str) -> dict[str, Any]:
    """Now and the windows as cards, and whether any worker listens to the queue that the job goes to."""
    request, scene = rehearsal.request, Scene.take()
    windows = Window.objects.filter(project=request.project).prefetch_related("exceptions")[:MOST]
    plain = foreseen(request, None, scene)
    cards = [{"value": "", "title": _("As soon as a worker is free"), "says": said(plain), "opens": "", "problem": ""}]
    cards += [_of_window(one, request, scene) for one in windows]
    return {
        "cards": [card | {"chosen": card["value"] == chosen} for card in cards],
        "takes": takes(plain),
        "held": in_language(rehearsal.held),
        "queue": plain.unknown,
    }


def said(found: Forecast) -> list[str]:
    """What is expected, in sentences of the reader's language and zone."""
    waits = Waiting(
        reason="", ahead=found.ahead.count if found.ahead else None, more=bool(found.ahead and found.ahead.more),
        start=found.start, end=found.end, unknown=found.unknown,
    )  # fmt: skip
    return lines(waits, State.QUEUED)


def takes(found: Forecast) -> str:
    """How long jobs like this take, by those that ran here; "" where none has."""
    if not found.seconds or not found.pace:
        return ""
    return _("%(middle)s, nine times of ten at most %(late)s") % {
        "middle": span(found.seconds.p50), "late": span(found.seconds.p90),
    }  # fmt: skip


def _of_window(window: Window, request: Request, scene: Scene) -> dict[str, Any]:
    now = clock.now()
    stands = stand(window, now)
    opens = _("open now") if stands.open else ""
    if not stands.open and stands.opens:
        opens = _("opens %(when)s (%(zone)s)") % {"when": local(stands.opens), "zone": zone_name()}
    card = {"value": str(window.pk), "title": window.name, "opens": opens or _("does not open again"), "problem": ""}
    kind = newest("kind", request.kind)
    try:
        warnings = fit(window, kind, request.family, request.params, request.inputs, now) if kind else ()
    except ProductError as error:
        return card | {"problem": sentence(error), "says": []}
    said_of = said(foreseen(request, window, scene))
    return card | {"says": said_of, "warnings": [in_language(one["detail"]) for one in warnings]}
