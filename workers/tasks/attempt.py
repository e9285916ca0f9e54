"""One attempt from claim to end: the parent of the engine, which turns reports into guarded updates and beats."""

from __future__ import annotations

import json
import logging
import queue
import shutil
import threading
import time
import traceback
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from catalog.plugins import plugin
from jobs.claim import Claim, LeaseLost, beat, finish, note_facts, release, report, take_back
from jobs.models import Job, State
from jobs.transitions import IllegalTransition
from jobs.window_state import Closing, closing
from models_store.errors import ProductError
from models_store.full_disk import DiskFull, no_room
from models_store.keys import Keyring
from models_store.signing import sign_es256
from workers.tasks import ballast, records
from workers.tasks.beating import beating
from workers.tasks.child import Child
from workers.tasks.orders import prepare
from workers.tasks.outage import AWAY, outlasting
from workers.tasks.smaller_batch import CODE, computes_in_batches, try_smaller

log = logging.getLogger(__name__)
T = TypeVar("T")
TICK_S = 0.5
STALL_S = 1800.0  # an engine that says nothing for so long is not alive
WARM_ORDERS = 500  # a warm child is replaced after so many orders
STOPS = {"cancel": State.CANCELLED, "pause": State.PAUSED}

_warm: Child | None = None


def run_attempt(claim: Claim, draining: threading.Event) -> None:
    """Run a claimed job to a recorded end; whatever happens, no half state stays behind."""
    folder = settings.ATTEMPTS_FOLDER / str(claim.job_id) / str(claim.token)
    try:
        keyring = Keyring.load(settings.KEYS_FOLDER)
        job, produces, secrets = outlasting(partial(_prepared, claim, folder, keyring), claim.lease_s)
        Watch(claim, job, folder, _child(produces, keyring), draining).run(secrets)
    except LeaseLost as lost:
        log.warning("%s", lost)
    except ProductError as error:
        _end_quietly(claim, State.FAILED, error.as_dict())
    except AWAY as outage:
        log.error("job %s: the database did not answer (%s); the lease will lapse", claim.job_id, outage)
    except OSError as error:
        said = {"code": "storage", "detail": f"{error.strerror}"}
        _end_quietly(claim, State.FAILED, DiskFull().as_dict() if no_room(error) else said)
    except Exception as error:
        log.exception("attempt %s of job %s", claim.token, claim.job_id)
        said = {"code": "bug", "detail": f"{type(error).__name__}: {error}"}
        _end_quietly(claim, State.ERRORED, said, traceback=traceback.format_exc())
    finally:
        clear(folder)


def _prepared(claim: Claim, folder: Path, keyring: Keyring) -> tuple[Job, str, dict[str, str]]:
    shutil.rmtree(folder, ignore_errors=True)  # of a try that the database interrupted
    job = Job.objects.select_related("project").get(pk=claim.job_id)
    produces = plugin("kind", job.kind).abilities["produces"]
    return job, produces, prepare(job, claim.token, folder, keyring, produces)


def clear(folder: Path) -> None:
    """Remove an attempt's folder and those of attempts before it; a later one may be at work beside it."""
    for place in folder.parent.glob("*"):
        if int(place.name) <= int(folder.name):
            shutil.rmtree(place, ignore_errors=True)
    try:
        folder.parent.rmdir()
    except OSError:  # not empty: the job went on elsewhere
        pass


def _end_quietly(claim: Claim, to: str, error: dict[str, Any], **more: Any) -> None:
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


def _child(produces: str, keyring: Keyring) -> Child:
    """The warm child, or a fresh one. Artifacts are signed; a child that reads what strangers sent signs nothing."""
    global _warm
    signs = produces == "artifacts"
    if _warm is not None and _warm.orders_run and produces == "estimate":
        _drop_warm()  # what is said of memory holds for a process that has done nothing else
    if _warm is None or not _warm.alive or _warm.orders_run >= WARM_ORDERS or _warm.signs != signs:
        _drop_warm()
        _warm = Child(partial(sign_es256, keyring.credential) if signs else None)
    return _warm


def _drop_warm() -> None:
    global _warm
    if _warm is not None:
        _warm.end()
        _warm = None


