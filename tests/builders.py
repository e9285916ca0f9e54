"""Rows that tests begin with; nothing here says what is tested."""

from __future__ import annotations

import io
from typing import Any

from django.test import Client
from PIL import Image

from accounts.models import Membership, Project, Role, User
from accounts.services import issue_token
from audit import sequencer
from catalog.models import Dataset, DatasetVersion, Model, ModelVersion, VersionState
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job, JobInput, State
from lineage.models import Artifact
from lineage.services import keep_artifacts
from models_store.canonical import digest

NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
SPEC = {
    "modality": "image",
    "classes": [],
    "fields": [{"name": "image", "kind": "continuous", "shape": [1, 32, 32], "size": None}],
}


def plugin(kind: str, name: str, properties: dict[str, Any] | None = None, **abilities: Any) -> dict[str, Any]:
    """What a worker announces of one plug-in."""
    schema = NO_PARAMETERS | {"properties": properties or {}}
    titles = {"title": name, "title_zh": name, "summary": "", "summary_zh": ""}
    digests = {"schema_digest": digest(str(schema).encode()), "code_digest": digest(name.encode())}
    return {"kind": kind, "name": name, "schema": schema, "abilities": abilities} | titles | digests


def role(takes: str) -> dict[str, Any]:
    """One required input."""
    return {"takes": takes, "required": True, "modalities": []}


PLUGINS = [
    plugin(
        "modality",
        "image",
        {
            "size": {"type": "integer", "minimum": 8, "maximum": 256, "default": 32},
            "channels": {"enum": ["grey", "rgb"], "default": "grey"},
        },
        builtins=["digits"],
        file_types=[".zip", ".png"],
    )
    | {"title_zh": "图像"},
    plugin(
        "family",
        "dcgan",
        {
            "steps": {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 100, "title_zh": "训练步数"},
            "learning_rate": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 1,
                "default": 0.0002,
                "title_zh": "学习率",
            },
        },
        roles={"data": role("dataset_version")},
    ),
    plugin("kind", "ingest", queue="io", chooses_family=False, produces="dataset_version", roles={}),
    plugin("kind", "train", queue="train", chooses_family=True, produces="model_version", roles={}),
    plugin(
        "kind",
        "generate",
        {"count": {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1, "title_zh": "数量"}},
        queue="generate",
        chooses_family=False,
        produces="artifacts",
        roles={"model": role("model_version")},
    ),
    plugin("kind", "verify", queue="io", chooses_family=False, produces="findings", roles={}),
]


def person(name: str, **facts: Any) -> User:
    """A user with the password `pass-of-NAME`."""
    return User.objects.create_user(name, password=f"pass-of-{name}", **facts)


def project(name: str, **members: User) -> Project:
    """A project; keywords name roles (viewer, submitter, reviewer, owner)."""
    made = Project.objects.create(slug=name, title=name.title())
    Membership.objects.bulk_create(
        Membership(project=made, user=user, role=Role(role_name)) for role_name, user in members.items()
    )
    return made


def client(user: User, **said: Any) -> Client:
    """An HTTP client that carries a fresh token of the user."""
    _, secret = issue_token(user, **said)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def png(shade: int = 128) -> bytes:
    """A small grey picture."""
    out = io.BytesIO()
    Image.new("L", (32, 32), shade).save(out, "PNG")
    return out.getvalue()


def dataset(home: Project, owner: User, name: str = "digits") -> Dataset:
    """A declared data set."""
    declaration = {"source": "scanner 3", "licence": "CC0", "legal_basis": "consent"}
    return Dataset.objects.create(project=home, name=name, modality="image", created_by=owner, **declaration)


def dataset_version(home: Project, owner: User, name: str = "digits") -> DatasetVersion:
    """A version that is ready, with its pictures in the store."""
    files = {kind: blobs().put(namespace(home), png(shade)) for kind, shade in (("preview.png", 10), ("mean.png", 20))}
    return DatasetVersion.objects.create(
        dataset=dataset(home, owner, name), number=1, state=VersionState.READY, files=files, spec=SPEC,
        sha256="d" * 64, counts={"train": 90, "holdout": 10}, created_by=owner,
    )  # fmt: skip


def job(home: Project, owner: User, kind: str = "train", **facts: Any) -> Job:
    """A job row, queued unless told otherwise."""
    said: dict[str, Any] = {"queue": "train.cpu", "seed": "7", "created_at": clock.now()}
    return Job.objects.create(project=home, kind=kind, submitted_by=owner, **(said | facts))


def model_version(home: Project, owner: User, name: str = "digits-dcgan", **facts: Any) -> ModelVersion:
    """A draft with a small bundle in the store."""
    files = {
        file: blobs().put(namespace(home), data)
        for file, data in (("card.md", b"# Card\n"), ("card.zh.md", "# 卡片\n".encode()), ("metrics.json", b"{}"))
    }
    model, _ = Model.objects.get_or_create(project=home, name=name)
    said: dict[str, Any] = {"family": "dcgan", "modality": "image", "sha256": "b" * 64, "files": files}
    return ModelVersion.objects.create(
        model=model, number=model.versions.count() + 1, created_by=owner, **(said | facts)
    )


def generated(home: Project, owner: User, count: int = 3) -> list[Artifact]:
    """A finished generate job with its artifacts in store and log; the log has a signed head over them."""
    from models_store.keys import Keyring
    from tests.home import HOME

    version = model_version(home, owner)
    made = job(home, owner, "generate", state=State.SUCCEEDED, queue="generate.cpu", params={"count": count})
    JobInput.objects.create(job=made, role="model", model_version=version)
    items = []
    for index in range(count):
        data = png(index)
        sha256 = blobs().put(namespace(home), data)
        items.append(
            {"index": index, "sha256": sha256, "content_sha256": sha256, "media_type": "image/png",
             "size": len(data), "seed": str(index), "marks": {"watermark": {"z": 9.1}}}
        )  # fmt: skip
    rows = keep_artifacts(made, items, actor="worker test")
    sequencer.sequence()
    sequencer.sign_head(Keyring.load(HOME / "keys"))
    return rows
