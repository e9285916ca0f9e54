"""The page behind a one-time link: somebody chooses a password and can log in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget


class PasswordForm(SetPasswordForm):
    """A password, twice."""

    def __init__(self, *said: Any, **more: Any) -> None:
        super().__init__(*said, **more)
        for name in ("new_password1", "new_password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


class WelcomeView(PasswordResetConfirmView):
    """The link works until a password was chosen, three days at most; the address bar does not keep its secret."""

    form_class = PasswordForm
    template_name = "pages/people/welcome.html"
    title = gettext_lazy("Choose a password")
    success_url = reverse_lazy("admin:login")

    def get_user(self, uidb64: str) -> Any:
        """Whose link it is; of an account that was closed since, or of a service account, it opens nothing."""
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active and not user.is_service else None

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """In the look of the login page."""
        from django.contrib import admin  # the site imports this module

        return admin.site.each_context(self.request) | super().get_context_data(**more)

    def form_valid(self, form: Any) -> HttpResponse:
        """To the login page, which says that it worked."""
        messages.success(self.request, _("Your password is set: you can log in."))
        return super().form_valid(form)
