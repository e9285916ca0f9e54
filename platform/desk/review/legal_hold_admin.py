"""Legal holds in the admin: what is kept, why, and who lets it go."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import Role, User
from accounts.services import holds
from audit.reasons import LONGEST
from desk.form_errors import place
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import projects_as
from desk.review.subjects import PAGES, link_to, word
from lineage.legal_holds import KINDS, lift_hold, set_hold
from lineage.models import LegalHold
from lineage.subjects import subject_for
from models_store.errors import ProductError
from models_store.ids import is_uuid

ADDRESS = re.compile(r"/([a-z]+)/([a-z]+)/([0-9a-f-]{36})(?:/|$)")


class LegalHoldForm(forms.Form):
    """What is to be kept, and why."""

    subject_kind = forms.ChoiceField(
        label=gettext_lazy("Subject"), choices=lambda: [(kind, capfirst(word(kind))) for kind in KINDS],
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    subject = forms.CharField(
        label=gettext_lazy("Its page or id"), max_length=300, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Copy the address of its page into here; the link on that page fills it in by itself."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=LONGEST, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def settle(self) -> None:
        """The subject is shown, not asked for: it came with the link."""
        for name in ("subject_kind", "subject"):
            self.fields[name].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """The address of a page says kind and id."""
        given = super().clean() or self.cleaned_data
        if found := ADDRESS.search(given.get("subject", "")):
            kind = next((kind for kind, page in PAGES.items() if page == f"admin:{found[1]}_{found[2]}_change"), "")
            given["subject"], given["subject_kind"] = found[3], kind or given.get("subject_kind", "")
        return given

    def saved(self, user: User) -> LegalHold | None:
        """The hold; None, errors beside their fields, where it was refused."""
        if not self.is_valid():
            return None
        said = self.cleaned_data
        try:
            return set_hold(said["subject_kind"], said["subject"].strip(), reason=said["reason"], actor=user)
        except ProductError as error:
            place(self, error, {})
            return None


@admin.register(LegalHold)
class LegalHoldAdmin(ReadOnlyAdmin):
    """What must not be deleted."""

    list_display = ("what", "project", "short_reason", "set_by", "set_at", "lifted_at")
    list_select_related = ("project", "set_by")
    list_before_template = "pages/shared/list_lead.html"
    lead = gettext_lazy(
        "Nothing that a legal hold reaches is deleted: neither by retention nor by an erasure. A reviewer sets one, "
        "another person lifts it."
    )

    @display(description=gettext_lazy("subject"))
    def what(self, hold: LegalHold) -> str:
        return f"{capfirst(word(hold.subject_kind))} {hold.subject_id[-12:]}"

    @display(description=gettext_lazy("reason"))
    def short_reason(self, hold: LegalHold) -> str:
        return hold.reason if len(hold.reason) < 90 else hold.reason[:88] + "…"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever reviews in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.REVIEWER).exists()

    def routes(self) -> list[Route]:
        """Lifting one."""
        return [("<uuid:pk>/lift/", "lift", self.lift_view)]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A new hold; `?kind=` and `?subject=` say on what."""
        title = _("Set a legal hold")
        if not self.has_add_permission(request):
            needs = _("Setting a legal hold needs the role reviewer in a project; its owner can give it to you.")
            return self.page(request, "pages/shared/not_yours.html", title=title, needs=needs, status=403)
        given = {"subject_kind": request.GET.get("kind", ""), "subject": request.GET.get("subject", "")}
        form = LegalHoldForm(request.POST or None, initial=given)
        about = _named(request.user, given["subject_kind"], given["subject"])
        if request.method == "POST" and (hold := form.saved(request.user)):
            messages.success(request, _("It is under a legal hold now."))
            return redirect("admin:lineage_legalhold_change", hold.pk)
        if about and not {"subject_kind", "subject"} & set(form.errors):
            form.settle()
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, about=about, status=status)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One hold."""
        hold = self.row(request, object_id)
        try:
            subject: Any = subject_for(request.user, hold.subject_kind, hold.subject_id)
        except ProductError:
            subject = hold.subject_id
        own = hold.set_by_id == request.user.pk
        context = {
            "title": _("Legal hold"),
            "hold": hold,
            "kind_title": word(hold.subject_kind),
            "subject": subject,
            "link": link_to(hold.subject_kind, hold.subject_id) if subject is not hold.subject_id else "",
            "own": own,
            "may_lift": not own and hold.lifted_at is None and holds(request.user, hold.project, Role.REVIEWER),
        }
        return self.page(request, "pages/review/legal_hold.html", **context)

    @answered
    def lift_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Let it go."""
        hold = self.row(request, pk)
        if request.method == "POST":
            lift_hold(hold, comment=request.POST.get("comment", ""), actor=request.user)
            messages.success(request, _("The legal hold was lifted."))
        return redirect("admin:lineage_legalhold_change", pk)


def _named(user: User, kind: str, subject: str) -> tuple[str, str] | None:
    """What a link is about, and its page; None where it names nothing that the person may see."""
    if kind not in KINDS or not is_uuid(subject):
        return None
    try:
        return f"{capfirst(word(kind))}: {subject_for(user, kind, subject)}", link_to(kind, subject)
    except ProductError:
        return None
