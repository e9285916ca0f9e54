"""Models that keep the very items they were made of (`resample`): an erasure of data reaches into them.

What such a training draws is real, so its sample grids go with the items. Papers stay: cards, manifest, signature.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from catalog.models import ModelVersion, Plugin
from jobs.models import Job, JobEvent
from lineage.references import digests
from models_store.bundle import MANIFEST, SIGNATURE

PAPERS = ("card.md", "card.zh.md", MANIFEST, SIGNATURE)
DRAWN = "tensorboard_sha256"  # in a training's result: its event file holds the grids


def families() -> set[str]:
    """Families whose models hold real items, whether or not anybody offers them just now."""
    return set(Plugin.objects.filter(kind="family", abilities__releases=False).values_list("name", flat=True))


def keeps_items(version: ModelVersion) -> bool:
    """Whether it holds real items."""
    return version.family in families()


def give_up_items(learning: QuerySet[Job], models: Iterable[ModelVersion]) -> set[str]:
    """The rows give up what shows real items; returns its digests."""
    gone, keeping = set[str](), families()
    for version in models:
        if version.family not in keeping:
            continue
        gone |= {sha256 for name, sha256 in version.files.items() if name not in PAPERS}
        papers = {name: sha256 for name, sha256 in version.files.items() if name in PAPERS}
        ModelVersion.objects.filter(pk=version.pk).update(files=papers)
    drawing = learning.filter(family__in=keeping)
    grids = JobEvent.objects.filter(job__in=drawing, type="sample")
    gone |= {one for said in grids.values_list("data", flat=True) for one in digests(said)}
    grids.delete()
    for job in drawing.only("pk", "result"):
        if DRAWN in job.result:
            gone.add(job.result.pop(DRAWN))
            job.save(update_fields=["result"])
    return gone
