"""Jobs: submit, follow, steer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kilnmark.address import step
from kilnmark.answers.jobs import Bulk, Event, Job, LogLine, Metrics, Sample
from kilnmark.answers.lineage import Fetched
from kilnmark.asking import given, matching, one, pages, posted
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.downloads import OnProgress, fetch
from kilnmark.events import events
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series
from kilnmark.waiting import JobId, wait


class Jobs(Noun[Way]):
    """`client.jobs`. A job is named by its id or by a Job."""

    @call
    def submit(self, /, kind: str, *, key: str | None = None, **body: Any) -> Plan[Job]:
        """A job of any kind; the fields are those of `POST /jobs`.

        `key` is the Idempotency-Key: the same key and body give the same job, within a day. Without one a fresh key
        is made, so that a lost answer never makes a second job.
        """
        ask = Ask("POST", "/jobs", body=given({"kind": kind, **body}), headers={"Idempotency-Key": key} if key else {})
        return (yield from one(self._link, Job, ask))

    @call
    def train(
        self, /, *, family: str, dataset_version: Any = None, params: Mapping[str, Any] | None = None,
        key: str | None = None, **body: Any,
    ) -> Plan[Job]:  # fmt: skip
        """Train a model of a family; a data set version is named by its id or as `latest:NAME`."""
        said = {"family": family, "dataset_version": _id(dataset_version), "params": params, **body}
        return (yield from Jobs.submit.plan(self, "train", key=key, **said))

    @call
    def generate(
        self, /, *, model_version: Any, count: int = 1, params: Mapping[str, Any] | None = None,
        key: str | None = None, **body: Any,
    ) -> Plan[Job]:  # fmt: skip
        """Let a model make `count` items; it is named by id, `name@number` or `name@alias`."""
        said = {"model_version": _id(model_version), "count": count, "params": params, **body}
        return (yield from Jobs.submit.plan(self, "generate", key=key, **said))

    @call
    def evaluate(
        self, /, *, model_version: Any, metrics: Sequence[str] | None = None, key: str | None = None, **body: Any
    ) -> Plan[Job]:
        """Measure a model."""
        said = {"model_version": _id(model_version), "metrics": list(metrics) if metrics else None, **body}
        return (yield from Jobs.submit.plan(self, "evaluate", key=key, **said))

    @call
    def get(self, id: JobId) -> Plan[Job]:
        """A job as it is now."""
        return (yield from one(self._link, Job, Ask("GET", f"/jobs/{step(id)}")))

    @stream
    def list(
        self, /, *, kind: str | None = None, state: str | Sequence[str] | None = None, project: str | None = None,
        model: str | None = None, created_after: datetime | None = None, created_before: datetime | None = None,
        window: str | None = None, schedule: str | None = None, order: str | None = None,
        page_size: int | None = None, **more: Any,
    ) -> Series[Job]:  # fmt: skip
        """Jobs that fit, newest first; pages are fetched as they are wanted."""
        states = ",".join([state] if isinstance(state, str) else state) if state else None
        words = {
            "kind": kind, "state": states, "project": project, "model": model, "created_after": created_after,
            "created_before": created_before, "window": window, "schedule": schedule, "order": order, **more,
        }  # fmt: skip
        return pages(self._link, Job, "/jobs", words, page_size)

    @call
    def wait(self, id: JobId, timeout: float | None = None, *, still: bool = False) -> Plan[Job]:
        """The job once it has ended, however it ended (`.checked()` raises where it did not succeed).

        `still` also takes one that is paused or waits for a person. Raises WaitEnded after `timeout` seconds. A server
        that restarts meanwhile is waited for as long as `Retries.outage_s`.
        """
        return (yield from wait(self._link, id, timeout, still=still))

    @stream
    def events(self, id: JobId, *, after: int | None = None) -> Series[Event]:
        """What happens in it, as it happens, until it ends; goes on after broken lines and restarts.

        `after` is the id of the last event that is known.
        """
        return events(self._link, f"/jobs/{step(id)}/events", after, {})

    @call
    def cancel(self, id: JobId) -> Plan[Job]:
        """At once where it waits, between two steps where it runs."""
        return (yield from posted(self._link, Job, f"/jobs/{step(id)}/cancel"))

    @call
    def pause(self, id: JobId) -> Plan[Job]:
        """Save its state and leave."""
        return (yield from posted(self._link, Job, f"/jobs/{step(id)}/pause"))

    @call
    def resume(self, id: JobId) -> Plan[Job]:
        """Back into the queue."""
        return (yield from posted(self._link, Job, f"/jobs/{step(id)}/resume"))

    @call
    def retry(self, id: JobId) -> Plan[Job]:
        """Try one that did not succeed again, from its last saved state."""
        return (yield from posted(self._link, Job, f"/jobs/{step(id)}/retry"))

    @call
    def clone(self, /, id: JobId, *, key: str | None = None, **changes: Any) -> Plan[Job]:
        """A job like this one: `params`, `name`, `seed`, `priority`, `window` may differ."""
        headers = {"Idempotency-Key": key} if key else {}
        return (yield from one(self._link, Job, Ask("POST", f"/jobs/{step(id)}/clone", body=changes, headers=headers)))

    @call
    def prioritise(self, id: JobId, priority: int, *, if_match: str | None = None) -> Plan[Job]:
        """-100 to 100, as long as it does not run."""
        ask = Ask("PATCH", f"/jobs/{step(id)}", body={"priority": priority}, headers=matching(if_match))
        return (yield from one(self._link, Job, ask))

    @call
    def move(
        self, id: JobId, *, before: JobId | None = None, after: JobId | None = None, to: str | None = None
    ) -> Plan[Job]:
        """In the line of its project and queue: next to another job, or `to` its front or back."""
        body = {"before": _id(before), "after": _id(after), "to": to}
        return (yield from posted(self._link, Job, f"/jobs/{step(id)}/move", body))

    @call
    def bulk(
        self, action: str, *, ids: Sequence[JobId] | None = None, filter: Mapping[str, Any] | None = None,
        priority: int | None = None,
    ) -> Plan[Bulk]:  # fmt: skip
        """One action on many jobs; each answers for itself."""
        named = [_id(one) for one in ids] if ids is not None else None
        body = {"action": action, "ids": named, "filter": filter, "priority": priority}
        return (yield from posted(self._link, Bulk, "/jobs/bulk", body))

    @call
    def metrics(self, id: JobId, *, points: int | None = None) -> Plan[Metrics]:
        """Its curves, of each at most so many points."""
        return (yield from one(self._link, Metrics, Ask("GET", f"/jobs/{step(id)}/metrics", {"points": points})))

    @stream
    def logs(self, id: JobId, *, page_size: int | None = None) -> Series[LogLine]:
        """The kept lines of its log, oldest first."""
        return pages(self._link, LogLine, f"/jobs/{step(id)}/logs", {}, page_size)

    @stream
    def samples(self, id: JobId) -> Series[Sample]:
        """The sample grids made in training, by step."""
        return pages(self._link, Sample, f"/jobs/{step(id)}/samples", {})

    @call
    def sample(self, id: JobId, number: int, *, to: str | os.PathLike[str], overwrite: bool = False) -> Plan[Fetched]:
        """The picture of one step (PNG)."""
        path = f"/jobs/{step(id)}/samples/{int(number)}"
        return (yield from fetch(self._link, path, to, f"{int(number)}.png", overwrite=overwrite))

    @call
    def archive(
        self, id: JobId, *, to: str | os.PathLike[str], overwrite: bool = False, progress: OnProgress | None = None
    ) -> Plan[Fetched]:
        """Everything a generate job made, as a zip."""
        path, otherwise = f"/jobs/{step(id)}/archive", f"{step(id)}.zip"
        return (yield from fetch(self._link, path, to, otherwise, overwrite=overwrite, progress=progress))

    @call
    def sheet(self, id: JobId, *, to: str | os.PathLike[str], overwrite: bool = False) -> Plan[Fetched]:
        """The contact sheet (PNG)."""
        return (yield from fetch(self._link, f"/jobs/{step(id)}/sheet", to, "sheet.png", overwrite=overwrite))


def _id(said: Any) -> Any:
    return getattr(said, "id", said)
