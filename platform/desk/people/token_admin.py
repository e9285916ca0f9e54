"""Own API tokens in the admin: made, shown once, ended for good."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import ApiToken
from accounts.services import revoke_token
from config import clock
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.token_form import RevokeForm, TokenForm, scope_words


@admin.register(ApiToken)
class TokenAdmin(ReadOnlyAdmin):
    """One's own; nobody sees those of others."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=request.user.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Everybody who is logged in: a token does no more than its person may."""
        return bool(request.user.is_active)

    def routes(self) -> list[Route]:
        """Beside the list: the end of one."""
        return [("<uuid:pk>/revoke/", "revoke", self.revoke_view)]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Those that work first."""
        now, rows = clock.now(), list(self.get_queryset(request)[:200])
        for row in rows:
            row.works = row.revoked_at is None and row.expires_at > now  # type: ignore[attr-defined]
            row.said = [scope_words(scope) for scope in row.scopes]  # type: ignore[attr-defined]
        rows.sort(key=lambda row: not row.works)  # type: ignore[attr-defined]
        return self.page(request, "pages/people/tokens.html", title=_("API tokens"), tokens=rows)

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A new one; its secret stands on the answer and nowhere else."""
        form = TokenForm(request.POST or None)
        if request.method == "POST" and (made := form.issued(request.user)):
            token, secret = made
            return self.page(request, "pages/people/token.html", title=_("A new token"), token=token, secret=secret)
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/people/token_form.html", title=_("New token"), form=form, status=status)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """There is no more to see of one than the list shows."""
        self.row(request, object_id)
        return redirect("admin:accounts_apitoken_changelist")

    @answered
    def revoke_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """For good, so its first characters are typed."""
        token = self.row(request, pk)
        if token.revoked_at is not None:
            return redirect("admin:accounts_apitoken_changelist")
        form = RevokeForm(token, request.POST or None)
        if request.method == "POST" and form.is_valid():
            revoke_token(token, actor=request.user.username)
            messages.success(request, _("The token %(hint)s… is refused from now on.") % {"hint": token.hint})
            return redirect("admin:accounts_apitoken_changelist")
        title = _("End token %(hint)s…") % {"hint": token.hint}
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/people/revoke.html", title=title, form=form, token=token, status=status)
