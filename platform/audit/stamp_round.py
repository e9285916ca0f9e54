"""The errand of a worker: fetches time stamps that are due from their authority, checks and keeps them.

While it does not answer, everything that waits is put off, twice as long each time. One answer that does not hold puts
off what it was for; a second one says that the authority is at fault. Web processes never do this, nor does any job
wait for it.
"""

from __future__ import annotations

import logging
import secrets
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from audit.models import TreeHead
from audit.stamp_models import Stamp
from audit.stamping import HEAD, head_sha256, request, wanted
from config import clock
from models_store.errors import ProductError
from models_store.timestamps import LARGEST_TOKEN_BYTES, NONCE_BITS, BadStamp, Stamped, check_reply, query

log = logging.getLogger(__name__)
AT_ONCE = 20  # asked for in one go
WAIT_S = 10.0  # for one answer, all of it
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


class AuthorityAway(ProductError):
    """The time stamp authority did not answer."""

    code, http_status, retry = "tsa_away", 503, True


def stamp_due(now: datetime | None = None) -> int:
    """Ask for what is due, the newest head among it; returns how many stamps came."""
    if not wanted():
        return 0
    _request_head(now or clock.now())
    came, refused = 0, 0
    for stamp in Stamp.objects.filter(token=None, due_at__lte=now or clock.now()).order_by("tries", "due_at")[:AT_ONCE]:
        try:
            came += _stamp(stamp)
        except (AuthorityAway, BadStamp) as why:
            refused += 1
            alone = isinstance(why, BadStamp) and refused == 1
            _put_off(stamp, why, alone=alone)
            if not alone:
                break  # the others would fare no better
    return came


def _request_head(now: datetime) -> None:
    """Heads are signed often; now and then one is stamped, the newest. It covers those before it."""
    head, last = TreeHead.objects.first(), Stamp.objects.filter(kind=HEAD).order_by("-id").first()
    if head is None or (last and now - last.requested_at < settings.TSA_EVERY):
        return
    with transaction.atomic():
        request(HEAD, str(head.size), head_sha256(head))


def _stamp(stamp: Stamp) -> int:
    """Fetch, check and keep one; no transaction is open meanwhile. 0 where another worker was faster."""
    nonce = secrets.randbits(NONCE_BITS)
    reply = ask(settings.TSA_URL, query(stamp.sha256, nonce))
    found: Stamped = check_reply(reply, stamp.sha256, settings.TSA_ROOT.read_text(), now=clock.now(), nonce=nonce)
    waiting = Stamp.objects.filter(pk=stamp.pk, token=None)
    return waiting.update(
        token=found.token, stamped_at=found.at, authority=_shown(settings.TSA_URL), due_at=None, error=""
    )


def _shown(url: str) -> str:
    """An authority's address as anybody may read it: without a user, a password or a query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:300]


def _put_off(stamp: Stamp, why: ProductError, *, alone: bool) -> None:
    """This one, or all that waits, twice as long each time: the tries of all that is put off say how often."""
    waiting = Stamp.objects.filter(token=None, **({"pk": stamp.pk} if alone else {}))
    failed = waiting.aggregate(sum=Sum("tries"))["sum"] or 0
    delay = min(FIRST_DELAY * 2 ** min(failed, 10), LONGEST_DELAY)
    now, said = clock.now(), f"{why.detail} {why.got or ''}".strip()[:300]
    log.warning("no time stamp for %s: %s; next try in %s", stamp, said, delay)
    waiting.filter(pk=stamp.pk).update(tries=stamp.tries + 1, error=said)
    waiting.filter(due_at__lte=now + delay).update(due_at=now + delay)


def ask(url: str, der: bytes) -> bytes:
    """The authority's reply to a query; AuthorityAway after WAIT_S, for a redirect, an error or a long answer."""
    import httpx  # only where an authority is set: 12 MB of every worker

    ends = time.monotonic() + WAIT_S
    try:
        with (
            httpx.Client(timeout=WAIT_S / 2, follow_redirects=False) as client,
            client.stream("POST", url, content=der, headers={"Content-Type": QUERY, "Accept": REPLY}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise AuthorityAway(expected=200, got=answer.status_code)
            reply = b""
            for part in answer.iter_raw(4096):
                reply += part
                if len(reply) > LARGEST_TOKEN_BYTES or time.monotonic() > ends:
                    raise AuthorityAway("The time stamp authority's answer is too long or too slow.", got=len(reply))
            return reply
    except httpx.HTTPError as why:
        raise AuthorityAway(got=type(why).__name__) from why
