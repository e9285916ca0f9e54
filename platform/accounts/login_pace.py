"""How fast passwords may be tried: failures slow an account and an address down, and never shut anybody out.

Doors are counted in the database, so all processes share them and a restart forgets nothing. Who has logged in from an
address before goes through a door of their own (account and address together), which failures from elsewhere do not
touch. Everybody else goes through two: that of the account and that of the address. An attempt at a shut door is turned
away before the password is looked at, and keeps the door shut no longer; so whoever waits gets a try.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from accounts.models import LoginDoor
from config import clock
from models_store.errors import ProductError

ACCOUNT, ADDRESS, BOTH = "account", "address", "account and address"
FREE = {ACCOUNT: 5, ADDRESS: 30, BOTH: 5}  # failures without a delay; many people may share an address
LONGEST = timedelta(minutes=15)  # that a door stays shut after a failure
FORGOTTEN_AFTER = timedelta(hours=24)  # without an attempt
KNOWN_FOR = timedelta(days=90)  # that somebody logged in from an address
NETWORK_BITS = 64  # of an IPv6 address belong to one customer (RFC 6177)


class TooManyAttempts(ProductError):
    """Too many logins failed here: wait a while, then try again."""

    code, http_status, retry = "too_many_attempts", 429, True

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait = wait_s  # Retry-After, RFC 9110 section 10.2.3


@transaction.atomic(durable=True)
def admit(name: str, address: str) -> None:
    """Count an attempt as failed before the password is looked at, so that many at once are counted like one after
    another; `cleared` takes it back. Raises TooManyAttempts. Names that nobody has are counted like any other. Never
    within a transaction, which could take the count back.
    """
    now = clock.now()
    keys = doors(name, address, now)
    for key in sorted(keys):
        LoginDoor.objects.get_or_create(key=key, defaults={"tried_at": now, "opens_at": now})
    rows = list(LoginDoor.objects.select_for_update().filter(key__in=keys).order_by("key"))
    if (shut := max(row.opens_at for row in rows)) > now:
        raise TooManyAttempts((shut - now).total_seconds())
    for row in rows:
        fresh = now - row.tried_at > FORGOTTEN_AFTER
        row.failures = 1 if fresh else row.failures + 1
        row.tried_at, row.opens_at = now, now + delay(keys[row.key], row.failures)
        row.save(update_fields=["failures", "tried_at", "opens_at"])
    LoginDoor.objects.filter(
        Q(tried_at__lt=now - KNOWN_FOR) | Q(tried_at__lt=now - FORGOTTEN_AFTER, known=False)
    ).delete()


@transaction.atomic
def cleared(name: str, address: str) -> None:
    """The password was right: the account's count ends, this attempt is taken off the address's, and it is known."""
    now = clock.now()
    for key, kind in doors(name, address, now).items():
        row = LoginDoor.objects.select_for_update().filter(key=key).first()
        if row is not None:
            row.failures = max(row.failures - 1, 0) if kind == ADDRESS else 0
            row.opens_at = now
            row.save(update_fields=["failures", "opens_at"])
    if address:
        facts = {"known": True, "failures": 0, "tried_at": now, "opens_at": now}
        LoginDoor.objects.update_or_create(key=_key(BOTH, name, address), defaults=facts)


def doors(name: str, address: str, now: datetime) -> dict[str, str]:
    """Key -> kind of the doors that an attempt goes through."""
    own = _key(BOTH, name, address)
    if address and LoginDoor.objects.filter(key=own, known=True, tried_at__gt=now - KNOWN_FOR).exists():
        return {own: BOTH}
    return {_key(ACCOUNT, name): ACCOUNT} | ({_key(ADDRESS, address): ADDRESS} if address else {})


def delay(kind: str, failures: int) -> timedelta:
    """How long a door is shut after that many failures: 1 s, 2 s, 4 s ... up to LONGEST."""
    over = failures - FREE[kind]
    return min(timedelta(seconds=2.0 ** min(over, 20)), LONGEST) if over >= 0 else timedelta(0)


def network(address: str) -> str:
    """What stands for an address: itself, of IPv6 the part that belongs to one customer; "" for what is none."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), NETWORK_BITS), strict=False))


def _key(*parts: str) -> str:
    said: Iterable[str] = (unicodedata.normalize("NFKC", part) for part in parts)
    return salted_hmac("accounts.login_pace", "\0".join(said), algorithm="sha256").hexdigest()
