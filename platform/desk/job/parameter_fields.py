"""From a plug-in's JSON Schema to form fields in the reader's language: bounds, units, help, defaults."""

from __future__ import annotations

import re
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
from catalog.plugins import newest
from desk.words.sentences import in_language
from jobs.controls import controls_of
from jobs.models import Job


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


class WordsField(forms.CharField):
    """Words with commas between them, as a list."""

    def prepare_value(self, value: Any) -> Any:
        """A list as people write it."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """The words, without spaces around them."""
        return [word.strip() for word in re.split("[,，]", super().clean(value)) if word.strip()]


def word_fields(schema: Mapping[str, Any], prefix: str) -> dict[str, forms.Field]:
    """One field for each property that is a list of words."""
    return {
        prefix + name: WordsField(
            label=_label(name, said), help_text=_help(said), initial=said.get("default"), required=False,
            max_length=2000, widget=UnfoldAdminTextInputWidget,
        )
        for name, said in schema.get("properties", {}).items()
        if said.get("type") == "array" and said.get("items", {}).get("type") == "string"
    }  # fmt: skip


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
        choices = [(value, choice_title(said, value)) for value in said["enum"]]
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
    if title in (words, words.title()):  # made from the name, not written by somebody
        title = capfirst(words)
    return (said.get("title_zh") or title) if chinese() else title


def _help(said: Mapping[str, Any]) -> str:
    text = (chinese() and said.get("help_zh")) or said.get("description", "")
    low, high, unit = said.get("minimum"), said.get("maximum"), in_language(said.get("unit", ""))
    if low is None or high is None:
        span = unit
    else:
        span = f"{_('%(low)s to %(high)s') % {'low': _plain(low), 'high': _plain(high)}} {unit}".rstrip()
    if not span:
        return text
    return f"{text}（{span}）" if chinese() else f"{text} ({span})"


def _plain(number: float) -> str:
    """Without an exponent, which not everybody reads."""
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:g}" if "e" not in f"{number:g}" else f"{number:.10f}".rstrip("0").rstrip(".")


def parameters(cleaned: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The values that were given, by their names in the schema; what was left empty takes its default later."""
    named = {name.removeprefix(prefix): value for name, value in cleaned.items() if name.startswith(prefix)}
    return {name: value for name, value in named.items() if value not in (None, "")}


def parameter_title(schema: Mapping[str, Any], name: str) -> str:
    """What a parameter is called in the reader's language; its name in words where the schema does not know it."""
    return _label(name, _resolved(schema.get("properties", {}).get(name, {}), schema))


def in_words(schema: Mapping[str, Any], name: str, value: Any) -> str:
    """A value of a parameter as people write it, with its unit."""
    said = _resolved(schema.get("properties", {}).get(name, {}), schema)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(in_words(schema, name, part) for part in value) or "—"
    if isinstance(value, Mapping):
        parts = (f"{parameter_title(schema, key)}: {in_words(schema, key, part)}" for key, part in value.items())
        return "; ".join(parts) or "—"
    if isinstance(value, str):
        return choice_title(said, value) or "—"
    unit = in_language(said.get("unit", ""))
    return f"{_plain(value)} {unit}".rstrip()


def choice_title(said: Mapping[str, Any], value: str) -> str:
    """One of a parameter's choices in the reader's language; the value itself where its plug-in has no words for it."""
    titles = said.get("choices", {}).get(value, {})
    return (titles.get("title_zh") if chinese() else "") or titles.get("title") or value


def schema_of(job: Job) -> dict[str, Any]:
    """The parameters that a job of this kind and method takes, with the controls of the models that it samples."""
    own = newest("family", job.family) if job.family else newest("kind", job.kind)
    known = dict(own.schema.get("properties", {})) if own else {}
    defs = dict(own.schema.get("$defs", {})) if own else {}
    models = job.inputs.exclude(model_version=None).values_list("model_version__family", flat=True)
    for family in set(models) if not job.family else ():
        if row := newest("family", family):
            controls = controls_of(row)
            known = {**controls.get("properties", {}), **known}
            defs |= controls.get("$defs", {})
    return {"properties": known, "$defs": defs}


def named_parameters(job: Job) -> list[tuple[str, str, str]]:
    """What was asked for: (title, value in words with its unit, name); without what was left empty.

    The order is that of the form: as the plug-in announced it, then what it does not know (any more).
    """
    schema = schema_of(job)
    order = [*(name for name in schema["properties"] if name in job.params), *job.params]
    return [
        (parameter_title(schema, name), in_words(schema, name, job.params[name]), name)
        for name in dict.fromkeys(order)
        if job.params[name] or job.params[name] == 0
    ]