class Watch:
    """Follows one child through one order."""

    def __init__(self, claim: Claim, job: Job, folder: Path, child: Child, draining: threading.Event) -> None:
        self.claim, self.job, self.folder, self.child, self.draining = claim, job, folder, child, draining
        self.beat_s = settings.BEAT_S[job.queue.split(".")[0]]
        self.last_beat = self.last_word = time.monotonic()
        self.asked, self.asked_at, self.killed_because = "", 0.0, ""
        self.closing: Closing | None = None
        self.patience_s, self.last_look = float(settings.STOP_GRACE_S), 0.0

    @cached_property
    def kind(self) -> dict[str, Any]:
        """What the job's kind announced of itself; asked for once."""
        return plugin("kind", self.job.kind).abilities

    def run(self, secrets: dict[str, str]) -> None:
        """Send the order, follow the reports, record the end; only a child that ended a light order stays warm."""
        try:
            self.child.send(self.folder, secrets)
            self._follow()
        except BaseException:
            _drop_warm()  # amid its order: its further reports would be taken for those of the next one
            raise
        if not self.kind["stays_warm"]:
            _drop_warm()

    def _follow(self) -> None:
        ended = False
        while not ended:
            self.child.memory.look()
            try:
                said = self.child.report(TICK_S)
            except queue.Empty:
                self._outlasting(self._tick)
                continue
            self.last_word = time.monotonic()
            ended = self._outlasting(self._died if said is None else partial(self._take, said))
            if not ended:
                self._outlasting(self._tick)

    def _outlasting(self, act: Callable[[], T]) -> T:
        return outlasting(act, self.claim.lease_s)

    def _take(self, said: dict[str, Any]) -> bool:
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
                note_facts(self.claim, said["facts"])
            case "sample":
                records.keep_sample(self.claim, self.job, self.folder, said)
            case "checkpoint":
                with beating(self.claim, self.beat_s):
                    records.keep_checkpoint(self.claim, self.job, self.folder, said)
            case "artifacts":
                records.keep_items(self.claim, self.job, self.folder, said["items"])
            case "result":
                produces = self.kind["produces"]
                with beating(self.claim, self.beat_s):
                    records.keep_product(self.claim, self.job, self.folder, said["result"], produces=produces)
                return True
            case "stopped":
                self._stopped(said["why"])
                return True
            case "failure":
                if said["error"].get("code") == CODE and computes_in_batches(self.job):
                    try_smaller(self.claim, self.job)
                    return True
                to = State.FAILED if said["expected"] else State.ERRORED
                end_with_error(self.claim, to, said["error"], traceback=said.get("traceback", ""))
                return True
            case other:
                log.warning("the engine said %r, which nobody knows", other)
        return False

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self.last_word > STALL_S:
            self.killed_because = f"; it had said nothing for {STALL_S:.0f} s"
        if self.killed_because or (self.asked and now - self.asked_at > self.patience_s):
            self.child.end()
        elif self.draining.is_set():
            self._ask("yield")
        elif now - self.last_beat >= self.beat_s:
            self._beat()

    def _beat(self, **progress: Any) -> None:
        if progress and time.monotonic() - self.last_beat < 0.5 and progress["done"] < progress["total"]:
            return  # at most two writes a second
        self.last_beat = time.monotonic()
        if wanted := beat(self.claim, **progress):
            self._ask(wanted)
        elif self.job.window_id and not self.asked:
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
            self._ask("yield")

    def _ask(self, want: str) -> None:
        if self.asked == want or self.asked in STOPS:
            return  # what a person asked for outlasts a worker's shutting down
        if not self.asked:
            self.asked_at = time.monotonic()
        self.asked = want
        note = self.folder / "control.json.new"
        note.write_text(json.dumps({"want": want}))
        note.replace(self.folder / "control.json")

    def _stopped(self, why: str) -> None:
        if why in STOPS:
            finish(self.claim, STOPS[why], reason=f"{why} asked for; state saved")
        else:
            self._release("the worker was shut down; goes on from its saved state")

    def _release(self, reason: str) -> None:
        """Give the job back; one whose window closes goes on when it opens, and is told so."""
        if self.closing:
            release(self.claim, reason=self.closing.reason, not_before=self.closing.not_before)
        else:
            release(self.claim, reason=reason)

    def _died(self) -> bool:
        how = self.child.end()
        if self.asked in STOPS:
            finish(self.claim, STOPS[self.asked], reason=f"{self.asked} asked for; ended by force ({how})")
        elif self.asked:
            self._release(f"the worker was shut down ({how})")
        elif self.child.ran_out_of_memory and computes_in_batches(self.job):
            try_smaller(self.claim, self.job)
        else:
            if self.child.ran_out_of_memory:
                self.killed_because = "; memory ran out"
            try:
                take_back(
                    Job.objects.get(pk=self.claim.job_id, token=self.claim.token),
                    actor=self.claim.actor,
                    reason=f"the engine ended by {how}{self.killed_because}",
                )
            except (IllegalTransition, Job.DoesNotExist) as late:
                raise LeaseLost("The job went to another attempt.") from late
        _drop_warm()
        return True
