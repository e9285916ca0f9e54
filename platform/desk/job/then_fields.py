"""The part of a training's form that says what comes then: measure the model, generate with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from catalog.models import Plugin
from catalog.plugins import available
from desk.job.parameter_fields import parameter_fields, title_of
from jobs.releasing import hands_out, may_leave

THEN = "then_"
HELP = {
    "figures": gettext_noop("As soon as the model is there, with every metric that fits."),
    "asks_of_family": gettext_noop("As soon as the model is there, among the data that it learned from."),
    "artifacts": gettext_noop("As soon as the model is there; a draft generates for whoever trained it."),
}


class Following:
    """The kinds of job that can come after one of this kind and family, as switches of its form."""

    def __init__(self, kind: Plugin, family: Plugin | None) -> None:
        self.kinds = list(_following(kind, family))
        self.fields: dict[str, forms.Field] = {}
        for row in self.kinds:
            self.fields[THEN + row.name] = _switch(row)
            if hands_out(row):
                further = _how_many(row) | {f"{THEN}{row.name}_purpose": _purpose()}
                for field in further.values():
                    field.label = _("%(title)s: %(value)s") % {"title": title_of(row), "value": field.label}
                self.fields |= further

    def places(self, bodies: list[Mapping[str, Any]]) -> dict[str, str]:
        """Where errors of these bodies stand in the form (desk/form_errors.py)."""
        found: dict[str, str] = {}
        for place, body in enumerate(bodies):
            switch = THEN + body["kind"]
            found |= {f"then[{place}].params.": f"{switch}_", f"then[{place}].": f"{switch}_"}
        return found

    def bodies(self, cleaned: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """What was switched on, as REST would send it under `then`."""
        return [_body(row.name, cleaned) for row in self.kinds if cleaned.get(THEN + row.name)]


def _following(kind: Plugin, family: Plugin | None) -> Iterator[Plugin]:
    """Kinds that work on nothing but what this one makes; what may not be released is only measured."""
    for row in available("kind"):
        takes = {needs["takes"] for needs in row.abilities.get("roles", {}).values() if needs["required"]}
        wanted = row.abilities["produces"] == "figures" or (hands_out(row) and may_leave(family))
        asked = row.abilities.get("asks_of_family")
        able = not asked or family is None or family.abilities.get(asked) is not False
        if takes == {kind.abilities["produces"]} and wanted and able:
            yield row


def _body(name: str, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{THEN}{name}_"
    given = {field.removeprefix(prefix): value for field, value in cleaned.items() if field.startswith(prefix)}
    return {"kind": name} | {field: value for field, value in given.items() if value not in (None, "")}


def _switch(row: Plugin) -> forms.Field:
    said = "asks_of_family" if row.abilities.get("asks_of_family") else row.abilities["produces"]
    return forms.BooleanField(
        label=title_of(row),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy(HELP[said]),
    )


def _how_many(row: Plugin) -> dict[str, forms.Field]:
    known = {name: said for name, said in row.schema.get("properties", {}).items() if name == "count"}
    return parameter_fields({"properties": known}, f"{THEN}{row.name}_")


def _purpose() -> forms.Field:
    return forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=4000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("What it is for; it is written into the record of everything made."),
    )
