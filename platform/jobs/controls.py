"""What a job that samples models may be told: the kind's own parameters, and the controls of the models' families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from catalog.measured_paths import usable_paths
from catalog.models import DatasetVersion, ModelVersion, Plugin, VersionState
from catalog.plugins import InvalidParameter, UnknownParameter, checked, fitted, plugin
from jobs.models import Job
from jobs.request import Named, Promise, data_of
from jobs.seeds import seed_of
from jobs.values_of_data import check_characters, check_class, check_needs, check_room, field_of, labels
from models_store.errors import InvalidInput, ProductError

FEWEST, MOST = 2, 64  # values of a sweep, seeds of a path
LEAST_LABELLED_PX = 128  # as workers/marks/visible_label.py
Models = Mapping[str, ModelVersion | Promise]
Families = Mapping[str, Plugin]


class NotInterpolable(InvalidInput):
    """Between two seeds of this model there is nothing: it makes its items piece by piece."""

    code = "not_interpolable"


def sampling_params(kind: Plugin, asked: Mapping[str, Any], inputs: Mapping[str, Named]) -> dict[str, Any]:
    """All parameters of such a job, defaults filled in: what the kind itself takes, and controls that every model has.

    Raises what `checked` raises, UnknownClass, UnknownCharacters, PromptTooLong and NotInterpolable, with their place.
    """
    models = models_of(kind, inputs)
    _one_modality(models)
    families = {role: plugin("family", model.family, field=role) for role, model in models.items()}
    known, own = shared(families), kind.schema.get("properties", {})
    for name in asked:
        if name not in own and name not in known:
            raise _unknown(kind.name, name, f"params.{name}", families, [*own, *known])
    said = {name: value for name, value in asked.items() if name in own}
    if isinstance(path := said.get("interpolate"), list):
        said["interpolate"] = [seed_of(one, field=f"params.interpolate[{place}]") for place, one in enumerate(path)]
    params = checked(kind, said)
    chosen = {name: part["default"] for name, part in known.items() if "default" in part and name not in own}
    chosen |= {name: value for name, value in asked.items() if name not in own}
    _each(families, models, chosen)
    _weights(params.get("weights") or [], len(models))
    _sweep(kind, params, families, models, chosen)
    _path(params, families)
    _visible_label(params, models)
    _way(params, models)
    return params | chosen


def _way(params: Mapping[str, Any], models: Models) -> None:
    """A path that is asked for is one that passed when each of the models was published."""
    if not (asked := params.get("path")):
        return
    for role, model in models.items():
        if isinstance(model, ModelVersion) and asked not in (passed := usable_paths(model)):
            raise InvalidInput(
                "The model was published without this path: leave it open, or take one that passed.",
                code="path_unusable", field="params.path", expected=passed, got=f"{asked}, of {role}",
            )  # fmt: skip


def models_of(kind: Plugin, inputs: Mapping[str, Named]) -> dict[str, ModelVersion | Promise]:
    """The models of a job by role, in the order of the kind's roles."""
    return {role: given for role in kind.abilities.get("roles", {})
            if isinstance(given := inputs.get(role), ModelVersion | Promise)}  # fmt: skip


def shared(families: Families) -> dict[str, Any]:
    """The controls that all of these families have, each as the first of them announced it."""
    each = [controls_of(family).get("properties", {}) for family in families.values()]
    return {name: said for name, said in each[0].items() if all(name in one for one in each)} if each else {}


def controls_of(family: Plugin) -> Mapping[str, Any]:
    """The JSON Schema of a family's controls."""
    return family.abilities.get("controls") or {}


def told_classes(family: Plugin, model: ModelVersion | Promise) -> bool:
    """Whether a model was told the classes of its data: where its family leaves that open, its training says."""
    switches = {name: said for name, said in family.schema.get("properties", {}).items() if said.get("tells_classes")}
    if not switches:
        return True
    params = Job.objects.values_list("params", flat=True).filter(pk=model.job_id).first() or {}
    return all(params.get(name, said.get("default", True)) for name, said in switches.items())


def chooses_class(family: Plugin, model: ModelVersion | Promise) -> bool:
    """Whether a model can be told which class to make."""
    controls = controls_of(family).get("properties", {}).values()
    return any(said.get("of_spec") == "condition" for said in controls) and told_classes(family, model)


def interpolates(family: Plugin) -> bool:
    """Whether something lies between two of its seeds: nothing does where items are made piece by piece."""
    return family.abilities.get("sampling") != "autoregressive"


def spec_of(given: Named | None) -> Mapping[str, Any] | None:
    """What the items of data look like, or those that a model makes; None while nobody knows."""
    data = data_of(given)
    return data.spec if isinstance(data, DatasetVersion) and data.state == VersionState.READY else None


