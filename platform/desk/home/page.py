"""The home page and its cards; a browser asks for those that changed, every few seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import Role, User
from desk.home.devices import devices
from desk.home.first_steps import first_steps
from desk.home.morning import morning
from desk.home.night_picture import NIGHT
from desk.home.now import now
from desk.home.sight import Sight
from desk.home.to_review import drafts, to_review
from desk.home.tonight import spoken, tonight
from desk.people.roles import projects_as
from jobs.forecast import Scene

Card = Callable[[Sight, Scene], Mapping[str, Any]]


def _tonight(sight: Sight, scene: Scene) -> Mapping[str, Any]:
    found = tonight(sight, scene)
    return found | {"spoken": spoken(found["rows"]), "hours_ahead": round(NIGHT.total_seconds() / 3600)}


def _devices(sight: Sight, scene: Scene) -> Mapping[str, Any]:
    return {"devices": devices(sight, scene)}


def _reviews(sight: Sight, _scene: Scene) -> Mapping[str, Any]:
    return {"waits": to_review(sight.user), "drafts": drafts(sight.user)}


CARDS: Mapping[str, Card] = {
    "now": now, "tonight": _tonight, "morning": morning, "devices": _devices, "reviews": _reviews,
}  # fmt: skip
OFTEN = ("now", "devices", "reviews")  # the others change with hours, and cost more


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the admin's index page (UNFOLD's DASHBOARD_CALLBACK)."""
    user: Any = request.user
    sight, scene = Sight.of(user), Scene.take()
    cards = {name: card(name, sight, scene) for name in CARDS}
    return context | {
        "title": _("Home"),
        "cards": {name: html for name, (html, _seen, _said) in cards.items()},
        "reviews": cards["reviews"][2]["drafts"],
        "steps": first_steps(sight),
        "may_submit": projects_as(user, Role.SUBMITTER).exists(),
    }


def card(name: str, sight: Sight, scene: Scene, *, swap: bool = False) -> tuple[SafeString, str, Mapping[str, Any]]:
    """One card as HTML, what names this very content, and what it was filled with."""
    said = CARDS[name](sight, scene)
    inner = render_to_string(f"pages/home/{name}.html", dict(said))
    seen = f"{name}-{hashlib.sha256(inner.encode()).hexdigest()[:12]}"
    html = render_to_string("pages/home/card.html", {"name": name, "inner": inner, "seen": seen, "swap": swap})
    return html, seen, said


def changed(request: HttpRequest, pace: str) -> HttpResponse:
    """The cards of a pace (`often`, `seldom`) that no longer are as the browser has `seen` them; 204 where all are.

    What did not change is not sent, so nobody who reads, listens or tabs through it is disturbed.
    """
    user: User = request.user  # type: ignore[assignment]
    sight, scene, has = Sight.of(user), Scene.take(), set(request.GET.getlist("seen"))
    names = [name for name in CARDS if (name in OFTEN) == (pace == "often")]
    found = [card(name, sight, scene, swap=True) for name in names]
    html = "".join(one for one, seen, _said in found if seen not in has)
    return HttpResponse(html, status=200 if html else 204)


refresh = admin.site.admin_view(changed)
