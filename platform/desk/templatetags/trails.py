"""Where a page lies: the list that it belongs to, by the words of the navigation."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from config.admin_site import NAVIGATION

register = template.Library()
BELOW = {  # pages of rows that have no entry in the navigation lie below another list
    "catalog_datasetversion": "catalog_dataset",
    "audit_hourlycount": "audit_auditevent",
    "audit_projectpolicy": "accounts_project",
}
TITLES = {item["route"]: item["title"] for group in NAVIGATION for item in group["items"]}


@register.simple_tag(takes_context=True)
def list_above(context: dict[str, Any]) -> dict[str, str] | None:
    """The list that the page is a part of, as {title, link}; None for lists themselves and pages beside all lists."""
    match = getattr(context.get("request"), "resolver_match", None)
    name = str(match.url_name or "") if match and "admin" in match.app_names else ""
    rows, view = "_".join(name.split("_")[:2]), "_".join(name.split("_")[2:])
    route = f"admin:{BELOW.get(rows, rows)}_changelist"
    if not view or (f"admin:{name}" in TITLES and view != "add") or route not in TITLES:
        return None
    try:
        return {"title": str(TITLES[route]), "link": reverse(route)}
    except NoReverseMatch:
        return None
