"""The form to log in with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm as PlainForm
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from accounts.login_pace import TooManyAttempts


def _too_many(wait_s: float) -> str:
    if wait_s < 60:
        seconds = int(wait_s) + 1
        words = ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", seconds)
        when = words % {"count": seconds}
    else:
        minutes = int(wait_s // 60) + 1
        words = ngettext("Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes)
        when = words % {"count": minutes}
    return gettext("Too many logins failed here, so the password was not looked at.") + " " + when


class LoginForm(AuthenticationForm):
    """Any active account; which of the two fields is wrong is not told, so that nobody learns which names exist."""

    error_messages = PlainForm.error_messages | {
        "invalid_login": _(
            "This user name and password do not belong together, or the account is closed. Both know large letters "
            "from small ones."
        ),
    }

    wait_s = 0.0  # until somebody may try again

    def clean(self) -> dict[str, Any]:
        """In the right pace; otherwise when to come back."""
        try:
            return super().clean()
        except TooManyAttempts as error:
            self.wait_s = error.wait
            raise forms.ValidationError(_too_many(error.wait), code=error.code) from error

    def confirm_login_allowed(self, user: Any) -> None:
        """Without asking for a mark on the account: its roles decide what it sees."""
        PlainForm.confirm_login_allowed(self, user)
