"""The whole queue against a model on paper: any order of claims, writes, deaths, sweeps and wishes of people.

After every step each row must say what the paper says: one owner of a token, tokens that only grow, no effect twice, no
write by an old token, poison after three attempts in a row
that died and showed nothing (or ten that were lost), one verb in the log for each change of
state. In the end what is left must run to its end: nothing is ever lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # fmt: skip

from accounts.models import Project, User
from audit.models import AuditEvent
from catalog.models import ModelVersion
from jobs import services, sweep
from jobs.claim import Claim, LeaseLost, beat, claim_next, finish, release, report, take_back
from jobs.models import Attempt, Job, JobEvent, QueuePause
from jobs.request import Request
from jobs.submission import submit
from jobs.transitions import IllegalTransition
from lineage.models import Artifact
from tests import builders
from tests.jobs.queue_model import ENDED, Line, Paper
from workers.tasks import records

pytestmark = pytest.mark.django_db
QUEUE, COUNT, MOST = "generate.cpu", 3, 7
WEIGHTS, AT_ONCE = (1.0, 0.5, 0.25), (0, 0, 1)
WHO = st.tuples(st.integers(0, 99), st.booleans())  # which claim, and whether any
COLUMNS = ("state", "token", "attempts_made", "barren_attempts", "wants", "lease_until")
FAST = settings(max_examples=25, stateful_step_count=40, derandomize=True, database=None, deadline=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
LONG = settings(FAST, max_examples=220, stateful_step_count=80, phases=[Phase.generate, Phase.shrink])


class World:
    """What examples share, and leave as it was: people, projects, a model, a clock."""

    def __init__(self, hands: Any, folder: Path) -> None:
        self.hands, self.folder = hands, folder
        self.sam: User = builders.person("sam")
        self.operator: User = builders.person("olga", is_staff=True, is_superuser=True)
        self.projects = [builders.project(f"p{n}", submitter=self.sam) for n in range(len(WEIGHTS))]
        for project, weight, at_once in zip(self.projects, WEIGHTS, AT_ONCE, strict=True):
            Project.objects.filter(pk=project.pk).update(weight=weight, max_running=at_once)
        self.model: ModelVersion = builders.model_version(self.projects[0], self.sam)


class Queue(RuleBasedStateMachine):
    """Rows on one side, paper on the other."""

    world: World
    looks = Bundle("looks")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.began = self.world.hands.at
        self.paper = Paper(WEIGHTS, AT_ONCE)
        self.ids: list[Any] = []
        self.claims: list[Claim] = []
        self.tokens: set[tuple[int, int]] = set()

    @property
    def now(self) -> Any:
        return self.world.hands.at

    def one(self, who: tuple[int, bool]) -> Claim:
        """A claim: one that holds, or any that there ever was."""
        number, late = who
        known = [claim for claim in self.claims if late or self.owns(claim)] or self.claims
        return known[number % len(known)]

    def line(self, claim: Claim) -> Line:
        return self.paper.lines[self.ids.index(claim.job_id)]

    def job(self, place: int) -> Job:
        return Job.objects.get(pk=self.ids[place % len(self.ids)])

    def owns(self, claim: Claim) -> bool:
        return self.paper.owns(self.ids.index(claim.job_id), claim.token)

    def everything(self) -> list[list[Any]]:
        kept = (Job, Attempt, JobEvent, Artifact, AuditEvent, Project)
        return [list(model.objects.order_by("pk").values()) for model in kept]

    def write(self, claim: Claim, act: Callable[[], object]) -> bool:
        """Do it; whether it was allowed. One that was not must have changed nothing at all."""
        if self.owns(claim):
            act()
            return True
        self.refused(act, LeaseLost)
        return False

    @initialize()
    def begins(self) -> None:
        for project in (0, 1, 1, 2, 2):
            self.submits(project, 0)

    @precondition(lambda self: len(self.ids) < MOST)
    @rule(project=st.sampled_from(range(len(WEIGHTS))), priority=st.sampled_from((0, 0, 5)))
    def submits(self, project: int, priority: int) -> None:
        request = Request(
            kind="generate", project=self.world.projects[project], queue="generate", priority=priority,
            inputs={"model": self.world.model}, params={"count": COUNT},
        )  # fmt: skip
        job, _ = submit(request, actor=self.world.sam)
        self.ids.append(job.pk)
        self.paper.submit(project, priority)

    @rule(worker=st.sampled_from(("w1", "w2", "w3")))
    def claims_next(self, worker: str) -> None:
        fair = self.paper.fairest(self.now)
        claim = claim_next(QUEUE, worker)
        if claim is None:
            assert not fair
            return
        line = self.line(claim)
        assert line in fair
        assert (line.place, claim.token) not in self.tokens
        assert claim.token == line.token + 1
        self.tokens.add((line.place, claim.token))
        self.claims.append(claim)
        self.paper.claim(line, self.now)

    @precondition(lambda self: self.claims)
    @rule(who=WHO)
    def beats(self, who: tuple[int, bool]) -> None:
        claim = self.one(who)
        heard: list[str] = []
        if self.write(claim, lambda: heard.append(beat(claim, done=1, total=COUNT, unit="items"))):
            assert heard == [self.line(claim).wants]
            self._heard(claim)

    @precondition(lambda self: self.claims)
    @rule(who=WHO)
    def logs(self, who: tuple[int, bool]) -> None:
        claim = self.one(who)
        if self.write(claim, lambda: report(claim, "log", {"message": "still here"})):
            self._heard(claim)

    @precondition(lambda self: self.claims)
    @rule(who=WHO)
    def saves(self, who: tuple[int, bool]) -> None:
        claim = self.one(who)
        kept = {"step": 1, "files": {}}
        if self.write(claim, lambda: report(claim, "checkpoint", {"step": 1}, checkpoint=kept, barren_attempts=0)):
            self._heard(claim)
            self.paper.progress(self.line(claim))

    @precondition(lambda self: self.claims)
    @rule(who=WHO, index=st.sampled_from(range(COUNT)))
    def makes(self, who: tuple[int, bool], index: int) -> None:
        claim = self.one(who)
        line, job = self.line(claim), Job.objects.select_related("project").get(pk=claim.job_id)
        if self.owns(claim) and line.made.get(index) == claim.token:  # the answer to its commit was lost
            self.changes_nothing(lambda: self._keep(claim, job, index))
        elif self.owns(claim) and index in line.made:
            self.refused(lambda: self._keep(claim, job, index), IntegrityError)
        elif self.write(claim, lambda: self._keep(claim, job, index)):
            self._heard(claim)
            self.paper.progress(line)
            line.made[index] = claim.token
            line.verbs.append("artifacts.released")

    def _keep(self, claim: Claim, job: Job, index: int) -> None:
        data = f"{job.pk} {index}".encode()
        (self.world.folder / "item").write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        item = {"index": index, "file": "item", "sha256": sha256, "content_sha256": sha256, "size": len(data)}
        said = {"media_type": "image/png", "seed": str(index), "marks": {}}
        records.keep_items(claim, job, self.world.folder, [item | said])

    def _heard(self, claim: Claim) -> None:
        self.line(claim).lease_until = self.now + timedelta(seconds=claim.lease_s)

    @precondition(lambda self: self.claims)
    @rule(who=WHO, to=st.sampled_from((*ENDED, "paused")))
    def finishes(self, who: tuple[int, bool], to: str) -> None:
        claim = self.one(who)
        if self.write(claim, lambda: finish(claim, to, reason="done")):
            self.paper.leave(self.line(claim), to, self.now)

    @precondition(lambda self: self.claims)
    @rule(who=WHO, wait_s=st.sampled_from((None, None, 45)))
    def leaves(self, who: tuple[int, bool], wait_s: int | None) -> None:
        claim = self.one(who)
        later = self.now + timedelta(seconds=wait_s) if wait_s else None
        if self.write(claim, lambda: release(claim, reason="the worker was shut down", not_before=later)):
            self.paper.gives_back(self.line(claim), self.now, later)

    @precondition(lambda self: self.claims)
    @rule(target=looks, who=WHO)
    def looks_at(self, who: tuple[int, bool]) -> Job:
        """What a sweeper, or the parent of an engine that died, holds in its hand."""
        claim = self.one(who)
        return Job.objects.get(pk=claim.job_id)

    @rule()
    def a_worker_stands_still(self) -> None:
        """Beyond its lease: its job goes to the next one, and it knows nothing of it."""
        self.claims_next("w1")
        self.time_passes(31)
        self.sweeps()
        self.claims_next("w2")

    @rule(times=st.integers(1, 4))
    def engines_die(self, times: int) -> None:
        """Whatever is claimed ends its engine, and the parent says so at once."""
        for _ in range(times):
            known = len(self.claims)
            self.claims_next("w1")
            if len(self.claims) > known:
                self.takes_back(Job.objects.get(pk=self.claims[-1].job_id), silent=False)

    @rule(seen=consumes(looks), silent=st.booleans())
    def takes_back(self, seen: Job, silent: bool) -> None:
        line = self.paper.lines[self.ids.index(seen.pk)]
        if line.state == "running" and (line.token, line.lease_until) == (seen.token, seen.lease_until):
            take_back(seen, actor="sweeper", reason="the engine ended by signal SIGKILL", silent=silent)
            self.paper.loses(line, self.now, silent=silent)
            return
        self.refused(lambda: take_back(seen, actor="sweeper", reason="too late", silent=silent))

    @rule()
    def sweeps(self) -> None:
        lapsed = self.paper.lapsed(self.now)
        assert sweep.expire("sweeper") == len(lapsed)
        for line in lapsed:
            self.paper.loses(line, self.now, silent=True)
        assert sweep.expire("another") == 0

    @rule(seconds=st.sampled_from((1, 10, 29, 31, 120, 7200)))
    def time_passes(self, seconds: int) -> None:
        self.world.hands.move(seconds)

    @precondition(lambda self: self.ids)
    @rule(place=st.integers(0, MOST - 1), want=st.sampled_from(("cancel", "pause")))
    def asks(self, place: int, want: str) -> None:
        job, to = self.job(place), {"cancel": "cancelled", "pause": "paused"}[want]
        line, verb = self.paper.lines[self.ids.index(job.pk)], getattr(services, want)
        waiting = ("queued", "paused") if want == "cancel" else ("queued",)
        if line.state == "running" and line.wants in ("", "pause" if want == "cancel" else want):
            verb(job, actor=self.world.sam)
            if line.wants != want:
                line.wants = want
                line.verbs.append(f"job.{want}_asked")
        elif line.state in waiting:
            verb(job, actor=self.world.sam)
            if line.state != to:
                line.to(to)
        elif line.state == to or (line.state == "running" and line.wants == want):
            self.changes_nothing(lambda: verb(job, actor=self.world.sam))
        else:
            self.refused(lambda: verb(job, actor=self.world.sam))

    @precondition(lambda self: self.ids)
    @rule(place=st.integers(0, MOST - 1), verb=st.sampled_from(("resume", "retry")))
    def puts_back(self, place: int, verb: str) -> None:
        job = self.job(place)
        line, act = self.paper.lines[self.ids.index(job.pk)], getattr(services, verb)
        if line.state in (("paused",) if verb == "resume" else ("failed", "errored", "cancelled")):
            act(job, actor=self.world.sam)
            line.to("queued")
            self.paper.progress(line)
        elif line.state == "queued":
            self.changes_nothing(lambda: act(job, actor=self.world.sam))
        else:
            self.refused(lambda: act(job, actor=self.world.sam))

    def changes_nothing(self, act: Callable[[], object]) -> None:
        before = self.everything()
        act()
        assert self.everything() == before

    def refused(self, act: Callable[[], object], how: type[Exception] = IllegalTransition) -> None:
        before = self.everything()
        with pytest.raises(how):
            act()
        assert self.everything() == before

    @rule()
    def pauses_or_resumes_the_queue(self) -> None:
        if self.paper.stopped:
            QueuePause.objects.filter(queue=QUEUE).delete()
        else:
            QueuePause.objects.create(queue=QUEUE, paused_by=self.world.operator, paused_at=self.now)
        self.paper.stopped = not self.paper.stopped

    @invariant()
    def rows_say_what_the_paper_says(self) -> None:
        rows = {pk: tuple(row) for pk, *row in Job.objects.values_list("pk", *COLUMNS)}
        made: dict[Any, list[int]] = {pk: [] for pk in self.ids}
        for pk, index in Artifact.objects.values_list("job", "index"):
            made[pk].append(index)
        verbs: dict[str, list[str]] = {str(pk): [] for pk in self.ids}
        for subject, verb in (
            AuditEvent.objects.filter(subject_kind="job").order_by("pk").values_list("subject_id", "verb")
        ):
            verbs[subject].append(verb)
        for pk, line in zip(self.ids, self.paper.lines, strict=True):
            assert rows[pk] == line.row()
            assert sorted(made[pk]) == sorted(line.made)
            assert verbs[str(pk)] == line.verbs

    @invariant()
    def one_attempt_is_open_for_each_running_job_and_no_other(self) -> None:
        found = sorted(Attempt.objects.filter(ended_at=None).values_list("job", "token"))
        running = zip(self.ids, self.paper.lines, strict=True)
        assert found == sorted((pk, line.token) for pk, line in running if line.state == "running")

    def teardown(self) -> None:
        """Whatever happened: what is left runs to its end. Then the rows go as if they had never been."""
        try:
            self.drain()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)
            self.world.hands.at = self.began

    def drain(self) -> None:
        QueuePause.objects.all().delete()
        for _ in range(2 * MOST):
            self.world.hands.move(121)
            sweep.expire("sweeper")
            for job in Job.objects.filter(state="paused"):  # some only now, as they were asked to while they ran
                services.resume(job, actor=self.world.sam)
            while claim := claim_next(QUEUE, "the last worker"):
                finish(claim, "succeeded")
        assert not Job.objects.exclude(state__in=ENDED).exists()
        for pk, line in zip(self.ids, self.paper.lines, strict=True):
            if line.state in ENDED:  # nothing happens to what has ended
                assert Job.objects.values_list("state", flat=True).get(pk=pk) == line.state


@pytest.fixture
def machine(hands: Any, tmp_path: Path) -> type[Queue]:
    """The machine in a world of its own."""
    return type("Queue", (Queue,), {"world": World(hands, tmp_path)})


def test_whatever_happens_in_whatever_order_rows_and_paper_agree(machine):
    run_state_machine_as_test(machine, settings=FAST)


@pytest.mark.faults
def test_whatever_happens_rows_and_paper_agree_for_very_long(machine):
    run_state_machine_as_test(machine, settings=LONG)
