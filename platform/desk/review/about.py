"""What is said of each kind of thing that waits for a decision: its facts, a picture or a text of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from audit.judged import TRAINS, Data, Facts
from audit.policies import policy
from catalog.alias_models import MoveState
from catalog.aliases import move_rows
from catalog.models import Alias, DatasetVersion, ModelVersion
from catalog.plugins import newest
from desk.artifact.text import TEXT, excerpt
from desk.job.page import parameters, title, written
from desk.job.parameter_fields import title_of
from desk.job.pictures import preview, sample_grids
from desk.model.figure_names import figure_name
from desk.model.near import near_sentences
from desk.words.sentences import in_language
from jobs.models import Job, JobInput
from lineage.models import Artifact

Fact = tuple[str, str]
LOOKED_AT = 20  # newest jobs of a model that are asked for near copies


def _data(version: DatasetVersion) -> dict[str, Any]:
    said = version.dataset
    facts: list[Fact] = [
        (_("Source"), said.source),
        (_("Licence"), said.licence),
        (_("Does the licence allow it?"), licence_in_words(version)),
        (_("Legal basis"), said.legal_basis),
        (_("Personal data"), written(said.contains_personal_data)),
        (_("Sensitive attributes"), written(said.sensitive_attributes) or _("none were declared")),
        (_("Is the declaration complete?"), completeness(version)),
        (_("Notes"), said.notes or "—"),
        (_("Items"), f"{sum(version.counts.values()):,}"),
        (_("Files with problems"), str(len(version.problems))),
        (_("Brought by"), version.created_by.username),
    ]
    return {
        "title": str(version),
        "facts": facts,
        "picture": preview(version),
    }


def licence_in_words(version: DatasetVersion) -> str:
    """Whether its licence says one of the well-known words that forbid training."""
    one = Data(role="data", id="", name=str(version), licence=version.dataset.licence, personal=False)
    objection = policy("licence_forbids")().judge(Facts(kind="train", produces=TRAINS, data=(one,)))
    if objection is None:
        return _("It says none of the well-known words that forbid training; read it yourself.")
    return _("It says “%(word)s”.") % {"word": objection.facts["word"]}


def completeness(version: DatasetVersion) -> str:
    """What a declaration leaves open, beyond the fields that it must have."""
    said, open_ = version.dataset, []
    if said.contains_personal_data and not said.sensitive_attributes:
        open_.append(_("personal data, but no sensitive attributes are named"))
    if said.sensitive_attributes and not said.contains_personal_data:
        open_.append(_("sensitive attributes, but no personal data are declared"))
    if not said.notes:
        open_.append(_("no notes"))
    return "; ".join(open_) or _("All fields are filled in.")


def _model(version: ModelVersion) -> dict[str, Any]:
    losses, job, method = version.metrics.get("losses", {}), version.job, newest("family", version.family)
    facts: list[Fact] = [
        (_("Method"), title_of(method) if method else version.family),
        (_("Figures"), "; ".join(f"{figure_name(name)}: {value:.4g}" for name, value in losses.items()) or "—"),
        (_("Parity with the exported model"), parity(version)),
        (_("Near copies of the training data"), near_of_model(version)),
        (_("Data"), str(version.dataset_version or "—")),
        *(declared(version.dataset_version) if version.dataset_version else ()),
        (_("Purpose"), (job.purpose if job else "") or _("not stated")),
        (_("Trained by"), version.created_by.username),
    ]
    return {
        "title": str(version),
        "facts": facts,
        "picture": sample_grids([job.pk]).get(job.pk, "") if job else "",
    }


def declared(version: DatasetVersion) -> list[Fact]:
    """The short form of a declaration."""
    said = version.dataset
    return [
        (_("Source"), said.source),
        (_("Licence"), said.licence),
        (_("Legal basis"), said.legal_basis),
        (_("Personal data"), written(said.contains_personal_data)),
    ]


def parity(version: ModelVersion) -> str:
    """How far the exported model and the trained one lie apart."""
    said = version.metrics.get("parity") or {}
    if "max_abs_diff" not in said:
        return "—"
    words = {"diff": f"{said['max_abs_diff']:.2g}", "tolerance": f"{said.get('tolerance', 0):.2g}"}
    return _("%(diff)s at most, where %(tolerance)s are allowed") % words


def near_of_model(version: ModelVersion) -> str:
    """What the newest job that looked for near copies found of this model."""
    rows = JobInput.objects.filter(model_version=version).select_related("job").order_by("-job_id")[:LOOKED_AT]
    said = next((row.job.result["near_copies"] for row in rows if row.job.result.get("near_copies")), None)
    return near_sentences(said)[0] if said else _("not measured: an evaluation does it")


def _alias(alias: Alias) -> dict[str, Any]:
    move = move_rows().filter(alias=alias, state=MoveState.PROPOSED).first()
    facts: list[Fact] = [(_("stands for"), str(alias.version or "—"))]
    if move:
        facts += [
            (_("Proposed"), str(move.version or _("nothing any more"))),
            (_("Proposed by"), move.proposed_by.username),
            (_("Reason"), move.reason or "—"),
        ]
    return {"title": str(alias), "facts": facts}


def _job(job: Job) -> dict[str, Any]:
    related = ("dataset_version__dataset", "model_version__model", "model_version__job", "from_job")
    rows = list(job.inputs.select_related(*related))
    inputs = ", ".join(str(row.dataset_version or row.model_version or row.from_job or row.upload_name) for row in rows)
    data = [row.dataset_version for row in rows if row.dataset_version]
    facts: list[Fact] = [
        (_("Kind"), " · ".join(filter(None, (in_language(job.kind), job.family)))),
        (_("Inputs"), inputs or "—"),
        (_("Licence"), ", ".join(sorted({one.dataset.licence for one in data})) or "—"),
        (_("Purpose"), job.purpose or _("not stated")),
        (_("Intended use"), job.intended_use or _("not stated")),
        (_("Parameters"), ", ".join(f"{name}: {value}" for name, value in parameters(job)) or "—"),
        (_("Submitted by"), job.submitted_by.username),
    ]
    return {"title": title(job), "facts": facts, "picture": _picture_of_inputs(rows)}


def _picture_of_inputs(rows: list[JobInput]) -> str:
    """The data that it learns from, else what its model drew last."""
    for row in rows:
        if row.dataset_version and (sheet := preview(row.dataset_version)):
            return sheet
    return next(iter(sample_grids(row.model_version.job_id for row in rows if row.model_version).values()), "")


def _artifact(artifact: Artifact) -> dict[str, Any]:
    near = near_sentences(artifact.job.result.get("near_copies") or {})
    flags = [f"{one.flagged_by}: {one.reason}" for one in artifact.flags.select_related("flagged_by")]
    facts: list[Fact] = [
        (_("Flags"), "; ".join(flags) or _("none")),
        (_("Model"), str(artifact.model_version)),
        (_("Near copies of the training data"), near[0] if near else _("not looked for")),
        (_("Submitted by"), artifact.job.submitted_by.username),
        (_("Purpose"), artifact.job.purpose or _("not stated")),
    ]
    picture = f"/api/v1/artifacts/{artifact.pk}/content" if artifact.media_type.startswith("image/") else ""
    return {
        "title": f"{title(artifact.job)} #{artifact.index}",
        "facts": facts,
        "picture": picture,
        "text": excerpt(artifact) if artifact.media_type == TEXT else None,
    }


ABOUT: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "dataset_version": _data, "model_version": _model, "job": _job, "artifact": _artifact, "alias": _alias,
}  # fmt: skip
