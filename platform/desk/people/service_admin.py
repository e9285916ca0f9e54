"""Service accounts in the admin: made, handed over and closed by owners of their project, with tokens shown once."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import service_accounts as services
from accounts.models import ApiToken, Membership, ServiceAccount, User
from accounts.services import dead, projects_owned, revoke_token
from config import clock
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.service_form import CloseForm, ServiceAccountForm, ServiceTokenForm
from desk.people.token_form import scope_words

LIST = "admin:accounts_serviceaccount_changelist"
PAGE = "admin:accounts_serviceaccount_change"
MOST = 200  # shown in one list


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ReadOnlyAdmin):
    """Of the projects that one owns; all of them for those who see all."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceAccount]:
        return services.service_accounts_seen_by(request.user)  # type: ignore[arg-type]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Owners of a project."""
        return bool(request.user.is_active and projects_owned(request.user).exists())  # type: ignore[arg-type]

    def row(self, request: HttpRequest, pk: Any) -> ServiceAccount:
        """One account, or 404."""
        known = str(pk).isdecimal() and len(str(pk)) < 19
        found = self.get_queryset(request).filter(pk=pk).first() if known else None
        if found is None:
            raise Http404(_("There is no such page, or you may not see it."))
        return found

    def routes(self) -> list[Route]:
        """Its tokens, who answers for it, its end."""
        return [
            ("<int:pk>/token/", "token", self.token_view),
            ("<int:pk>/token/<uuid:api_token>/end/", "end", self.end_view),
            ("<int:pk>/answer/", "answer", self.answer_view),
            ("<int:pk>/close/", "close", self.close_view),
        ]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Open ones first."""
        now = clock.now()
        lives = Q(api_tokens__revoked_at=None, api_tokens__expires_at__gt=now)
        rows = self.get_queryset(request).annotate(works=Count("api_tokens", filter=lives))
        shown = list(rows.order_by("-is_active", "username")[:MOST])
        roles = dict(Membership.objects.filter(user__in=shown).values_list("user_id", "role"))
        for one in shown:
            one.role = roles.get(one.pk, "")  # type: ignore[attr-defined]
        return self.page(
            request, "pages/people/service_accounts.html", title=_("Service accounts"), accounts=shown,
            may_add=self.has_add_permission(request),
        )  # fmt: skip

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A new one; its first token is the next step."""
        if not self.has_add_permission(request):
            raise Http404(_("There is no such page, or you may not see it."))
        first = {"project": request.GET.get("project", "")}
        form = ServiceAccountForm(request.user, request.POST or None, initial=first)  # type: ignore[arg-type]
        if request.method == "POST" and (account := form.created()):
            return redirect(PAGE, account.pk)
        status = 422 if request.method == "POST" else 200
        return self.page(
            request, "pages/shared/plain_form.html", title=_("New service account"), form=form, status=status
        )

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One account: what it is, its tokens, and what may be done with it."""
        account = self.row(request, object_id)
        tokens = list(ApiToken.objects.filter(user=account).select_related("user", "made_by")[:MOST])
        for token in tokens:
            token.works = dead(token) is None  # type: ignore[attr-defined]
            token.said = [scope_words(scope) for scope in token.scopes]  # type: ignore[attr-defined]
        tokens.sort(key=lambda token: not token.works)  # type: ignore[attr-defined]
        context = {
            "title": account.username,
            "account": account,
            "member": Membership.objects.filter(user=account).first(),
            "tokens": tokens,
            "may_keep": services.may_keep(request.user, account),  # type: ignore[arg-type]
            "people": User.objects.filter(membership__project=account.home, is_active=True, is_service=False),
        }
        return self.page(request, "pages/people/service_account.html", **context)

    @answered
    def token_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A new token; its secret stands on the answer and nowhere else."""
        account = self.row(request, pk)
        services.require_keeper(request.user, account)  # type: ignore[arg-type]
        form = ServiceTokenForm(account, request.POST or None)
        if request.method == "POST" and (made := form.issued(request.user)):  # type: ignore[arg-type]
            token, secret = made
            context = {"title": _("A new token"), "token": token, "secret": secret, "account": account}
            return self.page(request, "pages/people/token.html", **context)
        status = 422 if request.method == "POST" else 200
        title = _("A token for %(name)s") % {"name": account.username}
        return self.page(
            request, "pages/people/token_form.html", title=title, form=form, account=account, status=status
        )

    @answered
    def end_view(self, request: HttpRequest, pk: int, api_token: uuid.UUID) -> HttpResponseBase:
        """A token ends now."""
        account = self.row(request, pk)
        row = ApiToken.objects.filter(user=account, pk=api_token).first()
        if request.method == "POST" and row is not None:
            services.require_keeper(request.user, account)  # type: ignore[arg-type]
            revoke_token(row, actor=request.user.username)
            messages.success(request, _("The token %(hint)s… is refused from now on.") % {"hint": row.hint})
        return redirect(PAGE, pk)

    @answered
    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Somebody else in the project answers for it."""
        account = self.row(request, pk)
        if request.method == "POST":
            name = request.POST.get("answered_by", "").replace("\0", "")
            services.set_answering(account, name, actor=request.user)  # type: ignore[arg-type]
            words = _("%(name)s answers for %(account)s now.")
            messages.success(request, words % {"name": name, "account": account.username})
        return redirect(PAGE, pk)

    @answered
    def close_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """For good, so its name is typed."""
        account = self.row(request, pk)
        services.require_keeper(request.user, account)  # type: ignore[arg-type]
        if not account.is_active:
            return redirect(PAGE, pk)
        form = CloseForm(account, request.POST or None)
        if request.method == "POST" and form.is_valid():
            services.close_service_account(account, actor=request.user)  # type: ignore[arg-type]
            messages.success(request, _("%(name)s is closed.") % {"name": account.username})
            return redirect(PAGE, pk)
        status = 422 if request.method == "POST" else 200
        title = _("Close %(name)s") % {"name": account.username}
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, status=status)
