"""The jobs that an order names, by number, with the mark key of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models_store.errors import ProductError
from models_store.keys import job_mark_key
from workers.engine.job_roll import Roll
from workers.engine.suspects import Jobs


class RollUnreadable(ProductError):
    """The list of jobs cannot be read; it is made again when this is tried again."""

    code, http_status, retry = "roll_unreadable", 503, True


def named(pairs: Sequence[Sequence[Any]], keys: Mapping[str, bytes]) -> Jobs:
    """Those of [[job, project], ...] whose project has a key; nothing of them is kept."""
    known = [(str(job), keys[str(project)]) for job, project in pairs if str(project) in keys]
    return Jobs(len(known), lambda at: known[at][0], lambda at: job_mark_key(known[at][1], known[at][0]))


def rolled(said: Mapping[str, Any], keys: Mapping[str, bytes]) -> Jobs:
    """The first `count` jobs of a file `roll`; their signs are kept beside it.

    Raises RollUnreadable, also where a project has no key: the table of signs has a row for every job.
    """
    path = Path(said["roll"])
    roll = Roll.read(path, int(said["count"]))
    if roll is None:
        raise RollUnreadable(field="jobs", expected=f"{said['count']} jobs")

    def key_of(number: int) -> bytes:
        job, project = roll.row(number)
        if str(project) not in keys:
            raise RollUnreadable(field="mark_keys", expected="a key for every project", got=f"none for {project}")
        return job_mark_key(keys[str(project)], str(job))

    return Jobs(len(roll), lambda at: str(roll.row(at)[0]), key_of, path.parent, roll.generation)
