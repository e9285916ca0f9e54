"""The log in the admin: what happened, in order, and the signed head that fixes it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.services import visible_projects
from audit.models import AuditDetail, AuditEvent, TreeHead
from desk.pages import ReadOnlyAdmin, answered


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Events of one's own projects and one's own doings; all of them for a superuser."""

    list_display = ("place", "at", "actor", "verb", "subject_kind", "subject_id")
    list_filter = ("subject_kind",)
    search_fields = ("verb", "actor", "subject_id")
    list_before_template = "pages/tree_head.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = AuditEvent.objects.all()
        if request.user.is_superuser:
            return rows
        mine = visible_projects(request.user).values("pk")
        return rows.filter(Q(project_id__in=mine) | Q(actor=request.user.username))

    @display(description=gettext_lazy("place"))
    def place(self, event: AuditEvent) -> str:
        return _("waiting") if event.index is None else str(event.index)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return super().changelist_view(request, {"head": TreeHead.objects.first(), **(extra_context or {})})

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One event: what the leaf commits to, and the text beside it as long as it is kept."""
        event = self.row(request, object_id)
        kept = AuditDetail.objects.filter(event=event).first()
        context = {
            "title": f"{event.verb}",
            "event": event,
            "leaf": json.dumps(json.loads(bytes(event.leaf)), indent=1, ensure_ascii=False),
            "leaf_hash": event.leaf_hash.hex(),
            "detail": json.dumps(kept.detail, indent=1, ensure_ascii=False) if kept else "",
            "erased": kept is None,
        }
        return self.page(request, "pages/audit_event.html", **context)
