"""The log as its readers see it: events, signed heads, proofs."""

from __future__ import annotations

import tempfile
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.log_sight import events_seen_by
from accounts.services import require_auditor
from api import downloads
from api.access import Endpoint
from api.bodies.audit import (
    AuditEventSerializer,
    AuditQuerySerializer,
    ConsistencyQuerySerializer,
    ConsistencySerializer,
    ExportQuerySerializer,
    InclusionQuerySerializer,
    InclusionSerializer,
    PublicKeySerializer,
    TreeHeadWithKeySerializer,
)
from api.pages import NewestFirst
from api.schema import File, operation
from api.views.event_filters import event_ways
from audit import proofs, stamping
from audit.export import export
from audit.models import AuditEvent, TreeHead
from models_store.errors import InvalidInput, NotFound
from models_store.keys import Keyring

LINES = "application/jsonl"


class OfLog(Endpoint):
    """Something of the log."""

    queryset = AuditEvent.objects.none()

    def events(self) -> QuerySet[AuditEvent]:
        """Those that the person may see, with their details."""
        return events_seen_by(self.person).select_related("detail")


@extend_schema_view(get=operation("Events", {200: AuditEventSerializer(many=True)}, parameters=[AuditQuerySerializer]))
class AuditEvents(OfLog):
    """What happened, to whom, by whom."""

    serializer_class = AuditEventSerializer
    filters = AuditQuerySerializer
    orders = ("-at", "at")
    pagination_class = NewestFirst

    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.listed(AuditEvent.objects.select_related("detail"), event_ways(self.person, self.query))


@extend_schema_view(get=operation("The newest signed head", {200: TreeHeadWithKeySerializer}))
class Head(OfLog):
    """Keep it elsewhere: a rewritten past fails the consistency proof against it."""

    def get(self, request: Request) -> Response:
        """With the key that checks it, and time stamps as far as there are any."""
        head = TreeHead.objects.first()
        if head is None:
            raise proofs.NotInLogYet()
        key = Keyring.load(settings.KEYS_FOLDER).public_key(head.key_id)
        stamp, stamped = stamping.stamp_of(stamping.head_sha256(head)), stamping.newest_stamped_head()
        said = head.as_dict() | {"public_key": pem(key), "stamp": stamp.as_dict() if stamp else None}
        before = stamped[0].as_dict() | {"stamp": stamped[1].as_dict()} if stamped else None
        return Response(said | {"stamped_head": before})


@extend_schema_view(get=operation("The key of the log", {200: PublicKeySerializer}))
class PublicKey(OfLog):
    """Ed25519."""

    def get(self, request: Request) -> Response:
        """With those that were used before."""
        keyring = Keyring.load(settings.KEYS_FOLDER)
        said = {"key_id": keyring.log.key_id, "algorithm": "Ed25519", "public_key": pem(keyring.log.public)}
        return Response(said | {"retired": dict(keyring.retired)})


def pem(key: Any) -> str:
    """A public key as text."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@extend_schema_view(
    get=operation("That the log holds an event", {200: InclusionSerializer}, parameters=[InclusionQuerySerializer])
)
class Inclusion(OfLog):
    """The way from an event to a signed root."""

    filters = InclusionQuerySerializer

    def get(self, request: Request) -> Response:
        """By `index` or by `event`; with `size`, below the head of that size."""
        said = self.query
        if ("index" in said) == ("event" in said):
            raise InvalidInput("Name one event.", field="index", expected="one of index, event")
        by = {"index": said["index"]} if "index" in said else {"pk": said["event"]}
        event = self.events().filter(**by).first()
        if event is None:
            raise NotFound("There is no such event that you may see.", field=next(iter(by)))
        return Response(proofs.inclusion(event, said.get("size")))


@extend_schema_view(
    get=operation("That the log only grew", {200: ConsistencySerializer}, parameters=[ConsistencyQuerySerializer])
)
class Consistency(OfLog):
    """The tree of `second` events begins with the tree of `first`."""

    filters = ConsistencyQuerySerializer

    def get(self, request: Request) -> Response:
        """Without `second`: all events."""
        said = self.query
        return Response(proofs.consistency(said["first"], said.get("second")))


@extend_schema_view(
    get=operation("The whole log as a file (auditors)", {200: File(LINES)}, parameters=[ExportQuerySerializer])
)
class Export(OfLog):
    """JSON Lines: head, keys, every leaf, and how many they were; `docs/verify_audit.py` checks it."""

    filters = ExportQuerySerializer

    def get(self, request: Request) -> HttpResponseBase:
        """Written aside first: a slow client holds neither thread nor database, and memory stays as it was."""
        require_auditor(self.person)
        said = self.query
        lines = export(Keyring.load(settings.KEYS_FOLDER), actor=self.person.username, details=said["details"])
        file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - whoever sends it closes it
        try:
            file.writelines(lines)
            file.seek(0)
            response = downloads.sent(request, file, "kilnmark-audit.jsonl")
        except BaseException:
            file.close()
            raise
        response.headers["Content-Type"] = LINES
        return response
