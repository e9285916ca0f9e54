"""What a finished job leaves behind: bytes go into the store at once, rows are written by the returned function.

The order matters: a blob without a row is swept up later, a row without its blob would be a lie.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from audit import stamping
from catalog import services as catalog
from catalog.models import SHOWN, DatasetVersion, ModelVersion
from catalog.store import blobs, namespace
from config import clock
from jobs import near_pairs, sweep
from jobs.models import Job
from lineage import verdicts
from lineage.manifests import rights_of
from lineage.models import Artifact
from lineage.services import newest_is_covered
from models_store.blobs import put_all
from models_store.bundle import finish_bundle
from models_store.facts import BundleFacts, ChosenPath, DataFacts, ParentFacts, Parity, Rights
from models_store.keys import Keyring
from workers.tasks import archives
from workers.tasks.listing import LISTING, files_of, streamed, write_listing

Record = Callable[[], dict[str, Any]]
BESIDE = ("sheet", "scores")  # files beside figures
JUDGED = ("near_copies", "withheld", "withheld_count")  # what guards said of what a job made
LIMITS = ("No fairness, safety or privacy property was measured unless a figure above says so.",)
INEXACT = "The training was interrupted and went on under changed conditions (exact_why): done anew, it differs."
INEXACT_ZH = "训练曾中断，并在改变了的条件下继续（见 exact_why）：重新训练的结果会有差异。"
LIMITS_ZH = ("除上文列出的指标外，未测量公平性、安全性或隐私属性。",)


def keep_folder(job: Job, place: Path) -> dict[str, str]:
    """Every file below a folder into the job's project's store: relative name -> sha256."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    kept = put_all(blobs(), namespace(job.project), files)
    return {path.relative_to(place).as_posix(): sha256 for path, sha256 in zip(files, kept, strict=True)}


def dataset_version(job: Job, folder: Path, result: dict[str, Any], *, actor: str) -> Record:
    """A data set version that is ready."""
    place = folder / result["dataset"]
    files, said = keep_folder(job, place), json.loads((place / "dataset.json").read_text(encoding="utf-8"))
    if shown := result.get("shown"):
        files |= {f"{SHOWN}{name}": sha256 for name, sha256 in keep_folder(job, folder / shown).items()}
    into = job.inputs.get(role="into").dataset_version_id

    def record() -> dict[str, Any]:
        catalog.fill_version(into, actor=actor, files=files, said=said, problems=result["problems"])
        return {"dataset_version": str(into), "counts": said["counts"], "problems": result["problems"][:20]}

    return record


def model_version(job: Job, folder: Path, result: dict[str, Any], *, actor: str) -> Record:
    """A signed bundle and the draft version that stands for it."""
    bundle = folder / result["bundle"]
    related = ("dataset_version__dataset", "model_version__model__project")
    rows = sorted(job.inputs.select_related(*related), key=lambda row: row.role)  # as the engine sorts, not a database
    data = {row.role: row.dataset_version for row in rows if row.dataset_version}
    parents = {row.role: row.model_version for row in rows if row.model_version}
    metrics = result["metrics"]
    job.refresh_from_db(fields=["facts"])  # how this attempt runs was told after it was claimed
    name = job.name or f"{job.family}-{next(iter(data.values())).dataset.name}"
    facts = _bundle_facts(job, name, data, parents, metrics)
    sha256 = finish_bundle(bundle, facts, Keyring.load(settings.KEYS_FOLDER).bundle)
    files = keep_folder(job, bundle)
    events = blobs().put(namespace(job.project), folder / result["tensorboard"])
    near = keep_near(job, folder, result.get("near"))
    first = next(iter(data.values()))

    def record() -> dict[str, Any]:
        version = catalog.publish_model(
            job.project,
            name,
            actor=actor,
            created_by=job.submitted_by,
            family=job.family,
            modality=first.dataset.modality,
            sha256=sha256,
            files=files,
            metrics=metrics,
            near=near,
            job=job,
            dataset_version=first,
        )
        numbers = {key: result[key] for key in ("steps", "samples_per_s") if key in result}
        said = {"model_version": str(version.pk), "model": str(version.model_id), "version": version.number}
        said |= {"name": str(version), "bundle_sha256": sha256, "tensorboard_sha256": events}
        return said | numbers

    return record


def keep_near(job: Job, folder: Path, said: dict[str, Any] | None) -> dict[str, Any]:
    """The near-copy index into the store, private to it; what is said of it, and its digest."""
    if not said:
        return {}
    told = {name: value for name, value in said.items() if name != "file"}
    return {"sha256": blobs().put(namespace(job.project), folder / said["file"])} | told


