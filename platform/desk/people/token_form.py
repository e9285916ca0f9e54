"""Forms for one's own API tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import ApiToken, User
from accounts.services import SCOPES, issue_token

WORDS: dict[str, Any] = {
    "read": _("read what you may see"),
    "submit": _("bring data, submit and steer jobs"),
    "review": _("approve and reject"),
    "admin": _("tokens, projects, limits, policies"),
}


def scope_words(scope: str) -> Any:
    """What a scope lets a script do."""
    return WORDS.get(scope, scope)


class TokenForm(forms.Form):
    """A name and what the token is for."""

    name = forms.CharField(
        label=_("Name"), max_length=100, widget=UnfoldAdminTextInputWidget,
        help_text=_("What it is for, so that you know later which one to end: “night script”, “notebook”."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=[(scope, WORDS[scope]) for scope in SCOPES], initial=["read", "submit"],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than you may yourself. Take as little as the script needs."),
    )  # fmt: skip

    button = _("Make the token")

    def issued(self, user: User) -> tuple[ApiToken, str] | None:
        """The token and its secret; None, errors beside their fields, where the form was refused."""
        if not self.is_valid():
            return None
        return issue_token(user, **self.cleaned_data)


class RevokeForm(forms.Form):
    """The first characters of the token, typed: what uses it stops at once."""

    typed = forms.CharField(
        max_length=20, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "data-no-draft": ""})
    )

    def __init__(self, token: ApiToken, *said: Any, **more: Any) -> None:
        super().__init__(*said, **more)
        self.token = token
        self.fields["typed"].label = _("Type %(hint)s to end it") % {"hint": token.hint}

    def clean_typed(self) -> str:
        """As it stands in the list."""
        said = self.cleaned_data["typed"].strip().rstrip("….")
        if said != self.token.hint:
            raise forms.ValidationError(_("This is not %(hint)s.") % {"hint": self.token.hint})
        return said
