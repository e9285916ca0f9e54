"""The form that proposes what an alias shall stand for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import Role, User
from audit.reasons import LONGEST
from catalog import aliases
from catalog.models import Alias, AliasMove, ModelVersion, Stage
from desk.form_errors import place
from desk.people.roles import projects_as
from models_store.errors import ProductError

LISTED = 200  # newest approved versions to choose from
DRAFTS = 10


class AliasForm(forms.Form):
    """A new alias, or (with `alias`) another version for one, or none."""

    version = forms.ChoiceField(
        label=_("Version"), widget=UnfoldAdminSelectWidget, help_text=_("Only approved versions can have a name.")
    )
    name = forms.CharField(
        label=_("Name"), max_length=64, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "production"}),
        help_text=_("Small letters, digits, - and _. Jobs then name the model as in chest-xray@production."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST, required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("The second person reads it; it stands in the log."),
    )  # fmt: skip

    def __init__(self, *said: Any, user: User, alias: Alias | None = None, **more: Any) -> None:
        super().__init__(*said, **more)
        self.user, self.alias = user, alias
        rows = ModelVersion.objects.filter(model__project__in=projects_as(user, Role.SUBMITTER), stage=Stage.APPROVED)
        rows = rows.select_related("model__project")
        if alias:
            del self.fields["name"]
            rows = rows.filter(model=alias.model).exclude(pk=alias.version_id)
        found = [(str(row.pk), f"{row} · {row.model.project.slug}") for row in rows[:LISTED]]
        nothing = [("", _("nothing any more"))] if alias and alias.version_id else []
        self.fields["version"].choices, self.fields["version"].required = found + nothing, not nothing

    def drafts(self) -> list[ModelVersion]:
        """The newest drafts, which could have a name once somebody has approved them."""
        mine = projects_as(self.user, Role.SUBMITTER)
        rows = ModelVersion.objects.filter(model__project__in=mine, stage=Stage.DRAFT)
        return list(rows.select_related("model__project", "created_by")[:DRAFTS])

    def proposed(self) -> AliasMove | None:
        """The move that waits for a second person; None, errors beside their fields, where it was refused."""
        if not self.is_valid():
            return None
        said = self.cleaned_data
        version = ModelVersion.objects.select_related("model__project").filter(pk=said["version"] or None).first()
        model = self.alias.model if self.alias else version and version.model
        if model is None:  # it was there when the form was shown
            self.add_error("version", _("Choose a version."))
            return None
        name = self.alias.name if self.alias else said["name"]
        try:
            return aliases.propose(model, name, version, actor=self.user, reason=said["reason"])
        except ProductError as error:
            place(self, error, {})
            return None
