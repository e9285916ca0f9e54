"""`python -m tests.faults.sweeper WHAT ...`: small processes beside a platform that abandon claims, and sweep.

`abandon N` makes N jobs on a queue that no worker takes, claims them and is gone; `claim N` claims them again; `sweep
NAME` takes back what lapsed, without a pause; `cancel ID ...` clears up.
"""

from __future__ import annotations

import os
import signal
import sys

from deploy.home import ROOT

QUEUE = "io.nobody"


def main(what: str, *said: str) -> None:
    """One verb."""
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from accounts.models import Project, User
    from config import clock
    from jobs import services, sweep
    from jobs.claim import claim_next
    from jobs.models import Job

    admin = User.objects.get(username="admin")
    match what:
        case "abandon" | "claim":
            facts = {"kind": "verify", "queue": QUEUE, "seed": "1", "submitted_by": admin}
            for _ in range(int(said[0]) if what == "abandon" else 0):
                print(Job.objects.create(project=Project.objects.first(), created_at=clock.now(), **facts).pk)
            sys.stdout.flush()
            while claim_next(QUEUE, "abandoned"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        case "sweep":
            while True:
                sweep.expire(said[0])
        case "cancel":
            for job in Job.objects.filter(pk__in=said):
                services.cancel(job, actor=admin)


if __name__ == "__main__":
    main(*sys.argv[1:])