def check_controls(
    family: Plugin, spec: Mapping[str, Any] | None, said: Mapping[str, Any], *, told: bool = True
) -> None:
    """Refuse controls that a family does not take, or that a model knows nothing of; `told`: as `told_classes`."""
    schema = controls_of(family)
    full = fitted(schema, said, owner=family.name, place="params")
    if spec is None:
        return
    check_needs(schema, full, labels(spec, field_of(spec, "condition")) if told else [])
    for name, part in schema.get("properties", {}).items():
        if part.get("of_spec") == "condition":
            check_class(full.get(name, ""), spec, field=f"params.{name}")
        elif part.get("of_spec") == "token":
            check_characters(full.get(name, ""), spec, field=f"params.{name}")
    token = field_of(spec, "token")
    if token and full.get("prompt"):
        check_room(full["prompt"], full.get("length") or token["shape"][0], field="params.prompt")


def _each(families: Families, models: Models, chosen: Mapping[str, Any]) -> None:
    for role, family in families.items():
        spec = spec_of(models[role])
        check_controls(family, spec, chosen, told=spec is None or told_classes(family, models[role]))


def _one_modality(models: Models) -> None:
    modalities = sorted({model.modality for model in models.values() if model.modality})
    if len(modalities) > 1:
        raise InvalidInput(
            "One job makes one kind of thing.", code="wrong_modality", field="inputs",
            expected="models of one modality", got=modalities,
        )  # fmt: skip


def _unknown(kind: str, name: str, field: str, families: Families, expected: list[str]) -> UnknownParameter:
    """It names the first family that lacks it."""
    lacking = [row.name for row in families.values() if name not in controls_of(row).get("properties", {})]
    owner = (lacking or [kind])[0]
    return UnknownParameter(f"{owner} has no parameter {name!r}.", field=field, expected=sorted(expected), got=name)


def _weights(said: list[float], models: int) -> None:
    if not said:
        return
    if len(said) != models:
        raise InvalidParameter(
            "There is one weight for each model.", field="params.weights", expected=models, got=len(said)
        )
    if min(said) < 0 or not 0 < sum(said) < float("inf"):
        raise InvalidParameter(
            "Weights are 0 or more, and at least one is more.", field="params.weights", expected="0 or more", got=said
        )


def _sweep(
    kind: Plugin, params: Mapping[str, Any], families: Families, models: Models, chosen: Mapping[str, Any]
) -> None:
    sweep, most = params.get("sweep") or {}, kind.schema["properties"].get("count", {}).get("maximum")
    if len(sweep) > 1:
        raise InvalidParameter(
            "A sweep takes one control.", field="params.sweep", expected="one control", got=sorted(sweep)
        )
    for name, values in sweep.items():
        if name not in (known := shared(families)):
            raise _unknown(kind.name, name, f"params.sweep.{name}", families, list(known))
        _some(values, f"params.sweep.{name}", "values")
        for place, value in enumerate(values):
            with _standing_at(f"params.sweep.{name}[{place}]"):
                _each(families, models, {**chosen, name: value})
        if most and params["count"] * len(values) > most:
            raise InvalidParameter(
                "These are too many artifacts: the count is that of each value.", field="params.count",
                expected=f"at most {most // len(values)}", got=params["count"],
            )  # fmt: skip


def _path(params: Mapping[str, Any], families: Families) -> None:
    seeds = params.get("interpolate") or []
    if not seeds:
        return
    if params.get("sweep"):
        raise InvalidParameter(
            "Either a sweep or a path between seeds.", field="params.sweep", expected="one of the two"
        )
    if params.get("first"):
        raise InvalidParameter(
            "A path between seeds has no number to begin at.", field="params.first", expected=0, got=params["first"]
        )
    _some(seeds, "params.interpolate", "seeds")
    for family in families.values():
        if not interpolates(family):
            raise NotInterpolable(
                field="params.interpolate", expected="a model that makes all at once", got=family.name
            )
    if params["count"] < len(seeds):
        raise InvalidParameter(
            "A path needs at least an item for each of its seeds.", field="params.count",
            expected=f"at least {len(seeds)}", got=params["count"],
        )  # fmt: skip


def _visible_label(params: Mapping[str, Any], models: Models) -> None:
    """Words go on pictures that are large enough; what a model yet to be made is like, its worker sees."""
    wanted = params.get("visible_label", "none")
    for spec in filter(None, map(spec_of, models.values())) if wanted != "none" else ():
        picture = field_of(spec, "continuous") if spec.get("modality") == "image" else None
        side = min(picture["shape"][-2:]) if picture else 0
        if side < LEAST_LABELLED_PX:
            raise InvalidParameter(
                "A visible label does not fit on so small a picture." if picture
                else "Only pictures can carry a visible label.",
                code="label_does_not_fit", field="params.visible_label",
                expected=f"at least {LEAST_LABELLED_PX} px" if picture else "none", got=side if picture else wanted,
            )  # fmt: skip


def _some(said: list[Any], field: str, what: str) -> None:
    if not FEWEST <= len(said) <= MOST:
        raise InvalidParameter(
            f"There are too few or too many {what}.", field=field, expected=f"{FEWEST} to {MOST} {what}",
            got=len(said),
        )  # fmt: skip


@contextmanager
def _standing_at(field: str) -> Iterator[None]:
    try:
        yield
    except ProductError as error:
        error.field = field
        raise
