"""What the kinds of things are called, and the pages that show them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from models_store.ids import is_uuid

WORDS = {
    "project": gettext_noop("project"),
    "dataset": gettext_noop("data set"),
    "dataset_version": gettext_noop("data set version"),
    "model_version": gettext_noop("model version"),
    "job": gettext_noop("job"),
    "artifact": gettext_noop("artifact"),
    "alias": gettext_noop("alias"),
}
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
    return _(WORDS[kind]) if kind in WORDS else kind


def link_to(kind: str, subject_id: Any) -> str:
    """The page of a thing; "" for one that has none."""
    return reverse(PAGES[kind], args=[subject_id]) if kind in PAGES and is_uuid(str(subject_id)) else ""
