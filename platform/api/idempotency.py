"""A POST under an Idempotency-Key is done once: its answer is kept for a day, written with what it did.

Endpoints that make jobs keep the key with the job instead (jobs/idempotency.py).
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.services import SCOPES
from api.models import KeptAnswer
from config import clock
from jobs.idempotency import KEPT_FOR, IdempotencyConflict, InProgress
from models_store.errors import InvalidInput

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
LONGEST_KEY = 200  # characters
WAITS = "3s"  # for a first call that still runs: it holds a thread
LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE of PostgreSQL
KEPT_HEADERS = ("Location", "Upload-Offset", "Upload-Expires")
MOST_FORGOTTEN = 1000  # rows in one statement


def key_of(request: Request) -> str | None:
    """The header, checked; None where there is none."""
    said = request.headers.get(HEADER)
    if said is not None and not (0 < len(said) <= LONGEST_KEY and said.isascii() and said.isprintable()):
        expected = f"1 to {LONGEST_KEY} printable ASCII characters"
        raise InvalidInput("This is no key.", field=HEADER, expected=expected, got=said)
    return said


@dataclass(frozen=True)
class Seal:
    """What follows from the platform's secret, a person and that person's key (HKDF, RFC 5869): 32 bytes each."""

    name: bytes
    secret: bytes
    check: bytes

    @classmethod
    def of(cls, person: object, key: str) -> Seal:
        """The same for the same three; whoever reads the database has neither."""
        how = HKDF(SHA256(), 96, salt=b"kilnmark kept answer", info=f"{person} {key}".encode())
        found = how.derive(settings.SECRET_KEY.encode())
        return cls(found[:32], found[32:64], found[64:])

    def box(self) -> Fernet:
        """Closes and opens an answer."""
        return Fernet(urlsafe_b64encode(self.secret))

    def digest(self, request: Request) -> str:
        """Of method, path and body, and of the headers in which tus says what it brings."""
        more = {name: said for name, said in request.headers.items() if name.startswith("Upload-")}
        body = dict(request.data.lists()) if hasattr(request.data, "lists") else request.data
        said = json.dumps([request.method, request.get_full_path(), body, more], sort_keys=True, default=str)
        return hmac.new(self.check, said.encode(errors="surrogatepass"), sha256).hexdigest()


def _reach(request: Request) -> list[str]:
    """What whoever asks may do: the scopes of a token; a session or a password has them all."""
    return sorted(request.auth.scopes if isinstance(request.auth, ApiToken) else SCOPES)


def once(key: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, done once for this key: what it writes and what it answers are committed together.

    A repeat waits for a first call that still runs, as long as WAITS; raises InProgress after that, and
    IdempotencyConflict where the key came with something else, or from a token with more scopes. Only what
    succeeded is kept.
    """

    def answered(request: Request, *args: Any, **kwargs: Any) -> Any:
        seal, now = Seal.of(request.user.pk, key), clock.now()
        digest = seal.digest(request)
        with transaction.atomic():
            row, fresh = _claimed(request.user.pk, seal.name.hex(), digest, now)
            if not fresh:
                if not hmac.compare_digest(row.request, digest):
                    raise IdempotencyConflict(field=HEADER, got=key)
                return _replayed(row, seal, _reach(request))
            response = handler(request, *args, **kwargs)
            if not 200 <= response.status_code < 300:
                row.delete()
            else:
                _keep(row, response, seal, _reach(request))
            return response

    return answered


def _claimed(person: Any, name: str, digest: str, now: datetime) -> tuple[KeptAnswer, bool]:
    """The row of a key, and whether it is new: then this transaction alone does what was asked."""
    rows = KeptAnswer.objects.filter(person_id=person, name=name)
    try:
        _wait_at_most(WAITS)
        rows.filter(created_at__lte=now - KEPT_FOR).delete()
        with transaction.atomic():
            made = KeptAnswer.objects.create(person_id=person, name=name, request=digest, created_at=now)
    except IntegrityError:
        _wait_at_most("0")
        return rows.get(), False
    except OperationalError as busy:
        if getattr(busy.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise InProgress(field=HEADER) from busy
        raise
    _wait_at_most("0")
    return made, True


def _wait_at_most(time: str) -> None:
    """For locks, in this transaction; "0" is for ever. SQLite waits by its own time-out, then says it is busy."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [time])


def _keep(row: KeptAnswer, response: Response, seal: Seal, reach: list[str]) -> None:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    body = None if response.data is None else JSONRenderer().render(response.data).decode()
    row.status = response.status_code
    row.sealed = seal.box().encrypt(json.dumps({"headers": headers, "body": body, "scopes": reach}).encode()).decode()
    row.save(update_fields=["status", "sealed"])


def _replayed(row: KeptAnswer, seal: Seal, reach: list[str]) -> Response:
    """An answer may hold a fresh token: whoever could not have asked for that one is not shown it."""
    said: Mapping[str, Any] = json.loads(seal.box().decrypt(row.sealed.encode()))
    if missing := sorted(set(said["scopes"]) - set(reach)):
        raise IdempotencyConflict("A token that may do more used that key.", field=HEADER, expected=missing)
    body = None if said["body"] is None else json.loads(said["body"])
    return Response(body, status=row.status, headers=said["headers"] | REPLAYED)


def forget_old(now: datetime) -> int:
    """Delete the answers that were kept for a day; returns how many."""
    gone = 0
    old = KeptAnswer.objects.filter(created_at__lte=now - KEPT_FOR)
    while few := list(old.values_list("pk", flat=True)[:MOST_FORGOTTEN]):
        gone += KeptAnswer.objects.filter(pk__in=few).delete()[0]
    return gone
