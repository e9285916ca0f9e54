"""The small figure beside "Reviews" in the navigation."""

from __future__ import annotations

from django.http import HttpRequest

from desk.review.facts import waiting_for

MOST = 99


def waiting(request: HttpRequest) -> str:
    """How many reviews wait for the person, counted up to 99; "" for none, and nothing is drawn."""
    found = waiting_for(request.user)[: MOST + 1].count() if request.user.is_authenticated else 0
    return (str(found) if found <= MOST else f"{MOST}+") if found else ""
