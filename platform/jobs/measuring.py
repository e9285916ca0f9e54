"""Jobs that hold a model against data: the model can do it, the data are like its own, named classes are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.models import ModelVersion, Plugin
from catalog.plugins import available, newest
from jobs.controls import chooses_class, spec_of
from jobs.request import Named, Promise, modality_of
from jobs.values_of_data import NoClasses, UnknownClass, check_class, described, field_of, labels
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


def check_named(kind: Plugin, params: Mapping[str, Any], inputs: Mapping[str, Named]) -> None:
    """Refuse where a parameter of the kind names a class or a plug-in that there is not, or that does not fit."""
    spec, classes = spec_of(inputs.get(DATA)), dict[str, str]()
    for name, said in kind.schema.get("properties", {}).items():
        given = params.get(name) or []
        listed = given if isinstance(given, list) else [given]
        if asked := said.get("of_plugins"):
            _check_plugins(listed, asked, inputs, f"params.{name}")
        for one in listed if said.get("of_spec") == "condition" else ():
            if spec is not None:
                _check_class(one, spec, f"params.{name}")
            if (other := classes.setdefault(one, name)) != name:
                raise InvalidInput(
                    f"One class is named as {other} and as {name}: it is one or the other.", code="given_twice",
                    field=f"params.{name}", expected=f"other classes than in params.{other}", got=one,
                )  # fmt: skip


def _check_plugins(names: list[str], asked: Mapping[str, Any], inputs: Mapping[str, Named], field: str) -> None:
    """`asked` is what the parameter says of itself (workers/contracts/parameters.py: of_plugins)."""
    model = inputs.get(MODEL)
    modality = modality_of(inputs.get(DATA) or model)
    family = newest("family", model.family) if isinstance(model, ModelVersion | Promise) else None
    rows = available(asked["kind"]) if names else []
    fitting = [row.name for row in rows if not modality or modality in row.abilities.get("modalities", [])]
    fitting += [name for name, needs in asked["besides"].items() if not family or family.abilities.get(needs)]
    for name in names:
        if name not in fitting:
            raise InvalidInput(
                f"No {asked['kind']} of this name measures this model on these data.", code=f"unknown_{asked['kind']}",
                field=field, expected=sorted(fitting), got=name,
            )  # fmt: skip
    for row in rows:
        if row.name in names and (needs := row.abilities.get("needs_classes")):
            _check_needs_classes(row, needs, inputs, field)


def _check_needs_classes(asked: Plugin, needs: str, inputs: Mapping[str, Named], field: str) -> None:
    """NoClasses where the data have none to tell apart, or the model none of them to choose, as `asked` needs them."""
    model = inputs.get(MODEL)
    data = spec_of(inputs.get(DATA) or model)
    known = labels(data, field_of(data, "condition")) if data is not None else []
    if data is not None and len(known) < 2:
        raise NoClasses(
            f"{asked.name} is measured only on data with classes: leave it out, or bring such data.",
            field=field, expected="at least 2 classes", got=asked.name,
        )  # fmt: skip
    if needs != "model" or not isinstance(model, ModelVersion | Promise):
        return
    family, trained = newest("family", model.family), spec_of(model)
    own = labels(trained, field_of(trained, "condition")) if trained is not None else known
    fits = set(own) <= set(known) if data is not None and trained is not None else True
    if family and not (chooses_class(family, model) and fits and (own or trained is None)):
        raise NoClasses(
            f"{asked.name} is measured only of models with a class of the data to choose: leave it out, or take such a "
            "model.", field=field, expected="a model with a class to choose", got=asked.name,
        )  # fmt: skip


def _check_class(said: str, spec: Mapping[str, Any], field: str) -> None:
    try:
        check_class(said, spec, field=field)
    except UnknownClass as error:  # these are no data of a model
        raise UnknownClass("The data have no such class.", field=field, expected=error.expected, got=said) from None


def _alike(trained: Mapping[str, Any], data: Mapping[str, Any], role: str) -> None:
    wanted, found = (
        [described(part) for part in spec["fields"] if part["kind"] != "condition"] for spec in (trained, data)
    )  # fmt: skip
    if wanted != found:
        raise InvalidInput(
            "The data are not like those that the model was trained on.", code="wrong_shape", field=role,
            expected=wanted, got=found,
        )  # fmt: skip
