"""The form that erases a data set: its name, typed again."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from audit.reasons import LONGEST
from catalog.models import Dataset
from desk.form_errors import place
from lineage.erasure import erase_dataset
from models_store.errors import ProductError


class EraseForm(forms.Form):
    """What the owner says before it is done; `legal_hold` is the one that forbade it."""

    legal_hold = ""

    name = forms.CharField(
        label=_("Type the name of the data set"), max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    models = forms.ChoiceField(
        label=_("Models that learned from it"),
        choices=[("keep", _("stay")), ("revoke", _("are revoked"))],
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("It stands in the log, and with models that are revoked: name nobody."),
    )  # fmt: skip

    def erased(self, dataset: Dataset, user: User) -> bool:
        """Whether it was erased; else errors stand beside their fields."""
        if not self.is_valid():
            return False
        try:
            erase_dataset(dataset, actor=user, **self.cleaned_data)
        except ProductError as error:
            place(self, error, {})
            self.legal_hold = error.facts.get("legal_hold", "")
            return False
        return True
