"""In what trainings differ: parameters by their titles, method, seed, and what they worked on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Plugin
from catalog.plugins import available
from desk.job.compare_runs import Run
from desk.job.input_fields import role_title
from desk.job.parameter_fields import in_words, parameter_title, title_of
from jobs.models import JobInput

NOTHING = "—"


@dataclass(frozen=True)
class Said:
    """What one run says, and the page of that thing where there is one."""

    text: str = NOTHING
    link: str = ""


@dataclass(frozen=True)
class Row:
    """One thing of which every run says something, in the order of the runs."""

    title: str
    cells: tuple[Said, ...]

    @property
    def differs(self) -> bool:
        """Whether not all say the same."""
        return len(set(self.cells)) > 1


def asked_for(runs: Sequence[Run]) -> list[Row]:
    """Method, seed and every parameter that one of them has: one query."""
    families = {row.name: row for row in available("family")}
    said = [_parameters(run, families) for run in runs]
    titles = dict.fromkeys(title for one in said for title in one)
    method = Row(_("Method"), tuple(Said(family_title(run.job.family, families)) for run in runs))
    seed = Row(_("Seed"), tuple(Said(run.job.seed) for run in runs))
    return [method, seed, *(Row(title, tuple(Said(one.get(title, NOTHING)) for one in said)) for title in titles)]


def family_title(name: str, families: dict[str, Plugin]) -> str:
    """A family in the reader's language; its name where nobody offers it now."""
    return title_of(families[name]) if name in families else name


def _parameters(run: Run, families: dict[str, Plugin]) -> dict[str, str]:
    schema = families[run.job.family].schema if run.job.family in families else {}
    order = [name for name in schema.get("properties", {}) if name in run.job.params]
    names = dict.fromkeys([*order, *run.job.params])
    return {parameter_title(schema, name): in_words(schema, name, run.job.params[name]) for name in names}


def inputs(runs: Sequence[Run]) -> list[Row]:
    """What they worked on, by role: one query."""
    related = ("dataset_version__dataset", "model_version__model")
    rows = list(JobInput.objects.filter(job__in=[run.job.pk for run in runs]).select_related(*related).order_by("pk"))
    roles = dict.fromkeys(row.role for row in rows)
    return [Row(role_title(role), tuple(_input(run, role, rows) for run in runs)) for role in roles]


def _input(run: Run, role: str, rows: Iterable[JobInput]) -> Said:
    row = next((row for row in rows if row.job_id == run.job.pk and row.role == role), None)
    if row is None:
        return Said()
    if row.dataset_version_id:
        return Said(str(row.dataset_version), _page("catalog_datasetversion", row.dataset_version_id))
    if row.model_version_id:
        return Said(str(row.model_version), _page("catalog_modelversion", row.model_version_id))
    return Said(row.upload_name or NOTHING)


def _page(model: str, pk: Any) -> str:
    return reverse(f"admin:{model}_change", args=[pk])
