"""Wait for a job by long polls: each is answered when the job comes to rest, or after half a minute."""

from __future__ import annotations

from kilnmark.address import step
from kilnmark.answers.jobs import Job
from kilnmark.errors import WaitEnded
from kilnmark.link import Ask, Link
from kilnmark.plan import Broken, Plan, Rest

JobId = object  # an id, or anything that has one: a Job, a JobLink
POLL_S = 30
LOOK_AGAIN_S = 2.0  # a job that stands still is answered at once, though it may go on


def wait(link: Link, id: JobId, timeout: float | None, *, still: bool) -> Plan[Job]:
    """The job at its end (with `still` at rest); raises WaitEnded, ApiError, Unreachable."""
    tries, began, job = link.tries(long=True), link.clock(), Job(id=str(getattr(id, "id", id)), state="not known")
    while True:
        left_s = float("inf") if timeout is None else timeout - (link.clock() - began)
        asked_at, poll_s = link.clock(), max(0, min(POLL_S, int(left_s) if left_s < POLL_S else POLL_S))
        try:
            job = yield from _asked(link, id, poll_s)
        except Broken as broken:
            pause_s = link.again(tries, broken)
            if pause_s >= left_s:
                raise WaitEnded(job, link.clock() - began) from broken
            yield Rest(pause_s)
            continue
        tries.begin()
        if job.ended or (still and job.stands_still):
            return job
        waited_s = link.clock() - began
        if timeout is not None and waited_s >= timeout:
            raise WaitEnded(job, waited_s)
        if link.clock() - asked_at < min(poll_s, LOOK_AGAIN_S) or not poll_s:
            yield Rest(min(LOOK_AGAIN_S, max(0.0, left_s)))


def _asked(link: Link, id: JobId, poll_s: int) -> Plan[Job]:
    """One long poll; raises Broken where it is to be asked again."""
    ask = Ask("GET", f"/jobs/{step(id)}", {"wait": poll_s or None}, silent_s=poll_s + link.timeout_s)
    reply = yield from link.heard(ask)
    return Job.of(link.read(reply), etag=reply.headers.get("etag", ""))
