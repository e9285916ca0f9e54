"""From job rows to an order: an attempt folder with plain values and materialised inputs, and the secrets beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from accounts.models import Project
from audit.policies import guards_for
from catalog.models import SHOWN, ModelVersion
from catalog.plugins import plugin
from catalog.store import blobs, namespace
from jobs.models import Job, JobInput, State
from lineage import manifests
from models_store.bundle import signer_of, verify_bundle
from models_store.errors import IntegrityFailure, NotFound
from models_store.keys import Keyring, job_mark_key
from workers.tasks import roll
from workers.tasks.guard_orders import guarded

PRODUCER = "Kilnmark"
WAY = ("precision", "layout")
READS_NOTHING = ("estimate",)  # it is told what the inputs are like, and gets none of them


def prepare(
    job: Job, attempt: int, folder: Path, keyring: Keyring, produces: str, inputs: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Write order.json with everything it names; returns it, and the secrets, which go down the pipe only.

    What a job gets beyond its inputs follows from what its kind `produces`. `inputs` are those of an order that this
    one runs with, which are the same and lie there already.
    """
    folder.mkdir(parents=True, mode=0o700)
    order: dict[str, Any] = {
        "version": 1,
        "kind": job.kind,
        "job": str(job.pk),
        "attempt": attempt,
        "seed": job.seed,
        "device": settings.DEVICE,
        "threads": job.facts.get("threads") or max(1, (os.cpu_count() or 2)),
        "micro_batch": job.facts.get("micro_batch", 0),
        "processes": settings.PROCESSES,
        "facts": job.facts,
        "params": job.params,
        "inputs": inputs or ({} if produces in READS_NOTHING else _inputs_of(job, folder, keyring)),
        "resume": _checkpoint(job, folder),
    }
    if job.family:
        order["family"] = job.family
    secrets: dict[str, str] = {}
    if extend := EXTRA.get(produces):
        secrets = extend(job, order, keyring)
    (folder / "order.json").write_text(json.dumps(order, ensure_ascii=False, indent=1), encoding="utf-8")
    return order, secrets


def _inputs_of(job: Job, folder: Path, keyring: Keyring) -> dict[str, Any]:
    return {row.role: _place(job, row, folder, keyring) for row in job.inputs.all()}


def to_be_run() -> QuerySet[Job]:
    """Jobs with their inputs and all that an order says of them."""
    related = ("dataset_version__dataset__project", "model_version__model__project")
    return Job.objects.select_related("project").prefetch_related(
        Prefetch("inputs", JobInput.objects.select_related(*related))
    )


def _place(job: Job, row: JobInput, folder: Path, keyring: Keyring) -> dict[str, Any]:
    place = folder / "inputs" / row.role
    if row.upload_sha256:
        path = blobs().path(namespace(job.project), row.upload_sha256)
        return {"path": str(path), "name": row.upload_name, "sha256": row.upload_sha256}
    source = row.dataset_version or row.model_version
    if source is None:
        raise ValueError(f"input {row.role} of job {job.pk} names nothing")
    if not source.files:  # a data set version that this very job fills
        return {"builtin": source.options["builtin"]} if source.options.get("builtin") else {}
    project = source.dataset.project if row.dataset_version else source.model.project
    files = {name: sha256 for name, sha256 in source.files.items() if not name.startswith(SHOWN)}
    way_out = "restore the store from its copy, or take another version"
    _lay_out(namespace(project), files, place, of=str(source), field=f"inputs.{row.role}", way_out=way_out)
    if row.model_version:
        verify_bundle(place, keyring.public_key(signer_of(place)))
    return {"path": str(place), "sha256": source.sha256}


def _checkpoint(job: Job, folder: Path) -> str | None:
    files = job.checkpoint.get("files")
    if not files:
        return None
    way_out = "clone the job, and the copy starts afresh"
    place = folder / "resume"
    _lay_out(namespace(job.project), files, place, of="the saved state", field="resume", way_out=way_out)
    return str(place)


