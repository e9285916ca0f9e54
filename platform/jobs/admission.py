"""From the body of a submission to a checked Request: what can be known now is refused now, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from accounts.models import Project, User
from accounts.services import project_for
from catalog.models import Plugin
from catalog.plugins import available, checked, plugin
from config import clock
from jobs.controls import sampling_params
from jobs.earlier import maker_of, named, promised
from jobs.facts import count_of
from jobs.fitting import check, roles_of
from jobs.inputs import Offers, given_inputs, spoken
from jobs.measuring import check_named
from jobs.models import Job
from jobs.parents import check_needs_parent, inherited
from jobs.plain_text import check_texts, is_one_line
from jobs.releasing import hands_out
from jobs.request import Named, Request, home_of, is_there
from jobs.seeds import seed_of
from jobs.sides import check_sides
from jobs.window_fit import fit
from jobs.window_services import window_for
from models_store.errors import InvalidInput, ProductError

MOST_JOBS = 20  # of one body, with all that come then
LONGEST_PROJECT = 64  # a name or an id
TEXTS = {"name": 100, "purpose": 4000, "intended_use": 4000}
OWN_KEYS = {
    "kind", "project", "family", "params", "inputs", "dataset_version", "model_version", "seed", "priority", "after",
    "then", "window", *TEXTS,
}  # fmt: skip
ELSEWHERE = {
    "ingest": "Upload the file to /api/v1/datasets/{id}/versions.",
    "verify": "Send the file to /api/v1/verify.",
}


def admit(body: Mapping[str, Any], *, actor: User, idempotency_key: str | None = None) -> Request:
    """Check a submission's body, and those that come `then`, against live workers' offers and what the inputs are.

    A fault in a body that comes then is placed there: `then[1].params.count`.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput("The body is an object.", expected="object", got=type(body).__name__)
    check_texts(body)
    _bounded(body)
    return replace(_admit(body, actor, None, {}), idempotency_key=idempotency_key, body=body)


@contextmanager
def within(place: str) -> Iterator[None]:
    """Errors in here name their field as part of `place`."""
    try:
        yield
    except ProductError as error:
        error.field = f"{place}.{error.field}" if error.field else place
        raise


def _bounded(body: Mapping[str, Any]) -> None:
    count, bodies = 0, [body]
    while bodies:
        count += 1
        said = bodies.pop().get("then")
        following = [] if said is None else said
        if not isinstance(following, list) or not all(isinstance(one, Mapping) for one in following):
            raise InvalidInput("then is a list of jobs.", field="then", expected="a list of objects", got=following)
        bodies += following
    if count > MOST_JOBS:
        raise InvalidInput("These are too many jobs.", field="then", expected=f"at most {MOST_JOBS} in all", got=count)


def _admit(body: Mapping[str, Any], actor: User, parent: Request | None, offers: Offers) -> Request:
    """One body with those that come then; `offers` is what the jobs before it in the same body make."""
    kind = _kind(body)
    if kind.name in ELSEWHERE:
        raise InvalidInput(ELSEWHERE[kind.name], field="kind", got=kind.name)
    own = kind.schema.get("properties", {})
    if unknown := sorted(set(body) - OWN_KEYS - set(own)):
        raise InvalidInput(
            f"A job of kind {kind.name} has no field {unknown[0]!r}.",
            code="unknown_field", field=unknown[0], expected=sorted(OWN_KEYS | set(own)),
        )  # fmt: skip
    family = _family(kind, body)
    roles, said = roles_of(kind, family), _object(body, "inputs")
    home = _text(body, "project", LONGEST_PROJECT) or (parent.project.slug if parent else "")
    inputs = given_inputs(roles, said, body, actor, offers, home)
    earlier = named(body, actor)
    project = _project(inputs, earlier, parent, body, actor)
    check(kind, family, inputs)
    params = _params(kind, family, body, inputs)
    window = window_for(project, body["window"]) if body.get("window") not in (None, "") else None
    request = Request(
        kind=kind.name,
        project=project,
        queue=kind.abilities["queue"],
        shares_batches=kind.abilities.get("shares_batches", False),
        inputs=inputs,
        named=spoken(roles, said, body, inputs),
        params=params,
        asks_for=count_of(kind.name, params) if hands_out(kind) else 0,
        schema_digest=(family or kind).schema_digest,
        family=family.name if family else "",
        seed="" if body.get("seed") in (None, "") else seed_of(body["seed"]),
        priority=_priority(body.get("priority", 0)),
        after=_after(earlier, inputs, parent),
        window=window,
        warnings=fit(window, kind, family.name if family else "", params, inputs, clock.now()) if window else (),
        **{name: _text(body, name, limit) for name, limit in TEXTS.items()},
    )
    made = promised(request.id, kind.abilities["produces"], project, request.family, inputs)
    return replace(request, then=_then(body, actor, request, {**offers, made.takes: made}))