def _bundle_facts(
    job: Job,
    name: str,
    data: dict[str, DatasetVersion],
    parents: dict[str, ModelVersion],
    metrics: dict[str, Any],
) -> BundleFacts:
    parity = metrics.get("parity", {})
    return BundleFacts(
        model=name,
        job=str(job.pk),
        seed=job.seed,
        family=job.family,
        params=job.params,
        data={role: _data_facts(version) for role, version in data.items()},
        parents={
            role: ParentFacts(name=str(version), version=str(version.pk), sha256=version.sha256)
            for role, version in parents.items()
        },
        rights=_rights(job, data, parents),
        made_by=job.submitted_by.username,
        made_at=clock.now().isoformat(timespec="seconds"),
        figures={
            key: {"value": value, "unit": ""}
            for key, value in metrics.get("losses", {}).items()
            if isinstance(value, int | float)
        },
        parity=Parity(
            max_abs_diff=parity["max_abs_diff"],
            tolerance=parity["tolerance"],
            batch_sizes=tuple(int(size) for size in parity["batches"]),
        )
        if parity
        else None,
        path=_chosen_path(metrics.get("paths", {})),
        ran_on=job.facts,
        limits=LIMITS if job.facts.get("exact", True) else (*LIMITS, INEXACT),
        limits_zh=LIMITS_ZH if job.facts.get("exact", True) else (*LIMITS_ZH, INEXACT_ZH),
        purpose=job.purpose,
        intended_use=job.intended_use,
    )


def _chosen_path(said: dict[str, Any]) -> ChosenPath | None:
    """What the table of paths (workers/engine/paths/table.py) chose; None where nothing was measured."""
    if not (chosen := said.get("chosen")):
        return None
    name, threads = chosen["path"], chosen["threads"]
    return ChosenPath(name=name, threads=threads, faster=chosen["faster"], processor=said.get("processor", ""))


def _rights(job: Job, data: dict[str, DatasetVersion], parents: dict[str, ModelVersion]) -> Rights:
    """Those of the data, and of whatever the model went on from: what that inherited is inherited again."""
    before = [rights_of(version) for version in parents.values()]
    sources = [str(version) for version in (*data.values(), *parents.values())]
    sources += [source for rights in before for source in rights.inherited_from]
    licences = {version.dataset.licence for version in data.values()}
    licences |= {part for rights in before for part in rights.licence.split("; ") if part}
    return Rights(
        owner=job.project.title or job.project.slug,
        licence="; ".join(sorted(licences)),
        inherited_from=tuple(dict.fromkeys(sources)),
    )


def _data_facts(version: DatasetVersion) -> DataFacts:
    dataset = version.dataset
    return DataFacts(
        name=str(version),
        version=str(version.pk),
        sha256=version.sha256,
        source=dataset.source,
        licence=dataset.licence,
        counts=version.counts,
        modality=dataset.modality,
        legal_basis=dataset.legal_basis,
        contains_personal_data=dataset.contains_personal_data,
        sensitive_attributes=tuple(dataset.sensitive_attributes),
    )


def artifacts(
    job: Job, folder: Path, result: dict[str, Any], *, actor: str, growing: archives.Growing | None = None
) -> Record:
    """The contact sheet and one stored, signed zip of everything the job made, of which `growing` holds what it can."""
    rows = Artifact.objects.filter(job=job).order_by("index")
    listing, count = folder / LISTING, write_listing(folder / LISTING, job, rows)
    if growing is None or not growing.holds(count):
        growing = _from_rows(job, folder, rows, growing)
    try:
        with listing.open("rb") as file:
            growing.zip.add(LISTING, file)
        credential, place = archives.seal(growing.zip, job, count), folder / archives.PLACE
    finally:
        growing.close()  # who tries again, after the database was away, begins with the rows
    archive, sheet = put_all(blobs(), namespace(job.project), [place, folder / result["sheet"]])

    def record() -> dict[str, Any]:
        stamping.request(stamping.ARCHIVE, str(job.pk), archive)
        return {
            "count": count,
            "archive": f"/api/v1/jobs/{job.pk}/archive",
            "archive_sha256": archive,
            "archive_credential": credential,
            "sheet_sha256": sheet,
            "items_per_s": result.get("items_per_s"),
            **{name: result[name] for name in JUDGED if name in result},
        }

    return record


def _from_rows(job: Job, folder: Path, rows: QuerySet[Artifact], before: archives.Growing | None) -> archives.Growing:
    """The archive from the store, an artifact at a time; what there was of it before is let go."""
    if before is not None:
        before.close()
    growing, space = archives.Growing(folder), namespace(job.project)
    for row in streamed(rows):
        growing.add(row.index, {name: blobs().read(space, sha256) for name, sha256 in files_of(row).items()})
    return growing


def findings(job: Job, folder: Path, result: dict[str, Any], *, actor: str) -> Record:
    """What was found in a file that came back, and the verdict that follows."""
    sweep.sequence(actor=actor, asked=not newest_is_covered())  # so that what was released a moment ago has its proof
    verdict = verdicts.judge(result)
    return lambda: verdict


def figures(job: Job, folder: Path, result: dict[str, Any], *, actor: str) -> Record:
    """Figures need no keeping beyond the job's own row; a picture and a list of items beside them do."""
    said = {name: value for name, value in result.items() if name not in ("near_pairs", *BESIDE)}
    for name in BESIDE:
        if file := result.get(name):
            said[f"{name}_sha256"] = blobs().put(namespace(job.project), folder / file)
    if pairs := result.get("near_pairs"):  # they show the data, and lie where those do
        said[near_pairs.SHA256] = blobs().put(namespace(near_pairs.shown_project(job)), folder / pairs)
    return lambda: said


KEEPERS = {
    "dataset_version": dataset_version,
    "model_version": model_version,
    "artifacts": artifacts,
    "findings": findings,
    "estimate": figures,
    "figures": figures,
}
