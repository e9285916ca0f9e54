"""Reads and failed logins in the admin, by the hour."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.log_sight import counts_seen_by, ways_to_counts
from audit.models import AuditEvent, HourlyCount
from desk.log.filter import asked, filtered, page_of
from desk.log.told import Told, told_of
from desk.pages import ReadOnlyAdmin, answered


@admin.register(HourlyCount)
class HourlyCountAdmin(ReadOnlyAdmin):
    """Own ones, those of projects that one reviews or owns; all for a superuser."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return counts_seen_by(request.user)  # type: ignore[arg-type]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Newest first, by who, what, subject and day."""
        said = asked(request)
        rows = filtered(HourlyCount.objects.select_related("event"), said, "hour")
        ways = ways_to_counts(request.user)  # type: ignore[arg-type]
        context = page_of(
            rows, ways, request, said, lambda key: int(key) if key.isdecimal() and len(key) < 19 else None
        )
        return self.page(request, "pages/log/counts.html", title=_("Reads and failed logins"), asked=said, **context)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A count has no page of its own: the event that covers it has."""
        raise Http404(_("There is no such page, or you may not see it."))


def counts_below(event: AuditEvent, person: Any) -> list[tuple[HourlyCount, Told]]:
    """The counts under an event that the person may see, most frequent first, each with what it speaks of."""
    return told_of(counts_seen_by(person).filter(event=event).select_related("event").order_by("-count", "pk"), person)
