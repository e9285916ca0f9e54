"""The form that declares a data set and brings its first version, or brings a further version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import Role, User
from catalog.models import Dataset, DatasetVersion, Plugin
from catalog.services import declare_dataset
from desk.form_errors import place
from desk.job.parameter_fields import parameter_fields, parameters
from desk.people.roles import projects_as
from jobs.models import Job
from jobs.uploads import ingest
from models_store.errors import ProductError

OPTION = "option_"
PLACES = {"declaration.": "", "options.": OPTION}


class BringForm(forms.Form):
    """A file or a built-in set, and the modality's options."""

    def __init__(self, modality: Plugin, *, user: User, **said: Any) -> None:
        super().__init__(**said)
        self.modality, self.user = modality, user
        builtins = modality.abilities.get("builtins", [])
        types = ", ".join(modality.abilities.get("file_types", []))
        self.fields["file"] = forms.FileField(
            label=_("File"),
            required=False,
            allow_empty_file=True,
            widget=forms.FileInput(attrs={"class": "km-file"}),
            help_text=_("Read are: %(types)s.") % {"types": types},
        )
        self.fields["builtin"] = forms.ChoiceField(
            label=_("or a built-in set"),
            required=False,
            choices=[("", _("none: I bring a file")), *((name, name) for name in builtins)],
            widget=UnfoldAdminSelectWidget,
            help_text=_("Small public sets to try things with."),
        )
        self.options = parameter_fields(modality.schema, OPTION)
        self.fields |= self.options

    def about_fields(self) -> list[forms.BoundField]:
        """The declaration."""
        return [self[name] for name in self.fields if name not in self.options and name not in ("file", "builtin")]

    def file_fields(self) -> list[forms.BoundField]:
        """What is brought."""
        return [self["file"], self["builtin"]] if self.modality.abilities.get("builtins") else [self["file"]]

    def option_fields(self) -> list[forms.BoundField]:
        """How it is read."""
        return [self[name] for name in self.options]

    def brought(self, home: Callable[[], Dataset]) -> tuple[DatasetVersion, Job] | None:
        """The new version of `home()` and its ingest job; None, errors beside their fields, where it was refused."""
        if not self.is_valid():
            return None
        try:
            with transaction.atomic():  # a refused file leaves no declaration behind
                return ingest(
                    home(),
                    options=parameters(self.cleaned_data, OPTION),
                    actor=self.user,
                    file=self.cleaned_data["file"],
                    builtin=self.cleaned_data["builtin"] or None,
                )
        except ProductError as error:
            place(self, error, PLACES)
            return None


class DatasetForm(BringForm):
    """The declaration, each part explained, and the first version."""

    def __init__(self, modality: Plugin, *, user: User, **said: Any) -> None:
        super().__init__(modality, user=user, **said)
        self.projects = {str(row.pk): row for row in projects_as(user, Role.SUBMITTER)}
        projects = [(key, row.title or row.slug) for key, row in self.projects.items()]
        declaration = _whose(projects) | _declaration()
        self.fields.update(declaration)
        self.order_fields(list(declaration))

    def declared(self) -> Dataset:
        """Declare the data set."""
        given = self.cleaned_data
        attributes = [word.strip() for word in given["sensitive_attributes"].split(",") if word.strip()]
        plain = ("source", "licence", "legal_basis", "contains_personal_data", "notes")
        return declare_dataset(
            self.projects[given["project"]],
            name=given["name"],
            modality=self.modality.name,
            declaration={name: given[name] for name in plain} | {"sensitive_attributes": attributes},
            actor=self.user,
        )


def _whose(projects: list[tuple[str, str]]) -> dict[str, forms.Field]:
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
            widget=UnfoldAdminTextInputWidget,
            help_text=_("Once in each project."),
        ),
    }


def _declaration() -> dict[str, forms.Field]:
    """What a reviewer needs to know; the model's own words explain each part."""
    rows = {name: Dataset._meta.get_field(name) for name in ("source", "licence", "legal_basis")}
    said: dict[str, forms.Field] = {
        name: forms.CharField(
            label=capfirst(row.verbose_name),
            max_length=row.max_length or 4000,
            widget=UnfoldAdminTextInputWidget,
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
