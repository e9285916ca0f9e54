"""The log in the admin: what happened, in order, the signed head that fixes it, and the proof of one event."""

from __future__ import annotations

import json
import tempfile
import uuid
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.log_sight import events_seen_by, ways_to_events
from accounts.services import is_auditor, require_watcher, sees_all
from api import downloads
from audit import checking, proofs
from audit.hours import VERB
from audit.list_export import note_list
from audit.models import AuditDetail, AuditEvent, TreeHead
from desk.log import heads
from desk.log.count_admin import counts_below
from desk.log.filter import asked, filtered, page_of
from desk.log.proof_words import proof_words
from desk.log.take import FORMATS, LONGEST, lines
from desk.log.told import told_of
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.words.sentences import in_language, sentence
from desk.words.verbs import verb_title
from models_store.errors import NotFound, ProductError
from models_store.evidence import check_inclusion
from models_store.ids import is_uuid
from models_store.keys import Keyring


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Events of one's own projects and one's own doings; all of them for auditors and operators."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return events_seen_by(request.user)  # type: ignore[arg-type]

    def routes(self) -> list[Route]:
        """The proof of one event, checked; two heads compared; the list as a file; the log's self-check."""
        return [
            ("<uuid:pk>/proof/", "proof", self.proof_view),
            ("heads/", "heads", self.heads_view),
            ("take/<slug:form>/", "take", self.take_view),
            ("check/", "check", self.check_view),
        ]

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
            "operator": sees_all(request.user),
            "auditor": is_auditor(request.user),
            "longest": LONGEST,
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

    @answered
    def heads_view(self, request: HttpRequest) -> HttpResponseBase:
        """Whether the tree of an older head is the beginning of a newer one's; a head may be pasted."""
        said = {name: request.GET.get(name, "") for name in ("older", "kept", "newer")}
        context: dict[str, Any] = {"title": _("Compare two heads of the log"), "heads": heads.newest(), "asked": said}
        try:
            older = heads.head_of(said["older"], said["kept"], field="kept" if said["kept"].strip() else "older")
            newer = heads.head_of(said["newer"], "", field="newer")
            context["compared"] = heads.compared(older, newer) if older and newer else None
        except ProductError as error:
            context |= {"failed": sentence(error), "field": error.field}
        return self.page(request, "pages/log/heads.html", proof_words=proof_words(), **context)

    @answered
    def take_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """What is filtered as a file, written aside first: a slow client holds neither thread nor database."""
        if form not in FORMATS:
            raise NotFound(field="form", got=form)
        said, person = asked(request), request.user
        note_list(actor=person.get_username(), form=form, asked=said)
        rows = filtered(AuditEvent.objects.all(), said, "at")
        file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - whoever sends it closes it
        file.writelines(lines(rows, ways_to_events(person), form))  # type: ignore[arg-type]
        file.seek(0)
        answer = downloads.sent(Request(request), file, f"kilnmark-log.{form}")
        answer.headers["Content-Type"] = FORMATS[form]
        return answer

    def event_page(self, request: HttpRequest, event: AuditEvent, **outcome: Any) -> HttpResponseBase:
        """An event, and how its proof came out where it was checked."""
        kept = AuditDetail.objects.filter(event=event).first()
        context = {
            "title": verb_title(event.verb),
            "told": told_of([event], request.user)[0][1],  # type: ignore[arg-type]
            "proof_words": proof_words(),
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
        """The newest self-check and the one that runs; POST asks for one now. It speaks of all projects."""
        require_watcher(request.user)
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
