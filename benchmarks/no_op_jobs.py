"""Jobs in which nothing is done, from submission to end in one process: what the rows, events and audit leaves cost.

`python -m benchmarks.no_op_jobs COUNT` prints a JSON list of milliseconds of CPU; KILNMARK_HOME names a prepared home.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

from deploy.home import ROOT

if TYPE_CHECKING:
    from accounts.models import Project, User

WARM_UPS = 5


def through(project: Project, actor: User) -> float:
    """Submit a job, claim it, hold it once and end it; what that cost, in milliseconds of CPU."""
    from jobs.claim import beat, claim_together, finish
    from jobs.models import State
    from jobs.request import Request
    from jobs.submission import submit

    began = time.process_time()
    submit(
        Request(kind="no-op", project=project, queue="io", inputs={}, params={}, body={"kind": "no-op"}), actor=actor
    )
    claim = next(iter(claim_together("io", "bench")), None)
    if claim is None:
        raise RuntimeError("another worker took the job")
    beat(claim, done=1, total=1)
    finish(claim, State.SUCCEEDED, result={"done": 1})
    return 1000 * (time.process_time() - began)


def main(count: int) -> None:
    """As the first person of the home, in their first project, with no broker to ring."""
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from accounts.models import Project, User
    from jobs import wake

    wake.bell.send = lambda queue: None
    project, actor = Project.objects.earliest("pk"), User.objects.earliest("pk")
    costs = [through(project, actor) for _ in range(WARM_UPS + count)]
    print(json.dumps(costs[WARM_UPS:]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
