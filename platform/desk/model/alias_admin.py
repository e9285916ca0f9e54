"""Aliases in the admin: what a name stands for, its history, what it was on a date, the decision of a second person."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import Role
from accounts.services import holds
from catalog import alias_history, aliases
from catalog.alias_models import MoveState
from catalog.models import Alias
from catalog.stages import USABLE
from config import clock
from desk.model.alias_form import AliasForm
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import projects_as
from desk.review.facts import review_of_alias
from desk.words.sentences import sentence
from models_store.errors import ProductError

REJECTED_SHOWN = 20


@admin.register(Alias)
class AliasAdmin(ReadOnlyAdmin):
    """Movable names of models."""

    project_path = "model__project"
    list_display = ("__str__", "stands_for", "moved_at", "waits")
    search_fields = ("name", "model__name")
    list_before_template = "pages/shared/list_lead.html"
    lead = gettext_lazy(
        "A name such as chest-xray@production stands for one approved version of a model. Two people move it: one "
        "proposes, another approves. Jobs that were submitted by the name keep the version that it stood for."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alias]:
        rows = super().get_queryset(request).select_related("model__project", "version__model")
        return rows.prefetch_related("moves")

    @display(description=gettext_lazy("stands for"))
    def stands_for(self, alias: Alias) -> str:
        if alias.version is None:
            return "—"
        return str(alias.version) if alias.version.stage in USABLE else f"{alias.version} · {_stage(alias)}"

    @display(description=gettext_lazy("waits for a decision"))
    def waits(self, alias: Alias) -> str:
        return "⏳" if any(move.state == MoveState.PROPOSED for move in alias.moves.all()) else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever submits in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.SUBMITTER).exists()

    def routes(self) -> list[Route]:
        """Another version for it; taking that back."""
        return [("<uuid:pk>/move/", "move", self.move_view), ("<uuid:pk>/withdraw/", "withdraw", self.withdraw_view)]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Propose a new alias; `?version=` is chosen already."""
        if not self.has_add_permission(request):
            return self.page(request, "pages/shared/not_yours.html", title=_("New alias"), status=403)
        given = {"version": request.GET.get("version", "")}
        form = AliasForm(request.POST or None, user=request.user, initial=given)
        if not form.fields["version"].choices:
            drafts = form.drafts()
            return self.page(request, "pages/model/nothing_to_name.html", title=_("New alias"), drafts=drafts)
        return self._filled(request, form, _("New alias"))

    @answered
    def move_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Propose another version for it."""
        alias = self.row(request, pk)
        if not holds(request.user, alias.model.project, Role.SUBMITTER):
            return self.page(request, "pages/shared/not_yours.html", title=str(alias), status=403)
        form = AliasForm(request.POST or None, user=request.user, alias=alias)
        return self._filled(request, form, _("Let %(alias)s stand for another version") % {"alias": alias})

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One alias; `?at=` asks what it stood for on a date."""
        alias = self.row(request, object_id)
        moves = aliases.move_rows().filter(alias=alias)
        open_ = moves.filter(state=MoveState.PROPOSED).first()
        said = request.GET.get("at", "").strip()
        context = {
            "title": str(alias),
            "alias": alias,
            "usable": alias.version is not None and alias.version.stage in USABLE,
            "proposal": open_,
            "own": open_ is not None and open_.proposed_by_id == request.user.pk,
            "review": review_of_alias(alias, request.user) if open_ else None,
            "history": alias_history.history(alias),
            "others": moves.filter(state__in=(MoveState.REJECTED, MoveState.WITHDRAWN))[:REJECTED_SHOWN],
            "may_move": open_ is None and holds(request.user, alias.model.project, Role.SUBMITTER),
            "at": said,
            "today": f"{clock.now():%Y-%m-%d}",
            **(_asked(alias, said) if said else {}),
        }
        return self.page(request, "pages/model/alias.html", **context)

    @answered
    def withdraw_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Who proposed it takes it back; decisions are made as on everything else (review_admin)."""
        alias = self.row(request, pk)
        if request.method == "POST":
            aliases.withdraw(aliases.open_move(alias), actor=request.user, comment=request.POST.get("comment", ""))
            messages.success(request, _("%(alias)s stays as it is.") % {"alias": alias})
        return redirect("admin:catalog_alias_change", pk)

    def _filled(self, request: HttpRequest, form: AliasForm, title: str) -> HttpResponseBase:
        if request.method == "POST" and (move := form.proposed()):
            messages.success(request, _("Proposed; another person decides."))
            return redirect("admin:catalog_alias_change", move.alias_id)
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, status=status)


def _stage(alias: Alias) -> str:
    return alias.version.get_stage_display() if alias.version else ""


def _asked(alias: Alias, said: str) -> dict[str, Any]:
    try:
        standing = alias_history.at(alias, said, clock.now())
    except ProductError as error:
        return {"at_error": sentence(error)}
    event = standing.move.event if standing.move else None
    return {"standing": standing, "in_log": event is not None and event.index is not None}
