"""Attempt folders, run to their end: what comes of them, and every way of failing, is a report."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from models_store.errors import ProductError
from models_store.full_disk import DiskFull, no_room
from workers.contracts import Attempt, Stopped
from workers.engine.group import PeerLost
from workers.engine.launch import rank
from workers.engine.memory import OutOfMemory, ran_out
from workers.engine.parameters import kind_of
from workers.engine.plain_json import NotFinite
from workers.engine.reports import Control, Muted, Reports

Sign = Callable[[bytes], bytes]


def run(
    folder: Path, echo: IO[str] | None, *, secrets: Mapping[str, str] | None = None, sign: Sign | None = None
) -> int:
    """Run one attempt folder to its end and say how it ended (the exit code of a single run); never raises."""
    report = Reports(folder, echo) if rank() == 0 else Muted(folder, echo)
    try:
        kind, attempt = _opened(folder, report, secrets, sign)
        return _told(report, kind.run(attempt))
    except Exception as why:
        return _told(report, why)
    finally:
        report.close()


def run_together(orders: Sequence[Mapping[str, Any]], echo: IO[str] | None, *, sign: Sign | None = None) -> None:
    """Run orders {folder, secrets}: one, or several of a kind over the same inputs, which share what can be shared.

    Each ends by itself. Their reports say whose they are by `of`, the place among the orders.
    """
    if len(orders) == 1:
        run(Path(orders[0]["folder"]), echo, secrets=orders[0].get("secrets"), sign=sign)
        return
    reports = [Reports(Path(order["folder"]), echo, place) for place, order in enumerate(orders)]
    unended = set(range(len(orders)))

    def end(place: int, outcome: Any) -> None:
        _told(reports[place], outcome)
        unended.remove(place)

    try:
        jobs, places = [], {}
        for place, order in enumerate(orders):
            try:
                kind, attempt = _opened(Path(order["folder"]), reports[place], order.get("secrets"), sign)
            except Exception as why:
                end(place, why)
            else:
                jobs.append((kind, attempt))
                places[attempt.folder] = place
        for attempt, outcome in jobs[0][0].together(jobs) if jobs else ():
            end(places[attempt.folder], outcome)
    except Exception as why:  # whose fault it is nobody knows
        for place in sorted(unended):
            end(place, why)
    finally:
        for report in reports:
            report.close()


def _opened(folder: Path, report: Reports, secrets: Mapping[str, str] | None, sign: Sign | None) -> tuple[Any, Attempt]:
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    return kind_of(order), Attempt(folder, order, report, Control(folder), dict(secrets or {}), sign)


def _told(report: Reports, outcome: Any) -> int:
    """The last report of an order: its result, or why there is none."""
    match outcome:
        case Stopped():
            report.say("stopped", why=outcome.why, step=outcome.step)
        case ProductError():
            return _failed(report, outcome)
        case PeerLost():
            return 1  # the other has said why, or was killed, which the parent sees by the end of all
        case Exception() if ran_out(outcome):
            return _failed(report, OutOfMemory())
        case Exception() if no_room(outcome):
            return _failed(report, DiskFull())
        case Exception():
            detail = {"code": "bug", "detail": f"{type(outcome).__name__}: {outcome}"}
            said = "".join(traceback.format_exception(outcome))
            report.say("failure", error=detail, expected=False, traceback=said)
            return 1
        case _:
            try:
                report.say("result", result=outcome)
            except NotFinite as wrong:
                return _failed(report, wrong)
    return 0


def _failed(report: Reports, error: ProductError) -> int:
    report.say("failure", error=error.as_dict(), expected=True)
    return 3