def _lay_out(space: str, files: Mapping[str, str], place: Path, *, of: str, field: str, way_out: str) -> None:
    """Stored files into a folder; IntegrityFailure with the name of one that is damaged or missing, and the way out."""
    try:
        blobs().materialise(space, files, place)
    except (IntegrityFailure, NotFound) as wrong:
        sha256 = wrong.got if isinstance(wrong, NotFound) else wrong.expected
        name = next((name for name, known in files.items() if known == sha256), "a file")
        found = "no such file" if isinstance(wrong, NotFound) else wrong.got
        raise IntegrityFailure(
            f"{name} of {of} is missing in the store or is no longer what was stored: {way_out}.",
            field=field, expected=sha256, got=found,
        ) from wrong  # fmt: skip


def _ingest(job: Job, order: dict[str, Any], keyring: Keyring) -> dict[str, str]:
    version = job.inputs.select_related("dataset_version__dataset").get(role="into").dataset_version
    order["modality"] = version.dataset.modality
    into = order["inputs"].pop("into")
    if into:
        order["inputs"] = into
    return {}


def _release(job: Job, order: dict[str, Any], keyring: Keyring) -> dict[str, str]:
    order["done"] = sorted(job.artifacts.values_list("index", flat=True))
    order |= guarded(job)
    order["release"] = {
        "job": str(job.pk),
        "project": str(job.project_id),
        "models": {row.role: released_as(row.model_version) for row in job.inputs.all() if row.model_version},
        "manifest_digest": manifests.public_digest(job),
        "producer": PRODUCER,
        "certificates_pem": keyring.credential_chain_pem,
        "guards": guards_for(job.project_id),
    }
    return {"mark_key": job_mark_key(keyring.project_mark_key(str(job.project_id)), str(job.pk)).hex()}


def released_as(version: ModelVersion) -> dict[str, Any]:
    """What credentials and labels say of the model that made a file, and of whose its data are."""
    said = {"model_version": str(version.pk), "model_name": str(version), "stage": version.stage}
    return said | {"rights": asdict(manifests.rights_of(version))}


def _estimate(job: Job, order: dict[str, Any], keyring: Keyring) -> dict[str, str]:
    order["specs"] = {row.role: row.dataset_version.spec for row in job.inputs.all() if row.dataset_version}
    order["way"] = _way_before(job)
    return {}


def _way_before(job: Job) -> dict[str, Any]:
    """How the last training of the same networks here chose to compute ({precision, layout}); {} where none has."""
    schema = plugin("family", job.family).schema.get("properties", {})
    alike = {f"params__{name}": job.params[name] for name, said in schema.items()
             if said.get("shapes") and name in job.params}  # fmt: skip
    before = Job.objects.filter(
        project=job.project_id, kind="train", family=job.family, state=State.SUCCEEDED, params__precision="auto",
        facts__device=settings.DEVICE, facts__has_keys=WAY, **alike,
    ).order_by("-pk")  # fmt: skip
    facts = before.values_list("facts", flat=True).first() or {}
    return {name: facts[name] for name in WAY if name in facts}


def _train(job: Job, order: dict[str, Any], keyring: Keyring) -> dict[str, str]:
    order["measure_s"] = settings.MEASURE_S
    return {}


def _verify(job: Job, order: dict[str, Any], keyring: Keyring) -> dict[str, str]:
    order["jobs"] = roll.listed(settings.PATTERNS_FOLDER)
    order["trust"] = {"root_pem": keyring.root_pem}
    projects = [str(project) for project in Project.objects.values_list("pk", flat=True)]
    return {"mark_keys": json.dumps({project: keyring.project_mark_key(project).hex() for project in projects})}


EXTRA = {
    "dataset_version": _ingest, "artifacts": _release, "findings": _verify, "estimate": _estimate,
    "model_version": _train,
}  # fmt: skip
