"""The field that says how a model is run: which paths it was published with, which of them is taken, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from catalog.models import ModelVersion
from desk.model.paths import TITLES, path_choices, path_title, taken_said

RUN_PATH = "path"  # the parameter


def narrowed(field: forms.Field, model: ModelVersion, asked: Any) -> None:
    """Leave the paths that passed for this model, and the one that is `asked` for, so that its refusal can be read."""
    if not isinstance(field, forms.ChoiceField):
        return
    known = path_choices(model)
    said = str(asked or "")
    if said in TITLES and said not in dict(known):
        known.append((said, path_title(said)))
    field.choices = [("", _("as published")), *known]
    field.help_text = taken_said(model) + " " + _("A machine that cannot do that takes ONNX Runtime, 32 bits.")
