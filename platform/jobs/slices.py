"""When a job that makes artifacts makes way for a while: a large one must not hold up the small ones behind it."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Project
from jobs import pick
from jobs.models import Job
from jobs.turns import turns

SLICE_S = 2.0  # how long it runs before it is looked whether somebody waits
PASSED_S = 5 * SLICE_S  # for how long a job that made way lets others go first, so that none waits for ever
TOOK_TURN = "others take their turn; goes on from what was made"


def others_wait(job: Job, now: datetime) -> bool:
    """Whether a queued job would go before this running one, were it to stand behind its equals.

    So one of a project whose turn comes first, or one of its own project that is as urgent. Only jobs that were never
    tried count: two large ones would else make way for each other as long as both last.
    """
    line = {turn.project.pk: turn.project for turn in pick.order(job.queue, now)}
    if not line:
        return False
    waiting, own = set(line), Project.objects.get(pk=job.project_id)  # as charged by now
    for turn in turns((line | {own.pk: own}).values(), now):
        home, may = turn.project == own, turn.project.pk in waiting and not turn.over
        untried = pick.first_untried(job.queue, turn.project, now) if may else None
        if untried is not None and (not home or untried.priority >= job.priority):
            return True
        if home:
            return False  # all others have had more
    return False
