"""A form that begins as an earlier job was: what is taken over, and what cannot be, with the reason beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import Plugin, VersionState
from catalog.plugins import faults, newest
from catalog.stages import USABLE
from desk.job.control_fields import PATH, SWEEP, VALUES, WEIGHTS
from desk.job.input_fields import INPUT, role_title
from desk.job.page import title as job_title
from desk.job.parameter_fields import in_words, parameter_title, schema_of, title_of
from jobs.clone import body_of
from jobs.models import Job, JobInput
from models_store.ids import is_uuid

ABOUT = ("name", "seed", "purpose", "intended_use", "window")
ONCE = ("ingest", "verify", "estimate")  # kinds that are not submitted again by themselves


@dataclass(frozen=True, kw_only=True)
class Prefilled:
    """`initial` by field, `inputs` by role, `beside` a field what could not be taken over, `notes` about the whole."""

    job: Job | None = None
    kind: str = ""
    family: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def prefilled(user: User, pk: str) -> Prefilled:
    """From a job that the person may see; empty where there is none of that id, or it is of a kind made only once."""
    rows = Job.objects.filter(project__in=visible_projects(user)).select_related("project")
    job = rows.filter(pk=pk).first() if is_uuid(pk) else None
    if job is None or job.kind in ONCE:
        notes = (_("The job to clone is not there, or you may not see it: the form begins empty."),) if pk else ()
        return Prefilled(notes=notes)
    body = body_of(job)
    inputs, beside = _inputs(job)
    initial, lost, notes = _parameters(job)
    about = {name: body[name] for name in ABOUT if body.get(name)}
    return Prefilled(
        job=job, kind=job.kind, family=job.family, inputs=inputs, beside=beside | lost, notes=tuple(notes),
        initial=about | {INPUT + role: value for role, value in inputs.items()} | initial,
    )  # fmt: skip


def _inputs(job: Job) -> tuple[dict[str, str], dict[str, str]]:
    """By role what is still there; by field why the others are not."""
    there: dict[str, str] = {}
    gone: dict[str, str] = {}
    for row in job.inputs.select_related("dataset_version__dataset", "model_version__model", "from_job"):
        if why := _missing(row):
            gone[INPUT + row.role] = why
        else:
            there[row.role] = row.said()
    return there, gone


def _missing(row: JobInput) -> str:
    """Why an input cannot be used again; "" where it can."""
    if version := row.dataset_version:
        words = {"version": version, "state": version.get_state_display()}
        return "" if version.state == VersionState.READY else _("%(version)s is %(state)s: choose other data.") % words
    if model := row.model_version:
        words = {"version": model, "state": model.get_stage_display()}
        return "" if model.stage in USABLE else _("%(version)s is %(state)s: choose another model.") % words
    words = {"job": job_title(row.from_job) if row.from_job else row.upload_name, "role": role_title(row.role)}
    return _("%(role)s was to come from %(job)s, which made none: choose one.") % words


def _parameters(job: Job) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """The values by field, what is wrong with some by today's schema, and what has no place in it any more."""
    row = newest("family", job.family) if job.family else newest("kind", job.kind)
    if row is None:
        return {}, {}, [_gone(job)]
    schema = schema_of(job)
    known = schema["properties"]
    initial = {
        f"param_{name}": ", ".join(value) if isinstance(value, list) else value
        for name, value in job.params.items()
        if _plain(known.get(name), value)
    }
    notes = [
        _("%(title)s (%(value)s) is no parameter any more.")
        % {"title": parameter_title(schema, name), "value": in_words(schema, name, value)}
        for name, value in job.params.items()
        if name not in known and value not in ([], {}, "")
    ]
    return initial | _several(job.params), _changed(row, schema, job), notes


def _gone(job: Job) -> str:
    return _("No worker offers %(name)s at present: choose another method.") % {"name": job.family or job.kind}


def _plain(said: Mapping[str, Any] | None, value: Any) -> bool:
    """Whether a field of the form can hold it; weights, seeds and sweeps have their own."""
    words = isinstance(value, list) and all(isinstance(part, str) for part in value)
    return said is not None and (words or not isinstance(value, list | dict))


def _several(params: Mapping[str, Any]) -> dict[str, str]:
    """A sweep, a path and weights as people write them into the form."""
    found = {PATH: ", ".join(map(str, params.get("interpolate") or ()))}
    found[WEIGHTS] = ", ".join(f"{one:g}" for one in params.get("weights") or ())
    for name, values in (params.get("sweep") or {}).items():
        found |= {SWEEP: name, VALUES: "\n".join(map(str, values))}
    return {name: said for name, said in found.items() if said}


def _changed(row: Plugin, schema: Mapping[str, Any], job: Job) -> dict[str, str]:
    """Beside each field: the value is out of today's bounds, or the parameter is new since then."""
    own = {name: value for name, value in job.params.items() if name in row.schema.get("properties", {})}
    found = {}
    for fault in faults(row.schema, own):
        name = (fault.field or "").removeprefix("params.").partition(".")[0]
        words = {"value": in_words(schema, name, own.get(name)), "title": title_of(row)}
        found[f"param_{name}"] = _("It was %(value)s; %(title)s does not take that any more.") % words
    if job.schema_digest and job.schema_digest != row.schema_digest:
        for name in row.schema.get("properties", {}).keys() - job.params.keys():
            found[f"param_{name}"] = _("New since that job: it begins with the default.")
    return found
