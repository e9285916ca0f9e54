"""Jobs that hold a model against data: the model can do it, the data are like its own, named classes are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.models import ModelVersion, Plugin
from catalog.plugins import newest
from jobs.controls import spec_of
from jobs.request import Named, Promise
from jobs.values_of_data import UnknownClass, check_class
from models_store.errors import InvalidInput

PRODUCES = "figures"
MODEL, DATA = "model", "data"


class CannotInspect(InvalidInput):
    """Models of this family cannot say how unusual an item is."""

    code = "cannot_inspect"


def check_measured(kind: Plugin, inputs: Mapping[str, Named]) -> None:
    """CannotInspect or `wrong_shape`; what is not known yet is not looked at."""
    model = inputs.get(MODEL)
    if kind.abilities.get("produces") != PRODUCES or not isinstance(model, ModelVersion | Promise):
        return
    wanted, family = kind.abilities.get("asks_of_family"), newest("family", model.family)
    if wanted and family and family.abilities.get(wanted) is False:
        raise CannotInspect(field=MODEL, expected="a model that inspects, such as a vae", got=model.family)
    trained = spec_of(model)
    for role, given in inputs.items():
        if trained is not None and role != MODEL and (data := spec_of(given)) is not None:
            _alike(trained, data, role)


def check_classes(kind: Plugin, params: Mapping[str, Any], inputs: Mapping[str, Named]) -> None:
    """UnknownClass where a parameter of the kind names a class that the data do not have."""
    spec = spec_of(inputs.get(DATA))
    for name, said in kind.schema.get("properties", {}).items():
        if spec is None or said.get("of_spec") != "condition":
            continue
        given = params.get(name) or []
        for one in given if isinstance(given, list) else [given]:
            _check_class(one, spec, f"params.{name}")


def _check_class(said: str, spec: Mapping[str, Any], field: str) -> None:
    try:
        check_class(said, spec, field=field)
    except UnknownClass as error:  # these are no data of a model
        raise UnknownClass("The data have no such class.", field=field, expected=error.expected, got=said) from None


def _alike(trained: Mapping[str, Any], data: Mapping[str, Any], role: str) -> None:
    wanted, found = (
        [f"{part['name']}: {part['kind']} {part['shape']}" + (f" of {part['size']}" if part.get("size") else "")
         for part in spec["fields"] if part["kind"] != "condition"]
        for spec in (trained, data)
    )  # fmt: skip
    if wanted != found:
        raise InvalidInput(
            "The data are not like those that the model was trained on.", code="wrong_shape", field=role,
            expected=wanted, got=found,
        )  # fmt: skip
