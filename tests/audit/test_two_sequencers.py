"""Several processes append, count and sequence at once, over one real database: every event gets one place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.home import SERVER

ROOT = Path(__file__).resolve().parents[2]
APPENDS = 150
MIGRATE = """
from django.core.management import call_command
call_command("migrate", "audit", verbosity=0)
"""
WORK = f"""
from django.db import transaction
from audit import sequencer, services
for number in range({APPENDS}):
    with transaction.atomic():
        services.append(actor="ada", verb="job.queued", subject=("job", str(number)))
    sequencer.sequence(limit=7)
"""
COUNT = f"""
from datetime import datetime, timedelta, UTC
from audit import hours, tally
from config import clock
begin = datetime(2026, 1, 1, tzinfo=UTC)
for number in range({APPENDS}):
    clock.now = lambda: begin + timedelta(minutes=number)
    tally.note(actor="ada", verb="artifact.read", subject=("artifact", str(number % 3)))
    tally.flush()
    hours.close_due("worker w")
"""
COUNTED = """
from datetime import datetime, UTC
from django.db.models import Sum
from audit import hours, selfcheck, sequencer
from audit.models import AuditDetail, HourlyCount
hours.close_due("worker w")
while sequencer.sequence():
    pass
said = AuditDetail.objects.filter(event__verb="hour.counted").values_list("detail__totals", flat=True)
totals = sum(one["artifact.read"] for one in said)
print(HourlyCount.objects.aggregate(n=Sum("count"))["n"], totals, HourlyCount.objects.filter(event=None).count())
print(selfcheck.verify_log().problems)
"""
FINISH = """
from audit import selfcheck, sequencer
while sequencer.sequence():
    pass
check = selfcheck.verify_log()
print(sequencer.tree_size(), check.details, check.problems)
"""


def shell(code: str, home: Path, database: str) -> subprocess.Popen[str]:
    environment = os.environ | {"DATABASE_URL": database, "KILNMARK_HOME": str(home)}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "KILNMARK_SECRET_KEY": "of a test"}
    environment["PYTHONPATH"] = f"{ROOT / 'platform'}:{ROOT}"
    program = [sys.executable, "-c", f"import django; django.setup(){code}"]
    return subprocess.Popen(
        program, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def test_every_event_gets_one_place(tmp_path: Path):
    database = SERVER.new_database("log") if SERVER else f"sqlite:///{tmp_path}/log.sqlite3"
    ended(shell(MIGRATE, tmp_path, database))
    for process in [shell(WORK, tmp_path, database) for _ in range(3)]:
        ended(process)
    assert ended(shell(FINISH, tmp_path, database)).split(maxsplit=2) == [str(3 * APPENDS), str(3 * APPENDS), "[]\n"]


def test_counts_that_are_raised_and_closed_at_once_are_each_under_one_leaf(tmp_path: Path):
    database = SERVER.new_database("counts") if SERVER else f"sqlite:///{tmp_path}/counts.sqlite3"
    ended(shell(MIGRATE, tmp_path, database))
    for process in [shell(COUNT, tmp_path, database) for _ in range(3)]:
        ended(process)
    every = str(3 * APPENDS)
    assert ended(shell(COUNTED, tmp_path, database)).split(maxsplit=3) == [every, every, "0", "[]\n"]
