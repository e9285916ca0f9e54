"""Texts as a generate job leaves them, with something beside each; nothing here says what is tested."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Project, User
from audit import sequencer
from catalog.store import blobs, namespace
from jobs.models import JobInput, State
from lineage.models import Artifact
from lineage.services import keep_artifacts
from models_store.keys import Keyring
from tests import builders
from tests.home import HOME


def written(home: Project, owner: User, texts: Sequence[str]) -> list[Artifact]:
    """A finished generate job with these texts, a stand-in for credential and label beside each, and a log proof."""
    version = builders.model_version(home, owner, name="plays-lstm", family="lstm", modality="text")
    job = builders.job(home, owner, "generate", state=State.SUCCEEDED, queue="generate.cpu", params={"count": 1})
    JobInput.objects.create(job=job, role="model", model_version=version)
    space, items = namespace(home), []
    for index, text in enumerate(texts):
        beside = {"c2pa": f"credential of {index}".encode(), "xmp": f"label of {index}".encode()}
        sha256 = blobs().put(space, text.encode())
        items.append(
            {"index": index, "sha256": sha256, "content_sha256": sha256, "media_type": "text/plain",
             "size": len(text.encode()), "seed": str(index), "marks": {"label": {"aigc": True}},
             "sidecars": {name: {"sha256": blobs().put(space, data), "size": len(data)}
                          for name, data in beside.items()}}
        )  # fmt: skip
    rows = keep_artifacts(job, items, actor="worker test")
    sequencer.sequence()
    sequencer.sign_head(Keyring.load(HOME / "keys"))
    return rows
