"""The fields of a declaration: what each means, why it is asked, an example, and what follows from the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import Project
from audit.models import ProjectPolicy
from audit.policies import policies
from catalog.models import Dataset
from desk.review.policy_admin import title

Words = Any  # a text, translated or lazily so


@dataclass(frozen=True)
class Explained:
    """What stands beside a field: `example` as somebody would type it, `why` it is asked, `follows` from the answer."""

    example: Words
    why: Words
    follows: Words


EXPLAINED = {
    "project": Explained(
        "",
        _("Everything belongs to one project: its members, its quota and its policies."),
        _("Members of this project see the data, and nobody else does. It cannot be moved later."),
    ),
    "name": Explained(
        _("chest-xray-2024"),
        _("People and jobs find the data by it."),
        _("It stands in lists, model cards and manifests. It is given once in each project and stays."),
    ),
    "source": Explained(
        _("PACS of St Mary's, exported 2024-03, study XR-17"),
        _("Somebody who asks in a year where a model comes from must be able to find the place."),
        _("It is copied into every model card and manifest, and reviewers read it before they approve."),
    ),
    "licence": Explained(
        _("CC-BY-4.0, or internal"),
        _("What may be made from data is decided by the terms under which you hold them."),
        _("Models inherit it, and it goes into their cards. A policy of the project may refuse words such as ND."),
    ),
    "legal_basis": Explained(
        _("consent of the patients (form 3b), or public domain"),
        _("Whoever processes data needs a ground for it; for personal data the law asks for one."),
        _("It goes into the model card and the evidence; a reviewer compares it with the answer on personal data."),
    ),
    "contains_personal_data": Explained(
        _("yes: faces, names in texts, X-rays that carry an id"),
        _("Models can repeat what they learned from, and people have rights over data about them."),
        _(
            "With yes, the policy “No personal data without privacy” refuses methods that train without privacy, "
            "where the project has set it; and reviewers see it first."
        ),
    ),
    "sensitive_attributes": Explained(
        _("health, age"),
        _("Some attributes must not decide how people are treated, and harm more when they leak."),
        _("Reviewers see them, and that policy counts such data as personal even if you answered no above."),
    ),
    "notes": Explained(
        _("faces are blurred; scanner B only from May on"),
        _("What a colleague would want to know before using the data."),
        _("It goes into the card. It can be erased together with the data set."),
    ),
}


def whose_fields(projects: list[tuple[str, str]]) -> dict[str, forms.Field]:
    """Project and name."""
    return {
        "project": forms.ChoiceField(
            label=_("Project"),
            choices=projects,
            widget=UnfoldAdminSelectWidget,
            help_text=_("Its members see the data; nobody else does."),
        ),
        "name": forms.CharField(
            label=_("Name"),
            max_length=100,
            widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
            help_text=_("Once in each project."),
        ),
    }


def declaration_fields() -> dict[str, forms.Field]:
    """What a reviewer needs to know; the model's own words say what each part means."""
    rows = {name: Dataset._meta.get_field(name) for name in ("source", "licence", "legal_basis")}
    said: dict[str, forms.Field] = {
        name: forms.CharField(
            label=capfirst(row.verbose_name),
            max_length=row.max_length or 4000,
            widget=UnfoldAdminTextInputWidget(attrs={"list": "known-licences"} if name == "licence" else {}),
            help_text=row.help_text,
        )
        for name, row in rows.items()
    }
    said["contains_personal_data"] = forms.BooleanField(
        label=_("Contains personal data"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Yes if a person could be recognised, also with other data."),
    )
    said["sensitive_attributes"] = forms.CharField(
        label=_("Sensitive attributes"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("For example health, origin, age; separated by commas. Reviewers see it."),
    )
    said["notes"] = forms.CharField(
        label=_("Notes"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Whatever a reviewer should know."),
    )
    return said


def policies_set(projects: Iterable[Project]) -> list[dict[str, Any]]:
    """What the person's projects ask of data: {project, titles}; only policies that look at data."""
    looking = {name: title(policies()[name]) for name in ("forbid_personal_data", "licence_forbids", "require_review")}
    found = []
    for project in projects:
        rows = ProjectPolicy.objects.filter(project_id=project.pk, name__in=looking).values_list("name", flat=True)
        found.append({"project": project, "titles": [looking[name] for name in sorted(rows)]})
    return found
