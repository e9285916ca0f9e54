"""The decision on a model version: a comment, and for what cannot be undone the model's name, typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from audit.reasons import checked_reason
from catalog.models import ModelVersion
from desk.words.sentences import sentence
from models_store.errors import InvalidInput

FINAL = ("retire", "revoke")  # decisions from which no way leads back
NEED_WORDS = ("reject", "revoke")


class DecisionForm(forms.Form):
    """What was sent; what is wrong with it stands beside the field that it is about."""

    decision = forms.CharField(required=False)
    comment = forms.Field(required=False)  # as it was sent: what cannot be kept, `checked_reason` says
    typed = forms.CharField(required=False)

    def __init__(self, data: Any, *, version: ModelVersion) -> None:
        super().__init__(data)
        self.version = version

    @property
    def final(self) -> bool:
        """Whether it asks for what cannot be undone."""
        return self["decision"].value() in FINAL

    def clean_comment(self) -> str:
        """As the service will keep it, or what is wrong with it."""
        said = str(self.data.get("comment", ""))
        try:
            return checked_reason(said, "comment", required=self.data.get("decision") in NEED_WORDS)
        except InvalidInput as error:
            raise forms.ValidationError(sentence(error)) from error

    def clean_typed(self) -> str:
        """The name of the model, exactly, for what is final."""
        said = self.cleaned_data["typed"].strip()
        if self.data.get("decision") in FINAL and said != self.version.model.name:
            words = {"name": self.version.model.name}
            raise forms.ValidationError(_("Type the name of the model, %(name)s, to go on.") % words)
        return said
