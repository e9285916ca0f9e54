"""From a plug-in's JSON Schema to form fields in the reader's language: bounds, units, help, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from catalog.models import Plugin
from desk.words.sentences import in_language


def chinese() -> bool:
    """Whether the reader asked for Chinese."""
    return (get_language() or "").startswith("zh")


def title_of(plugin: Plugin) -> str:
    """A plug-in's title in the reader's language."""
    return plugin.title_zh if chinese() and plugin.title_zh else plugin.title


def summary_of(plugin: Plugin) -> str:
    """A plug-in's summary in the reader's language."""
    return plugin.summary_zh if chinese() and plugin.summary_zh else plugin.summary


def parameter_fields(schema: Mapping[str, Any], prefix: str) -> dict[str, forms.Field]:
    """One field for each property, named `prefix` + its name; a property of a shape no form can show is left out."""
    fields = {}
    required = schema.get("required", [])
    for name, said in schema.get("properties", {}).items():
        if field := _field(name, _resolved(said, schema), name in required):
            fields[prefix + name] = field
    return fields


def _resolved(said: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = said.get("$ref", "").rpartition("/")[2]
    return {**schema.get("$defs", {}).get(reference, {}), **said} if reference else said


def _field(name: str, said: Mapping[str, Any], required: bool) -> forms.Field | None:
    common: dict[str, Any] = {
        "label": _label(name, said),
        "help_text": _help(said),
        "initial": said.get("default"),
        "required": required,
    }
    bounds = {"min_value": said.get("minimum"), "max_value": said.get("maximum")}
    if "enum" in said:
        choices = [(value, value) for value in said["enum"]]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **common)
    match said.get("type"):
        case "integer":
            return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **bounds, **common)
        case "number":
            widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
            return forms.FloatField(widget=widget, **bounds, **common)
        case "boolean":
            return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **(common | {"required": False}))
        case "string":
            longest = said.get("maxLength")
            return forms.CharField(max_length=longest, widget=UnfoldAdminTextInputWidget, **common)
    return None


def _label(name: str, said: Mapping[str, Any]) -> str:
    words = name.replace("_", " ")
    title = said.get("title") or words
    if title.lower() == words:  # made from the name, not written by somebody
        title = capfirst(words)
    return (said.get("title_zh") or title) if chinese() else title


def _help(said: Mapping[str, Any]) -> str:
    text = (chinese() and said.get("help_zh")) or said.get("description", "")
    low, high, unit = said.get("minimum"), said.get("maximum"), in_language(said.get("unit", ""))
    if low is None or high is None:
        return f"{text} ({unit})" if unit else text
    span = _("%(low)s to %(high)s") % {"low": f"{low:g}", "high": _plain(high)}
    return f"{text} ({span} {unit})".replace(" )", ")")


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


def parameters(cleaned: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The values that were given, by their names in the schema; what was left empty takes its default later."""
    named = {name.removeprefix(prefix): value for name, value in cleaned.items() if name.startswith(prefix)}
    return {name: value for name, value in named.items() if value not in (None, "")}
