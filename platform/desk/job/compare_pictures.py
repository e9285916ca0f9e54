"""Pictures of several trainings side by side: their sample grids by step, and what their models make from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Role, User
from catalog.stages import USABLE
from desk.job.compare_runs import MOST, Run
from desk.job.page import COLOURS
from desk.job.pictures import sample_address
from desk.people.roles import projects_as
from desk.words.sentences import in_language
from jobs.models import Job, JobEvent, State
from jobs.submission import send
from lineage.flags import shows_all
from models_store.errors import InvalidInput
from models_store.ids import is_uuid

COUNT = 16
SEED = "64"  # unless the grids had another one, or somebody says so


def grids(runs: Sequence[Run]) -> dict[str, Any]:
    """{steps, runs: [{run, grids: [[step, address]]}], seed}; one query for all runs.

    `steps` are those of all runs together, for one slider. `seed` is what every grid was drawn from; "" where some were
    drawn from others.
    """
    jobs = {run.job.pk: run for run in runs}
    rows = JobEvent.objects.filter(job__in=list(jobs), type="sample").order_by("pk").values_list("job", "data")
    found: dict[Any, dict[int, str]] = {pk: {} for pk in jobs}
    seeds = set()
    for job, said in rows:
        found[job][said["step"]] = sample_address(job, said["step"])
        seeds.add(said.get("seed") or jobs[job].job.seed)  # before grids had a seed of their own: that of the training
    return {
        "steps": sorted({step for steps in found.values() for step in steps}),
        "runs": [_of_run(run, sorted(found[run.job.pk].items())) for run in runs],
        "seed": seeds.pop() if len(seeds) == 1 else "",
    }


def _of_run(run: Run, grids: list[tuple[int, str]]) -> dict[str, Any]:
    step, address = grids[-1] if grids else (0, "")
    return {"run": run, "grids": grids, "step": step, "address": address}


def able(runs: Sequence[Run], user: User) -> list[Run]:
    """The runs whose models this person may use now."""
    mine = set(projects_as(user, Role.SUBMITTER).values_list("pk", flat=True))
    return [run for run in runs if run.version and run.version.stage in USABLE and run.job.project_id in mine]


@transaction.atomic
def generate(runs: Sequence[Run], seed: str, *, actor: User, key: str) -> list[Job]:
    """One job for each run's model, COUNT items from the same seed; the same `key` gives the same jobs. All or none."""
    ready = able(runs, actor)
    if not ready:
        raise InvalidInput("None of these trainings has a model that you may use.", field="job")
    made = []
    for run in ready:
        body = {
            "kind": "generate",
            "project": run.job.project.slug,
            "model_version": str(run.version and run.version.pk),
        }
        more = {"count": COUNT, "seed": seed or SEED, "name": f"{run.version} · {seed or SEED}"[:100]}
        made.append(send(body | more, actor=actor, idempotency_key=f"compare {key} {run.job.pk}")[0])
    return made


def sheets(rows: QuerySet[Job], ids: Sequence[str], reader: User) -> list[dict[str, Any]]:
    """What became of generate jobs: state, reason, and the address of their sheet where there is one to show."""
    wanted = [one for one in dict.fromkeys(ids) if is_uuid(one)][:MOST]
    jobs = {str(job.pk): job for job in rows.filter(pk__in=wanted, kind="generate").select_related("project")}
    return [_sheet(jobs[one], reader) for one in wanted if one in jobs]


def _sheet(job: Job, reader: User) -> dict[str, Any]:
    there = job.state == State.SUCCEEDED and job.result.get("sheet_sha256") and not job.files_expired_at
    shown = bool(there) and shows_all(job, reader)
    return {
        "job": job,
        "colour": COLOURS[State(job.state)],
        "reason": in_language(job.error_detail or job.state_reason),
        "address": f"/api/v1/jobs/{job.pk}/sheet" if shown else "",
        "withheld": bool(there) and not shown,
    }
