"""Presets of a method, and how what stands in a form differs from the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Plugin
from desk.job.form import PARAM, JobForm
from desk.job.parameter_fields import chinese, in_words, parameter_title, parameters


def usual(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults by name."""
    return {name: said["default"] for name, said in schema.get("properties", {}).items() if "default" in said}


def preset_buttons(family: Plugin | None, chosen: str) -> list[dict[str, Any]]:
    """What the page shows of each preset, with what it sets."""
    if family is None:
        return []
    return [
        {
            "name": one["name"], "title": (one["title_zh"] if chinese() else "") or one["title"],
            "chosen": one["name"] == chosen, "says": _in_short(family.schema, one["values"]),
        }
        for one in family.abilities.get("presets", [])
    ]  # fmt: skip


def _in_short(schema: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    return _(", ").join(
        _("%(title)s: %(value)s") % {"title": parameter_title(schema, name), "value": in_words(schema, name, said)}
        for name, said in values.items()
    )


def for_script(form: JobForm) -> dict[str, Any]:
    """Defaults, and each preset as a whole, by field: what static/kilnmark/submit.js fills in and compares with."""
    defaults = usual(form.schema)
    presets = form.family.abilities.get("presets", []) if form.family else []
    return {
        "words": [_("yes"), _("no")],
        "defaults": _by_field(defaults),
        "presets": {one["name"]: _by_field(defaults | one["values"]) for one in presets},
    }


def _by_field(values: Mapping[str, Any]) -> dict[str, Any]:
    return {PARAM + name: value for name, value in values.items() if isinstance(value, str | int | float | bool)}


def differing(form: JobForm) -> list[dict[str, str]]:
    """The parameters that are not as by default: title, value and default in words; of a form that was sent."""
    schema, defaults = form.schema, usual(form.schema)
    asked = {name: form.cleaned_data[name] for name in form.params if name in form.cleaned_data}
    return [
        {
            "title": parameter_title(schema, name), "value": in_words(schema, name, value),
            "usual": in_words(schema, name, defaults[name]),
        }
        for name, value in parameters(asked, PARAM).items()
        if name in defaults and value != defaults[name]
    ]  # fmt: skip


def in_force(form: JobForm) -> list[dict[str, Any]]:
    """Every parameter as it will be: title, value in words, whether it differs, errors; of a form that was sent.

    `aside` are those that most people leave alone and that were left alone.
    """
    schema, defaults = form.schema, usual(form.schema)
    asked = {name: form.cleaned_data[name] for name in form.params if name in form.cleaned_data}
    given = defaults | parameters(asked, PARAM)
    return [_one(form, name, given) for name in schema["properties"] if PARAM + name in form.params]


def _one(form: JobForm, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    schema, errors = form.schema, form.errors.get(PARAM + name, [])
    differs = name in given and given[name] != schema["properties"][name].get("default", given[name])
    aside = bool(schema["properties"][name].get("advanced")) and not differs and not errors
    value = in_words(schema, name, given[name]) if name in given else ""
    title = parameter_title(schema, name)
    return {"title": title, "value": value, "differs": differs, "errors": errors, "aside": aside}


def settled(form: JobForm) -> list[dict[str, str]]:
    """The inputs beside the data that were chosen before, in words; [] where one of them has to be chosen anew."""
    fields = form.input_fields()
    if not fields or any(field.errors for field in fields):
        return []
    names = {field.name: dict(field.field.choices).get(str(field.value() or ""), "") for field in fields}  # type: ignore[attr-defined]
    return [{"title": str(field.label), "value": names[field.name] or "—"} for field in fields]
