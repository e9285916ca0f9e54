"""The form to log in with."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm as PlainForm
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """Any active account; which of the two fields is wrong is not told, so that nobody learns which names exist."""

    error_messages = PlainForm.error_messages | {
        "invalid_login": _(
            "This user name and password do not belong together, or the account is closed. Both know large letters "
            "from small ones."
        ),
    }

    def confirm_login_allowed(self, user: Any) -> None:
        """Without asking for a mark on the account: its roles decide what it sees."""
        PlainForm.confirm_login_allowed(self, user)
