"""Make one artifact again: where its noise came from, the form that asks for the same, and what came of it.

The noise of artifact i of a job is a pure function of (seed, first + i), so a job of one artifact whose parameter
`first` says that number makes it again (workers/engine/plan.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import visible_projects
from lineage.manifests import facts_of
from lineage.models import Artifact

FIRST, COUNT, SWEEP, PATH, WEIGHTS = "first", "count", "sweep", "interpolate", "weights"
MOST_TWINS, LOOKED_AT = 8, 200
DRAWN_UNDER_A_MARK = "green_list"
RAN_ON = ("device", "provider", "precision", "threads", "padded_batch", "runtime")


@dataclass(frozen=True)
class Origin:
    """What one artifact was made from: its number below the seed, and every parameter that shapes it."""

    number: int
    params: Mapping[str, Any]

    @property
    def key(self) -> str:
        return json.dumps([self.number, self.params], sort_keys=True)


def origin_of(artifact: Artifact) -> Origin:
    """Number and parameters of a job that makes this artifact alone; of one on a path, of the whole path."""
    params = dict(artifact.job.params)
    path, sweep, first = params.get(PATH), params.get(SWEEP), int(params.get(FIRST) or 0)
    count = int(params.get(COUNT) or 1)
    for name in (WEIGHTS, SWEEP, FIRST, COUNT, PATH):
        params.pop(name, None)
    if path:
        return Origin(artifact.index, params | {PATH: path, COUNT: count})
    if sweep:
        ((name, values),) = sweep.items()
        row, place = divmod(artifact.index, count)
        return Origin(first + place, params | ({name: values[row]} if row < len(values) else {}))
    return Origin(first + artifact.index, params)


def again_url(artifact: Artifact) -> str:
    """The form of a generation, filled so that this artifact comes again."""
    origin = origin_of(artifact)
    said = {"kind": "generate", "model": artifact.model_version_id, "seed": artifact.seed}
    params = {COUNT: 1, **({} if PATH in origin.params else {FIRST: origin.number}), **origin.params}
    for name, value in params.items():
        if name == PATH:
            said["path_seeds"] = ", ".join(map(str, value))
        elif isinstance(value, str | int | float):
            said[f"param_{name}"] = "" if value is False else value
    said["name"] = _("again: %(number)s of seed %(seed)s") % {"number": origin.number, "seed": artifact.seed}
    return f"{reverse('admin:jobs_job_add')}?{urlencode(said)}"


def twins(artifact: Artifact, reader: User) -> list[dict[str, Any]]:
    """Other artifacts from the same model, seed, number and parameters, and whether their content is the same.

    `why` says what differed in how they ran, where their content differs.
    """
    rows = Artifact.objects.filter(
        project__in=list(visible_projects(reader).values_list("pk", flat=True)),
        model_version=artifact.model_version_id,
        seed=artifact.seed,
    )
    mine, found = origin_of(artifact).key, list[dict[str, Any]]()
    for other in rows.exclude(pk=artifact.pk).select_related("job").order_by("-pk")[:LOOKED_AT]:
        if len(found) < MOST_TWINS and origin_of(other).key == mine:
            same = other.content_sha256 == artifact.content_sha256
            found.append({"artifact": other, "same": same, "why": "" if same else _why(artifact, other)})
    return found


def differs_by_mark(artifact: Artifact) -> bool:
    """Whether it was drawn under its job's own mark key, so that another job never makes the same bytes."""
    return bool((artifact.marks.get("watermark") or {}).get("scheme") == DRAWN_UNDER_A_MARK)


def _why(one: Artifact, other: Artifact) -> str:
    if differs_by_mark(one):
        return _("a text is marked while it is drawn, under a key of its job, so another job writes another text")
    here, there = facts_of(one), facts_of(other)
    changed = [f"{name}: {here.get(name)} / {there.get(name)}" for name in RAN_ON if here.get(name) != there.get(name)]
    return _("they ran differently (%(facts)s)") % {"facts": ", ".join(changed)} if changed else ""
