"""The inputs of a job as fields: data and models to choose from by role, aliases first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import Alias, DatasetVersion, ModelVersion, Plugin, VersionState
from desk.job.control_fields import usable_models
from jobs.fitting import roles_of
from jobs.parents import ROLE as PARENT

INPUT, REFERENCE = "input_", "reference"
MODEL = INPUT + "model"
LISTED = 200  # newest data sets or models to choose from
ROLES = {
    "data": gettext_noop("Data"),
    "into": gettext_noop("Into"),
    "model": gettext_noop("Model"),
    "parent": gettext_noop("Parent model"),
    "upload": gettext_noop("File"),
    "reference": gettext_noop("Reference"),
}


def role_title(role: str) -> str:
    """What an input is called; the second of a kind is `model_2`."""
    name, _between, number = role.partition("_")
    if number.isdecimal() and name in ROLES:
        return f"{_(ROLES[name])} {number}"
    return _(ROLES[role]) if role in ROLES else role


def data_role(kind: Plugin, family: Plugin | None) -> str:
    """The input that takes the data which people choose first; "" where there is none."""
    roles = roles_of(kind, family)
    taking = [role for role, needs in roles.items() if needs["takes"] == "dataset_version" and needs["required"]]
    return "data" if "data" in taking else next(iter(taking), "")


def input_fields(
    kind: Plugin, family: Plugin | None, user: User, model: ModelVersion | None
) -> dict[str, forms.ChoiceField]:
    """A field for each input."""
    return {
        INPUT + role: _choice(role, needs, _candidates(role, family, model, user), user)
        for role, needs in roles_of(kind, family).items()
    }


def as_listed(field: forms.ChoiceField, said: str, model: ModelVersion) -> str:
    """The choice that was asked for (`name@alias` is listed by the model's id), else the model itself."""
    _name, at, word = said.rpartition("@")
    wanted = f"{model.model_id}@{word}" if at else ""
    return wanted if wanted in dict(field.choices) else str(model.pk)


def counted(version: DatasetVersion) -> str:
    """How many items it has, in words."""
    items = sum(version.counts.values())
    return ngettext("%(count)s item", "%(count)s items", items) % {"count": f"{items:,}"}


def _candidates(role: str, family: Plugin | None, model: ModelVersion | None, user: User) -> QuerySet[ModelVersion]:
    """Models that could be this input: of the family that goes on from it, or of the kind of thing that is made."""
    rows = usable_models(user)
    if role == PARENT and family:
        return rows.filter(family=family.name)
    return rows.filter(modality=model.modality) if model and INPUT + role != MODEL else rows


def _choice(role: str, needs: Mapping[str, Any], models: QuerySet[ModelVersion], user: User) -> forms.ChoiceField:
    choices = _datasets(needs, user) if needs["takes"] == "dataset_version" else _described_models(models)
    blank = [("", "—")] if not needs["required"] or not choices else []
    return forms.ChoiceField(
        label=role_title(role),
        choices=blank + choices,
        required=needs["required"],
        widget=UnfoldAdminSelectWidget,
        help_text=_help(role, needs) if choices else _nothing(needs),
    )


def _nothing(needs: Mapping[str, Any]) -> str:
    if needs["takes"] == "dataset_version":
        return _("No data set is there that fits: bring such data, or choose another method.")
    return _("There is nothing to choose from yet.")


def _help(role: str, needs: Mapping[str, Any]) -> str:
    if role == "data" and not needs["required"]:
        return _("Left empty, what the model learned from.")
    if role == REFERENCE:
        return _(
            "Normal items: the threshold comes from those of its holdout. Left empty, what the model learned from."
        )
    if role != PARENT:
        return ""
    return _("The training goes on from it; parameters that shape networks are as there where you leave them.")


def _datasets(needs: Mapping[str, Any], user: User) -> list[tuple[str, str]]:
    rows = DatasetVersion.objects.filter(dataset__project__in=visible_projects(user), state=VersionState.READY)
    if needs["modalities"]:
        rows = rows.filter(dataset__modality__in=needs["modalities"])
    rows = rows.select_related("dataset__project")[:LISTED]
    return [(str(row.pk), f"{row} · {counted(row)} · {row.dataset.project.slug}") for row in rows]


def _described_models(rows: QuerySet[ModelVersion]) -> list[tuple[str, str]]:
    """Aliases first: what they stand for is found when the job is submitted."""
    shown = rows[:LISTED]
    aliases = Alias.objects.filter(version__in=list(shown)).select_related("model__project", "version__model")
    known = [
        (f"{alias.model_id}@{alias.name}", f"{alias} → {alias.version} · {alias.model.project.slug}")
        for alias in aliases.order_by("model__name", "name")
    ]
    return known + [
        (str(row.pk), f"{row} · {row.get_stage_display()} · {row.model.project.slug}") for row in shown
    ]  # fmt: skip
