"""What changed from one version of a model to another: data, parameters, figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import ModelVersion, Plugin
from desk.job.amounts import rounded
from desk.job.parameter_fields import in_words, parameter_title, title_of
from desk.model.figure_names import figure_name, unit_of, unit_said
from desk.model.figure_order import rank
from desk.model.measured import Measured

NOTHING = "—"
LISTED = 12  # versions of the picker


@dataclass(frozen=True)
class Change:
    """One thing that is not what it was."""

    title: str
    before: str
    now: str


def versions_of(version: ModelVersion) -> list[ModelVersion]:
    """The newest versions of its model, and itself: one query."""
    rows = list(version.model.versions.order_by("-number").only("pk", "number", "stage", "model")[:LISTED])
    return rows if version.pk in {row.pk for row in rows} else [*rows, version]


def earlier(version: ModelVersion, asked: str) -> ModelVersion | None:
    """The version to compare with: the number that was asked for, else the one before it."""
    rows = version.model.versions.exclude(pk=version.pk).select_related("model", "job", "dataset_version__dataset")
    if asked.isascii() and asked.isdecimal() and len(asked) < 9:
        return rows.filter(number=int(asked)).first()
    return rows.filter(number__lt=version.number).order_by("-number").first()


def changes(
    before: ModelVersion, now: ModelVersion, families: dict[str, Plugin], found: dict[Any, dict[str, Measured]]
) -> list[Change]:
    """What differs between two versions; `found` (measured.measured) holds what was measured of both."""
    said = [(before, _said(before, families, found)), (now, _said(now, families, found))]
    titles = dict.fromkeys([*said[0][1], *said[1][1]])
    rows = [Change(title, said[0][1].get(title, NOTHING), said[1][1].get(title, NOTHING)) for title in titles]
    return [row for row in rows if row.before != row.now]


def _said(version: ModelVersion, families: dict[str, Plugin], found: dict[Any, dict[str, Measured]]) -> dict[str, str]:
    """By title: data, method, seed, parameters, then figures."""
    row = families.get(version.family)
    schema = row.schema if row else {}
    said = {_("Data"): str(version.dataset_version or NOTHING), _("Method"): title_of(row) if row else version.family}
    if version.job:
        said[_("Seed")] = version.job.seed
        params = version.job.params
        said |= {parameter_title(schema, name): in_words(schema, name, value) for name, value in params.items()}
    scores = {f"holdout_{name}": one["value"] for name, one in version.metrics.get("holdout", {}).items()}
    losses = {
        name: value for name, value in version.metrics.get("losses", {}).items() if isinstance(value, int | float)
    }
    told = (scores | losses).items()
    said |= {figure_name(name): f"{rounded(value)} {unit_of(name)}".strip() for name, value in told}
    known = sorted(found.get(version.pk, {}).values(), key=lambda one: rank(one.name))
    return said | {figure_name(one.name): f"{rounded(one.value)} {unit_said(one.unit)}".strip() for one in known}