def _then(body: Mapping[str, Any], actor: User, parent: Request, offers: Offers) -> tuple[Request, ...]:
    found = []
    for place, said in enumerate(body.get("then") or ()):
        with within(f"then[{place}]"):
            found.append(_admit(said, actor, parent, offers))
    return tuple(found)


def _after(earlier: list[Job], inputs: Mapping[str, Named], parent: Request | None) -> tuple[UUID, ...]:
    """Every job it comes after: those it names, the one before it in the body, and the makers of its inputs."""
    coming = [maker_of(given) for given in inputs.values() if not is_there(given)]
    wanted = [job.pk for job in earlier] + ([parent.id] if parent else []) + [one for one in coming if one]
    return tuple(dict.fromkeys(wanted))


def _family(kind: Plugin, body: Mapping[str, Any]) -> Plugin | None:
    if not kind.abilities.get("chooses_family"):
        if body.get("family"):
            raise InvalidInput(f"A job of kind {kind.name} takes no family.", field="family", got=body["family"])
        return None
    return plugin("family", _text(body, "family", 64, required=True))


def _params(
    kind: Plugin, family: Plugin | None, body: Mapping[str, Any], inputs: Mapping[str, Named]
) -> dict[str, Any]:
    """Checked parameters; those of the kind itself may stand beside `kind` in the body."""
    asked = _object(body, "params")
    if family:
        params = checked(family, inherited(family, asked, inputs))
        check_needs_parent(family, params, inputs)
        check_sides(family, params, inputs)
        return params
    beside = {name: body[name] for name in kind.schema.get("properties", {}) if name in body}
    if twice := sorted(beside.keys() & asked.keys()):
        raise InvalidInput(
            f"The parameter {twice[0]!r} is given twice.", code="given_twice", field=twice[0],
            expected=f"either {twice[0]} or params.{twice[0]}",
        )  # fmt: skip
    asked = {**asked, **beside}
    if hands_out(kind):
        return sampling_params(kind, asked, inputs)
    params = checked(kind, asked)
    check_named(kind, params, inputs)
    return params


def _project(
    inputs: Mapping[str, Named], earlier: list[Job], parent: Request | None, body: Mapping[str, Any], actor: User
) -> Project:
    homes = {home_of(value) for value in inputs.values()} | {job.project for job in earlier}
    if parent:
        homes.add(parent.project)
    name = _text(body, "project", LONGEST_PROJECT)
    said = project_for(actor, name) if name else None
    home = said or next(iter(homes), None) or project_for(actor, None)
    if homes - {home}:
        raise InvalidInput(
            "All inputs of a job belong to its project, and so do the jobs it comes after.", field="project",
            expected=home.slug, got=sorted(other.slug for other in homes - {home}),
        )  # fmt: skip
    return home


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    said = body.get(name)
    if said is not None and not isinstance(said, Mapping):
        raise InvalidInput(f"{name} is an object of names and values.", field=name, expected="object", got=said)
    return said or {}


def _kind(body: Mapping[str, Any]) -> Plugin:
    if not body.get("kind"):
        kinds = [row.name for row in available("kind") if row.name not in ELSEWHERE]
        raise InvalidInput("kind is a text.", field="kind", expected=kinds, got=body.get("kind"))
    return plugin("kind", _text(body, "kind", 20, required=True))


def _text(body: Mapping[str, Any], name: str, limit: int, *, required: bool = False) -> str:
    said = body.get(name, "")
    if said is None and not required:
        return ""
    if not isinstance(said, str) or len(said) > limit or (required and not said):
        expected = f"a text of at most {limit} characters, without NUL"
        raise InvalidInput(f"{name} is a text.", field=name, expected=expected, got=said)
    if name == "name" and not is_one_line(said):
        raise InvalidInput("A name stands on one line.", field=name, expected="a text without line breaks", got=said)
    return said


def _priority(said: Any) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not -100 <= said <= 100:
        raise InvalidInput("The priority is a whole number.", field="priority", expected="-100 to 100", got=said)
    return said
