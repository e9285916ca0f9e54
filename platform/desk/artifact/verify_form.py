"""One file to be looked at."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class VerifyForm(forms.Form):
    """A file, or a zip of files."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "km-file km-drop"}),
        help_text=_(
            "A file, or a zip of files; a credential that came beside a file (.c2pa) goes into the zip with it. "
            "It is kept in your project as what was asked about."
        ),
    )
