"""What the kinds of things are called, and the pages that show them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from desk.job.page import title
from desk.words.verbs import subject_title
from models_store.ids import is_uuid

PAGES = {
    "project": "admin:accounts_project_change",
    "dataset": "admin:catalog_dataset_change",
    "dataset_version": "admin:catalog_datasetversion_change",
    "model_version": "admin:catalog_modelversion_change",
    "job": "admin:jobs_job_change",
    "artifact": "admin:lineage_artifact_change",
    "alias": "admin:catalog_alias_change",
}


def word(kind: str) -> str:
    """The kind in the reader's language."""
    return subject_title(kind)


def named(kind: str, thing: Any) -> str:
    """A row as people call it: an artifact by its job and its number there."""
    return f"{title(thing.job)} #{thing.index}" if kind == "artifact" else title(thing) if kind == "job" else str(thing)


def link_to(kind: str, subject_id: Any) -> str:
    """The page of a thing; "" for one that has none."""
    return reverse(PAGES[kind], args=[subject_id]) if kind in PAGES and is_uuid(str(subject_id)) else ""
