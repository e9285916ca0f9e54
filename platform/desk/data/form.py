"""The form that declares a data set and brings its first version, or brings a further version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Role, User
from catalog.models import Dataset, DatasetVersion, Plugin
from catalog.services import declare_dataset
from desk.data.declaration import EXPLAINED, declaration_fields, policies_set, whose_fields
from desk.data.licences import KNOWN
from desk.form_errors import place
from desk.job.parameter_fields import parameter_fields, parameters
from desk.people.roles import projects_as
from jobs import partial_uploads
from jobs.models import Job, PartialUpload
from jobs.uploads import ingest
from models_store.errors import ProductError

OPTION = "option_"
BROUGHT = ("file", "builtin", "upload")
PLACES = {"declaration.": "", "options.": OPTION}


class BringForm(forms.Form):
    """A file or a built-in set, and the modality's options."""

    licences = KNOWN

    def __init__(self, modality: Plugin, *, user: User, **said: Any) -> None:
        super().__init__(**said)
        self.modality, self.user = modality, user
        builtins = modality.abilities.get("builtins", [])
        types = ", ".join(modality.abilities.get("file_types", []))
        self.fields["upload"] = forms.UUIDField(required=False, widget=forms.HiddenInput)
        self.fields["file"] = forms.FileField(
            label=_("File"),
            required=False,
            allow_empty_file=True,
            widget=forms.FileInput(attrs={"class": "km-file"} | _accepted(modality.abilities.get("file_types", []))),
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

    def about_fields(self) -> list[dict[str, Any]]:
        """The declaration: fields and what is explained beside them."""
        names = [name for name in self.fields if name not in self.options and name not in BROUGHT]
        return [{"field": self[name], "explained": EXPLAINED.get(name)} for name in names]

    def arrived(self) -> PartialUpload | None:
        """The upload of the person's own that the form was sent with, whole or not."""
        try:
            return partial_uploads.own(self.user, UUID(str(self["upload"].value())))
        except (ValueError, ProductError):
            return None

    def upload_errors(self) -> list[str]:
        """What was wrong with it: the field itself is not seen."""
        return list(self.errors.get("upload", []))

    def option_fields(self) -> list[forms.BoundField]:
        """How it is read, as far as most people look at it."""
        return [self[name] for name in self.options if not self._advanced(name)]

    def more_fields(self) -> list[forms.BoundField]:
        """What most people leave as it is."""
        return [self[name] for name in self.options if self._advanced(name)]

    def more_marked(self) -> bool:
        """Whether one of these has an error, so that they have to be seen."""
        return any(name in self.options and self._advanced(name) for name in self.errors)

    def _advanced(self, name: str) -> bool:
        return bool(self.modality.schema["properties"].get(name.removeprefix(OPTION), {}).get("advanced"))

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
                    upload=None if self.cleaned_data["file"] else self.cleaned_data["upload"],
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
        declaration = whose_fields(projects) | declaration_fields()
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

    def policies(self) -> list[dict[str, Any]]:
        """What the projects ask of data."""
        return policies_set(self.projects.values())


def _accepted(file_types: list[str]) -> dict[str, str]:
    """What the browser offers first, and takes; idx files have no suffix of their own, so then it offers everything."""
    plain = all(one.startswith(".") for one in file_types)
    return {"data-endings": ",".join(file_types)} | ({"accept": ",".join(file_types)} if plain and file_types else {})
