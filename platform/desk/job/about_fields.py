"""What people say about a job beside its parameters: name, seed, purpose, intended use."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget


def about_fields(names_a_model: bool) -> dict[str, forms.Field]:
    """The fields; a job that makes a model is asked what that may be used for."""
    text, area = UnfoldAdminTextInputWidget, UnfoldAdminTextareaWidget(attrs={"rows": 2})
    name_help = gettext_lazy("The model gets this name.") if names_a_model else gettext_lazy("To find the job again.")
    seed_help = gettext_lazy("A whole number; the same seed on the same machine gives the same result. Empty: drawn.")
    purpose_help = gettext_lazy("What it is for; it is written into the record of everything made.")
    fields: dict[str, forms.Field] = {
        "name": forms.CharField(
            label=gettext_lazy("Name"), max_length=100, required=False, widget=text, help_text=name_help
        ),
        "seed": forms.CharField(
            label=gettext_lazy("Seed"), max_length=20, required=False, widget=text, help_text=seed_help
        ),
        "purpose": forms.CharField(
            label=gettext_lazy("Purpose"), max_length=4000, required=False, widget=area, help_text=purpose_help
        ),
    }
    if names_a_model:
        fields["intended_use"] = forms.CharField(
            label=gettext_lazy("Intended use"), max_length=4000, required=False, widget=area,
            help_text=gettext_lazy("What the model may be used for; it stands on its card."),
        )  # fmt: skip
    return fields
