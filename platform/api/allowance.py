"""Who asks, noted for the log, and the request counted against what that person or address may ask."""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request

from accounts.models import ApiToken
from api.rates import Standing, by_address, rates
from api.visit import Visit, visit_of


def count(request: Request) -> Standing:
    """Count a request, once however often the gate asks Django for it.

    All tokens and sessions of a person share one allowance; a request whose credentials were refused counts for its
    address.
    """
    visit = visit_of(request)
    if visit and visit.standing:
        return visit.standing
    known = request.user.is_authenticated
    bucket = f"person {request.user.pk}" if known else by_address(request.META.get("REMOTE_ADDR"))
    standing = rates.take(bucket, settings.RATE_LIMIT)
    if visit:
        visit.standing = standing
        if known:
            by = f"token:{request.auth.hint}" if isinstance(request.auth, ApiToken) else "session"
            visit.who = f"user:{request.user.pk},{by}"
    return standing


def count_unknown(visit: Visit) -> None:
    """Count a request that is refused before anybody asks who sent it."""
    address = (visit.scope.get("client") or ("",))[0]
    visit.standing = rates.take(by_address(address), settings.RATE_LIMIT)
