"""The morning digest in the admin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.services import is_operator, sees_all
from desk.night.digest import in_words
from desk.pages import ReadOnlyAdmin, answered
from desk.words.sentences import sentence
from jobs.digest import digest
from jobs.models import DigestMail
from models_store.errors import InvalidInput


@admin.register(DigestMail)
class DigestAdmin(ReadOnlyAdmin):
    """One page; the rows say when mails went out."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """No project has a digest of its own."""
        return DigestMail.objects.all()

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Since yesterday evening, or `?from=` and `?to=` by the clock of the pages."""
        try:
            begin, end = (moment(request, name) for name in ("from", "to"))
            found = digest(request.user, begin=begin, end=end)
        except InvalidInput as wrong:
            messages.error(request, sentence(wrong))
            found = digest(request.user)
        fields = {"from": timezone.localtime(found.begin), "to": timezone.localtime(found.end)}
        given = {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in fields.items()}
        mail = DigestMail.objects.exclude(sent_at=None).order_by("-day").first() if is_operator(request.user) else None
        context = {"title": _("Digest"), "given": given, "mail": mail, "operator": sees_all(request.user)}
        return self.page(request, "pages/night/digest.html", **context, **in_words(found))


def moment(request: HttpRequest, name: str) -> datetime | None:
    """A time of the query string, in the zone of the pages; None where there is none."""
    said = request.GET.get(name, "").strip()
    if not said:
        return None
    try:
        found = parse_datetime(said)
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput("This is no time.", field=name, expected="2026-11-22T18:00", got=said[:40])
    return found if timezone.is_aware(found) else timezone.make_aware(found)
