"""`python -m tests.faults.driver WORKERS`: the supervisor's table with more workers and a short pause after deaths.

WORKERS is JSON: queue kind -> how many workers. A web process that dies between commit and wake-up is asked for by
KILNMARK_TEST_WEB_SETTINGS, the name of its settings module: no other process sees it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping

from deploy import processes
from deploy.child import Backoff, Child
from deploy.home import ROOT, Home
from deploy.supervisor import Supervisor, hold, listen

PAUSE = Backoff(first_s=0.2, most_s=1.0)  # the pause of production grows to 30 s, and a storm would only meet the dead


def table(home: Home, fd: int, outer: Mapping[str, str], workers: Mapping[str, int]) -> Iterator[processes.Process]:
    """What production runs, and further workers of a queue: `generate-2@host` is the second one."""
    place = processes.device(outer)
    for process in processes.table(sys.executable, home.path, fd, outer):
        yield process
        for number in range(2, workers.get(process.name, 1) + 1):
            queue = "io" if process.name == "io" else f"{process.name}.{place}"
            grace_s = processes.worker_grace_s(outer)
            yield processes.worker(sys.executable, f"{process.name}-{number}", queue, grace_s)


def main() -> int:
    """Supervise until SIGTERM."""
    os.umask(0o077)
    outer = dict(os.environ)
    web_settings = outer.pop("KILNMARK_TEST_WEB_SETTINGS", "")
    home = Home.from_environment(outer)
    home.make()
    with hold(home), listen("") as line:
        port = line.getsockname()[1]
        seen = processes.environment(outer, home.path, port)
        extra = {"DJANGO_SETTINGS_MODULE": web_settings} if web_settings else {}
        children = [
            Child(
                process,
                environment=seen | (extra if process.name == "web" else {}),
                log=home.logs / f"{process.name}.log",
                cwd=ROOT,
                pass_fds=(line.fileno(),) if process.name == "web" else (),
                backoff=PAUSE,
            )
            for process in table(home, line.fileno(), outer, json.loads(sys.argv[1]))
        ]
        return Supervisor(children, home, port).run()


if __name__ == "__main__":
    sys.exit(main())
