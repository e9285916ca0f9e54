"""One attempt from claim to end: what its engine reports becomes guarded updates, what a person wants goes down."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs import slices
from jobs.claim import Claim, LeaseLost, beat, finish, note_facts, release, report, take_back
from jobs.models import Job, State
from jobs.transitions import IllegalTransition
from jobs.window_state import Closing, closing
from models_store.full_disk import DiskFull
from workers.engine.reports import APART, TURN
from workers.tasks import ballast, records
from workers.tasks.archives import Growing
from workers.tasks.beating import beating
from workers.tasks.child import Child
from workers.tasks.child_use import AttemptUse
from workers.tasks.outage import AWAY, outlasting
from workers.tasks.smaller_batch import CODE, computes_in_batches, try_smaller

log = logging.getLogger(__name__)
STALL_S = 1800.0  # an engine that says nothing for so long is not alive
STOPS = {"cancel": State.CANCELLED, "pause": State.PAUSED}
LAST = ("result", "stopped", "failure")  # the reports that end an order
PARTED = "a batch of several jobs failed; runs alone from now on"


def end_quietly(claim: Claim, to: str, error: dict[str, Any], **more: Any) -> None:
    try:
        outlasting(partial(end_with_error, claim, to, error, **more), claim.lease_s)
    except LeaseLost as lost:
        log.warning("%s", lost)
    except AWAY as outage:
        log.error("the end of job %s could not be written (%s); the lease will lapse", claim.job_id, outage)


def end_with_error(claim: Claim, to: str, error: dict[str, Any], **more: Any) -> None:
    """End the job as failed or errored with its code, its sentence and the facts beside them."""
    if error.get("code") == DiskFull.code:
        ballast.give_away()
    facts = {key: value for key, value in error.items() if key not in ("code", "detail")}
    detail = error.get("detail", "")
    finish(
        claim,
        to,
        reason=detail,
        error_code=error.get("code", "unknown"),
        error_detail=detail,
        error_facts=facts,
        **more,
    )


class Watch:
    """One attempt as its parent follows it.

    `over` says that its end is recorded, `heard_last` that the engine has done with it.
    """

    def __init__(
        self, claim: Claim, job: Job, folder: Path, kind: Mapping[str, Any], order: Mapping[str, Any],
        secrets: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.claim = replace(claim, measured=self.used)
        self.use: AttemptUse | None = None
        self.job, self.folder, self.kind = job, folder, kind
        self.order, self.secrets = order, secrets
        self.beat_s = settings.BEAT_S[job.queue.split(".")[0]]
        self.last_beat = self.last_word = time.monotonic()
        self.asked, self.asked_at, self.killed_because = "", 0.0, ""
        self.closing: Closing | None = None
        self.patience_s, self.last_look = float(settings.STOP_GRACE_S), 0.0
        self.over = self.heard_last = self.made_way = False
        self.progress: dict[str, Any] = {}  # as the engine said it last
        self.growing: Growing | None = None  # the archive, where this attempt makes all that is in it

    def used(self) -> dict[str, Any]:
        """What it has used of the machine; {} where its order never went to a child."""
        return self.use.now() if self.use else {}

    def take(self, said: dict[str, Any]) -> bool:
        """Act on a report; whether it was the last one."""
        self.last_word, self.heard_last = time.monotonic(), said["type"] in LAST
        self._act_on(said)
        self.over = self.heard_last
        return self.over

    def _act_on(self, said: dict[str, Any]) -> None:
        match said["type"]:
            case "progress":
                self._beat(**{name: said[name] for name in ("done", "total", "unit", "eta_s")})
            case "metric":
                report(self.claim, "metric", {"step": said["step"], "values": said["values"]})
            case "log":
                report(self.claim, "log", {"level": said["level"], "message": said["message"]})
            case "partial":
                report(self.claim, "partial", records.bounded(said["pieces"]))
            case "facts":
                if self.use:
                    self.use.said |= said["facts"]
                note_facts(self.claim, said["facts"])
            case "sample":
                records.keep_sample(self.claim, self.job, self.folder, said)
            case "checkpoint":
                with beating(self.claim, self.beat_s):
                    records.keep_checkpoint(self.claim, self.job, self.folder, said)
            case "artifacts":
                records.keep_items(self.claim, self.job, self.folder, said["items"], self._archive())
            case "result":
                produces = self.kind["produces"]
                with nullcontext() if self.claim.in_parts else beating(self.claim, self.beat_s):
                    records.keep_product(
                        self.claim, self.job, self.folder, said["result"], produces=produces, progress=self.progress,
                        growing=self.growing,
                    )  # fmt: skip
            case "stopped":
                self._stopped(said["why"])
            case "failure":
                if said["error"].get("code") == CODE and computes_in_batches(self.job):
                    try_smaller(self.claim, self.job)
                    return
                to = State.FAILED if said["expected"] else State.ERRORED
                end_with_error(self.claim, to, said["error"], traceback=said.get("traceback", ""))
            case other:
                log.warning("the engine said %r, which nobody knows", other)

    def _archive(self) -> Growing | None:
        if self.growing is None and not self.order.get("done"):
            self.growing = Growing(self.folder)
        return self.growing

    def close(self) -> None:
        """Let go of what it holds open."""
        if self.growing is not None:
            self.growing.close()

    def tick(self, child: Child, *, draining: bool) -> None:
        """What is due now and then: a beat, a wish passed on, an engine that does not answer ended."""
        now = time.monotonic()
        if now - self.last_word > STALL_S:
            self.killed_because = f"; it had said nothing for {STALL_S:.0f} s"
        if self.killed_because or (self.asked not in ("", TURN) and now - self.asked_at > self.patience_s):
            child.end()
        elif draining:
            self.ask("yield")
        elif now - self.last_beat >= self.beat_s:
            self._beat()

    def _beat(self, **progress: Any) -> None:
        self.progress |= progress
        if progress and (self.claim.in_parts or time.monotonic() - self.last_beat < 0.5):
            return  # at most two writes a second, none for the small; the end writes what is left
        self.last_beat = time.monotonic()
        if wanted := beat(self.claim, **self.progress):
            self.ask(wanted)
        elif self.job.window_id and self.asked in ("", TURN):
            self._leave_before_close()

    def _leave_before_close(self) -> None:
        """Ask the engine to save and leave while there is still time for it before the window closes."""
        now = time.monotonic()
        if self.last_look and now - self.last_look < self.beat_s:
            return
        self.last_look = now
        self.closing = closing(self.job.pk, save_s=self.job.checkpoint.get("seconds", 0.0))
        if self.closing:
            self.patience_s = max(self.patience_s, self.closing.left_s)
            self.ask("yield")

    def ask(self, want: str) -> None:
        """Tell the engine what is wanted of this order."""
        if self.asked == want or self.asked in STOPS:
            return  # what a person asked for outlasts a worker's shutting down
        if self.asked in ("", TURN):
            self.asked_at = time.monotonic()
        self.asked = want
        note = self.folder / "control.json.new"
        note.write_text(json.dumps({"want": want}))
        note.replace(self.folder / "control.json")

    def make_way(self) -> None:
        """Ask it to leave for a while when its batch is made, unless somebody wants something else of it."""
        if not self.asked:
            self.ask(TURN)

    def leave(self) -> None:
        """Its end is recorded, and not by what its engine says: that has to leave it."""
        self.over = True
        if not self.heard_last:
            self.ask("cancel")

    def _stopped(self, why: str) -> None:
        if why in STOPS:
            finish(self.claim, STOPS[why], reason=f"{why} asked for; state saved")
        elif why == TURN:
            self.made_way = True
            self._release(slices.TOOK_TURN)
        elif why == APART:
            self._release(PARTED)
        else:
            self._release("the worker was shut down; goes on from its saved state")

    def _release(self, reason: str) -> None:
        """Give the job back; one whose window closes goes on when it opens, and is told so."""
        if self.closing:
            release(self.claim, reason=self.closing.reason, not_before=self.closing.not_before)
        else:
            release(self.claim, reason=reason)

    def died(self, how: str, *, out_of_memory: bool) -> None:
        """Record how the engine ended that said nothing more."""
        self.over = self.heard_last = True
        if self.asked in STOPS:
            finish(self.claim, STOPS[self.asked], reason=f"{self.asked} asked for; ended by force ({how})")
        elif self.asked not in ("", TURN):
            self._release(f"the worker was shut down ({how})")
        elif out_of_memory and computes_in_batches(self.job):
            try_smaller(self.claim, self.job)
        else:
            if out_of_memory:
                self.killed_because = "; memory ran out"
            try:
                take_back(
                    Job.objects.get(pk=self.claim.job_id, token=self.claim.token),
                    actor=self.claim.actor,
                    reason=f"the engine ended by {how}{self.killed_because}",
                    used=self.used(),
                )
            except (IllegalTransition, Job.DoesNotExist) as late:
                raise LeaseLost("The job went to another attempt.") from late
