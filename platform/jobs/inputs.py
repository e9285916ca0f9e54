"""The inputs of a submission, by role: rows a person may see, what earlier jobs have yet to make, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models import User
from catalog.models import DatasetVersion, ModelVersion, VersionState
from catalog.naming import model_version_for
from catalog.services import dataset_version_for
from jobs.earlier import PREFIX, WORDS, job_for, maker_of, promise_of
from jobs.request import Named, Promise, data_of
from models_store.errors import InvalidInput, NotFound, ProductError

LOOKS: Mapping[str, Callable[..., DatasetVersion | ModelVersion]] = {
    "dataset_version": dataset_version_for,
    "model_version": model_version_for,
}
Offers = Mapping[str, Promise]  # what the nearest job before this one in the same body makes, by what it is


def given_inputs(
    roles: Mapping[str, Any], said: Mapping[str, Any], body: Mapping[str, Any], actor: User, offers: Offers,
    home: str = "",
) -> dict[str, Named]:  # fmt: skip
    """`said` by role (`inputs` of the body) and by the short names; what is left out follows where it can.

    `home` is the project that the body names: it decides between models of one name.
    """
    given = _by_role(roles, said, body)
    found: dict[str, Named] = {}
    for role, (field, value) in given.items():
        if role not in roles:
            raise _no_such_input(role, roles, value, actor, field)
        found[role] = _looked_up(roles[role]["takes"], value, actor, field, home)
    _completed(roles, found, offers)
    for role, needs in roles.items():
        if role not in found and needs["required"]:
            raise InvalidInput(f"The input {role!r} is missing.", field=needs["takes"], expected=needs["takes"])
    for role, value in found.items():
        _ready_or_coming(role, value)
    return found


def spoken(
    roles: Mapping[str, Any], said: Mapping[str, Any], body: Mapping[str, Any], found: Mapping[str, Named]
) -> dict[str, str]:
    """How the body named models where it did not say their ids: role -> `name@alias` or `name@number`."""
    given = {role: str(value).rpartition("@") for role, (_field, value) in _by_role(roles, said, body).items()}
    return {
        role: f"{value.model.name}@{given[role][2]}"
        for role, value in found.items()
        if isinstance(value, ModelVersion) and role in given and given[role][1]
    }


def _by_role(roles: Mapping[str, Any], said: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Where each input stands in the body, and what stands there."""
    given = {role: (f"inputs.{role}", value) for role, value in said.items()}
    for short in LOOKS:
        if short in body:
            role = _role_of(short, roles)
            if role in given:
                raise InvalidInput(
                    f"The input {role!r} is given twice.", code="given_twice", field=short,
                    expected=f"either {short} or inputs.{role}",
                )  # fmt: skip
            given[role] = (short, body[short])
    return given


def _role_of(short: str, roles: Mapping[str, Any]) -> str:
    """The input that a short name speaks of: the one that takes such a thing, or the one of them that must be there."""
    fitting = [role for role, needs in roles.items() if needs["takes"] == short]
    required = [role for role in fitting if roles[role]["required"]]
    if len(one := required or fitting) == 1:
        return one[0]
    said = f"takes more than one {WORDS[short]}: name them in inputs" if fitting else f"takes no {WORDS[short]}"
    raise InvalidInput(f"This job {said}.", code="unknown_input", field=short, expected=sorted(fitting or roles))


def _no_such_input(role: str, roles: Mapping[str, Any], said: Any, actor: User, field: str) -> InvalidInput:
    wanted = [name for name, needs in roles.items() if needs["takes"] == "dataset_version"]
    more = (
        " It works on one data set: bring both as one upload, or choose a method that takes two."
        if len(wanted) == 1 and _what(said, actor) == "dataset_version"
        else ""
    )
    return InvalidInput(
        f"This job has no input {role!r}.{more}", code="unknown_input", field=field, expected=sorted(roles), got=role
    )


def _looked_up(takes: str, said: Any, actor: User, field: str, home: str) -> Named:
    if not isinstance(said, str):
        raise InvalidInput("An input is named by one id.", field=field, expected="one id", got=said)
    if said.startswith(PREFIX):
        return promise_of(job_for(actor, said, field=field), takes, field=field)
    try:
        more = {"project": home} if takes == "model_version" else {}
        return LOOKS[takes](actor, said, field=field, **more)
    except NotFound:
        if other := _what(said, actor):
            raise InvalidInput(
                f"{said} is a {WORDS[other]}; this input takes a {WORDS[takes]}.", code="wrong_input", field=field,
                expected=takes, got=other,
            ) from None  # fmt: skip
        raise


def _what(said: Any, actor: User) -> str:
    """What an id that the person may see stands for; "" for none."""
    for takes, look in LOOKS.items():
        try:
            look(actor, str(said))
        except NotFound:
            continue
        except ProductError:  # it stands for such a thing, which cannot be taken
            return takes
        return takes
    return ""


def _completed(roles: Mapping[str, Any], found: dict[str, Named], offers: Offers) -> None:
    """The product of the job before goes to the first role that takes it; a model is measured on its own data.

    A model goes only where one must be: nothing is trained on from it, or made in its turn, unless somebody says so.
    """
    for takes, promise in offers.items():
        open_ = [role for role, needs in roles.items() if needs["takes"] == takes and role not in found]
        if wanted := [role for role in open_ if takes == "dataset_version" or roles[role]["required"]]:
            found[wanted[0]] = promise
    data = data_of(found.get("model"))
    for role, needs in roles.items():
        if role not in found and needs["takes"] == "dataset_version" and data is not None:
            found[role] = data


def _ready_or_coming(role: str, value: Named) -> None:
    """A data set version that is still being read is waited for; one whose reading failed never comes."""
    if not isinstance(value, DatasetVersion) or value.state == VersionState.READY:
        return
    if value.state != VersionState.PENDING or maker_of(value) is None:
        raise InvalidInput(
            f"{value} is {value.state}.", code="dataset_not_ready", field=role, expected="ready",
            got=value.state,
        )  # fmt: skip
