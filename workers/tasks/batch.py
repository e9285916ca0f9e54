"""Claimed jobs in one child: a single one, or several that share its batches. Each comes to its own recorded end."""

from __future__ import annotations

import logging
import queue
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from catalog.plugins import plugin
from config import clock
from jobs import slices
from jobs.claim import Claim, LeaseLost
from jobs.models import Job, State
from jobs.shares import charge_part
from models_store.errors import ProductError
from models_store.full_disk import DiskFull, no_room
from models_store.keys import Keyring
from models_store.signers import credential_signer
from workers.tasks.attempt import LAST, Watch, end_quietly
from workers.tasks.child import Child
from workers.tasks.child_use import AttemptUse
from workers.tasks.orders import prepare, to_be_run
from workers.tasks.outage import AWAY, outlasting

log = logging.getLogger(__name__)
TICK_S = 0.5
UNSIGNED = "signing_failed"
WARM_ORDERS = 500  # a warm child is replaced after so many orders

_warm: Child | None = None


def run_claims(claims: Sequence[Claim], draining: threading.Event) -> list[UUID]:
    """Run claimed jobs to a recorded end; whatever happens, no half state stays behind. Returns those that made way."""
    folders = {claim: settings.ATTEMPTS_FOLDER / str(claim.job_id) / str(claim.token) for claim in claims}
    watches: list[Watch] = []
    try:
        keyring, jobs = Keyring.load(settings.KEYS_FOLDER), outlasting(partial(_jobs, claims), claims[0].lease_s)
        kind = outlasting(partial(plugin, "kind", jobs[claims[0].job_id].kind), claims[0].lease_s).abilities
        for claim, folder in folders.items():
            inputs = watches[0].order["inputs"] if watches else None  # the same for all
            try:
                order = partial(_prepared, claim, jobs[claim.job_id], folder, keyring, kind, inputs)
                watches.append(outlasting(order, claim.lease_s))
            except Exception as why:
                record(claim, why)
        if watches:
            Batch(child_for(kind["produces"], keyring), watches, draining).run()
    except Exception as why:
        for claim in claims:
            record(claim, why)
    finally:
        for watch in watches:
            watch.close()
        for folder in folders.values():
            clear(folder)
    return [watch.claim.job_id for watch in watches if watch.made_way]


def _jobs(claims: Sequence[Claim]) -> dict[UUID, Job]:
    return {job.pk: job for job in to_be_run().filter(pk__in=[claim.job_id for claim in claims])}


def _prepared(
    claim: Claim, job: Job, folder: Path, keyring: Keyring, kind: Mapping[str, Any], inputs: Mapping[str, Any] | None
) -> Watch:
    shutil.rmtree(folder, ignore_errors=True)  # of a try that the database interrupted
    order, secrets = prepare(job, claim.token, folder, keyring, kind["produces"], inputs)
    return Watch(claim, job, folder, kind, order, secrets)


def record(claim: Claim, why: Exception) -> None:
    """The end of an attempt that did not come about by its own reports."""
    match why:
        case LeaseLost():
            log.warning("%s", why)
        case ProductError():
            end_quietly(claim, State.FAILED, why.as_dict())
        case _ if isinstance(why, AWAY):
            log.error("job %s: the database did not answer (%s); the lease will lapse", claim.job_id, why)
        case OSError():
            said = {"code": "storage", "detail": f"{why.strerror}"}
            end_quietly(claim, State.FAILED, DiskFull().as_dict() if no_room(why) else said)
        case _:
            log.error("attempt %s of job %s", claim.token, claim.job_id, exc_info=why)
            said = {"code": "bug", "detail": f"{type(why).__name__}: {why}"}
            end_quietly(claim, State.ERRORED, said, traceback="".join(traceback.format_exception(why)))


def clear(folder: Path) -> None:
    """Remove an attempt's folder and those of attempts before it; a later one may be at work beside it."""
    for place in folder.parent.glob("*"):
        if int(place.name) <= int(folder.name):
            shutil.rmtree(place, ignore_errors=True)
    try:
        folder.parent.rmdir()
    except OSError:  # not empty: the job went on elsewhere
        pass


def child_for(produces: str, keyring: Keyring) -> Child:
    """The warm child, or a fresh one. Artifacts are signed; a child that reads what strangers sent signs nothing."""
    global _warm
    signs = keyring.credential_id if produces == "artifacts" else ""
    if _warm is not None and _warm.orders_run and produces == "estimate":
        drop_warm()  # what is said of memory holds for a process that has done nothing else
    if _warm is None or not _warm.alive or _warm.orders_run >= WARM_ORDERS or _warm.signs != signs:
        drop_warm()
        _warm = Child(credential_signer(settings.SIGNER, keyring).sign if signs else None, signs)
    return _warm


def drop_warm() -> None:
    """End the warm child, if there is one."""
    global _warm
    if _warm is not None:
        _warm.end()
        _warm = None


