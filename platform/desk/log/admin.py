"""The log in the admin: what happened, in order, the signed head that fixes it, and the proof of one event."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.log_sight import events_seen_by, ways_to_events
from audit import checking, proofs
from audit.hours import VERB
from audit.models import AuditDetail, AuditEvent, TreeHead
from desk.log.count_admin import counts_below
from desk.log.filter import asked, filtered, page_of
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.words.sentences import in_language, sentence
from models_store.errors import ProductError
from models_store.evidence import check_inclusion
from models_store.ids import is_uuid
from models_store.keys import Keyring


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Events of one's own projects and one's own doings; all of them for a superuser."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return events_seen_by(request.user)  # type: ignore[arg-type]

    def routes(self) -> list[Route]:
        """The proof of one event, checked; the log's self-check."""
        return [("<uuid:pk>/proof/", "proof", self.proof_view), ("check/", "check", self.check_view)]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Newest first, by who, what, subject and day."""
        said = asked(request)
        rows, ways = filtered(AuditEvent.objects.all(), said, "at"), ways_to_events(request.user)  # type: ignore[arg-type]
        context = {
            "title": _("Log"),
            "asked": said,
            "head": TreeHead.objects.first(),
            "check": checking.newest(),
            "operator": request.user.is_superuser,
            **page_of(rows, ways, request, said, lambda key: key if is_uuid(key) else None),
        }
        return self.page(request, "pages/log/page.html", **context)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One event: what the leaf commits to, and the text beside it as long as it is kept."""
        return self.event_page(request, self.row(request, object_id))

    @answered
    def proof_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The same page, with the outcome of checking the way from the leaf to a signed head."""
        event = self.row(request, pk)
        keyring = Keyring.load(settings.KEYS_FOLDER)
        try:
            proof = proofs.inclusion(event)
            check_inclusion(proof, keyring.public_key(proof["head"]["key_id"]))
        except ProductError as error:
            return self.event_page(request, event, failed=sentence(error))
        return self.event_page(request, event, proved=proof)

    def event_page(self, request: HttpRequest, event: AuditEvent, **outcome: Any) -> HttpResponseBase:
        """An event, and how its proof came out where it was checked."""
        kept = AuditDetail.objects.filter(event=event).first()
        context = {
            "title": f"{event.verb}",
            "event": event,
            "leaf": readable(bytes(event.leaf)),
            "leaf_hash": event.leaf_hash.hex(),
            "detail": json.dumps(kept.detail, indent=1, ensure_ascii=False) if kept else "",
            "erased": kept is None,
            "counts": counts_below(event, request.user) if event.verb == VERB else [],
            **outcome,
        }
        return self.page(request, "pages/log/event.html", **context)

    @answered
    def check_view(self, request: HttpRequest) -> HttpResponseBase:
        """The newest self-check and the one that runs; POST asks for one now. Operators only: it speaks of all."""
        if not request.user.is_superuser:
            raise PermissionDenied
        if request.method == "POST":
            checking.start(actor=request.user.username, asked=True)
            return redirect("admin:audit_auditevent_check")
        newest, running = checking.newest(), checking.running()
        context = {
            "title": _("Self-check of the log"),
            "check": newest,
            "running": running,
            "problems": [in_language(one) for one in newest.problems] if newest else [],
            "found": [in_language(one) for one in running.problems] if running else [],
            "every_h": round(settings.SELF_CHECK_EVERY.total_seconds() / 3600),
        }
        return self.page(request, "pages/log/check.html", **context)


def readable(leaf: bytes) -> str:
    """A leaf for people; one that was tampered with is shown as it stands."""
    try:
        return json.dumps(json.loads(leaf), indent=1, ensure_ascii=False)
    except ValueError:
        return leaf.decode("utf-8", "replace")