class Batch:
    """Follows one child through orders that run together; `open` are those without a recorded end, by their place."""

    def __init__(self, child: Child, watches: Sequence[Watch], draining: threading.Event) -> None:
        self.child, self.draining = child, draining
        self.full = self.told_full = False  # whether the disk was, and one job has failed because of it
        self.unsigned = False  # whether it could not have something signed: its channel may be broken
        self.open, self.several = dict(enumerate(watches)), len(watches) > 1
        self.ends_at = self.looked_at = self.ticked_at = time.monotonic()  # the last part, look at who waits, tick

    def run(self) -> None:
        """Send the orders, follow the reports, record the ends; only a child that ended light orders stays warm."""
        first, *others = self.open.values()
        for watch in self.open.values():
            watch.use = AttemptUse(self.child.cpu_s, self.child.memory)
        try:
            self.child.send(first.folder, first.secrets, [(one.folder, one.secrets) for one in others])
            while any(not watch.over for watch in self.open.values()):
                self._follow()
        finally:
            if self.open or self.unsigned or not first.kind["stays_warm"]:
                drop_warm()  # amid an order its further reports would be taken for those of the next one

    def _follow(self) -> None:
        self.child.memory.look()
        try:
            said = self.child.report(TICK_S)
        except queue.Empty:
            said = {}
        if said is None:
            self._died()
            return
        if said:
            place = said.pop("of", 0)
            watch = self.open[place]
            for one in self.open.values():
                one.last_word = time.monotonic()  # it is one engine that speaks for all
            if watch.over:
                watch.heard_last = said["type"] in LAST
            self.unsigned |= said.get("error", {}).get("code") == UNSIGNED
            if self._safely(watch, partial(watch.take, said)):
                del self.open[place]
                self._charge(watch)
        if time.monotonic() - self.ticked_at >= TICK_S:
            self._tick()

    def _tick(self) -> None:
        self.ticked_at = time.monotonic()
        for watch in self.open.values():
            self._safely(watch, partial(watch.tick, self.child, draining=self.draining.is_set()))
        if not self.several:
            self._let_others_go_first()

    def _safely(self, watch: Watch, act: Callable[[], bool | None]) -> bool:
        """What `act` returns; one that fails is the end of this attempt alone, which only has to leave the batch yet.

        What the engine still says of such an attempt is no longer acted on but for its last word.
        """
        if watch.over:
            return watch.heard_last
        try:
            return bool(outlasting(partial(self._stopping_if_full, act), watch.claim.lease_s))
        except Exception as why:
            self.told_full |= no_room(why)
            record(watch.claim, why)
            with suppress(OSError):  # no room, or its folder went with a later attempt
                watch.leave()
            return watch.heard_last

    def _stopping_if_full(self, act: Callable[[], bool | None]) -> bool | None:
        """What `act` returns. On a full disk the engine is ended first: it would take the room that is made next."""
        try:
            return act()
        except Exception as why:
            if no_room(why):
                self.full = True
                self.child.end()
            raise

    def _died(self) -> None:
        how, out_of_memory = self.child.end(), self.child.ran_out_of_memory
        for watch in self.open.values():
            if watch.use:
                watch.use.among = len(self.open)
            if self.full and not self.told_full and not watch.over:
                self.told_full = True
                record(watch.claim, DiskFull())
            else:
                self._safely(watch, partial(watch.died, how, out_of_memory=out_of_memory))
            self._charge(watch, among=len(self.open))
        self.ends_at = time.monotonic()
        drop_warm()
        self.open.clear()

    def _charge(self, watch: Watch, among: int = 0) -> None:
        """Of orders that share batches one is made after the other: from one end to the next is the time of a part."""
        now = time.monotonic()
        seconds, job = (now - self.ends_at) / (among or 1), watch.job
        if not among:
            self.ends_at = now
        if not watch.claim.in_parts:
            return  # the clock charges it
        for one in self.open.values():
            if one.use:
                one.use.begin_part()
        try:
            outlasting(lambda: charge_part(job.project_id, job.pk, watch.claim.token, seconds), watch.claim.lease_s)
        except AWAY as outage:
            log.error("%.1f s of job %s were not charged: %s", seconds, job.pk, outage)

    def _let_others_go_first(self) -> None:
        """Now and then: whether a job that can be left at any time holds up one whose turn it would be.

        Jobs that share batches are small and end soon.
        """
        now = time.monotonic()
        watch = next((one for one in self.open.values() if not one.over and one.kind.get("shares_batches")), None)
        if watch is None or now - self.looked_at < slices.SLICE_S:
            return
        self.looked_at = now
        try:
            if slices.others_wait(watch.job, clock.now()):
                watch.make_way()
        except AWAY as outage:
            log.warning("nobody can say who waits: %s", outage)
