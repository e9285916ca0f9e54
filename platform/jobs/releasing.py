"""What leaves: the kinds of job that hand out what models make, and the families whose models may be given to them."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.models import ModelVersion, Plugin
from catalog.plugins import announced, newest
from jobs.request import Named, Promise
from models_store.errors import InvalidInput

LEAVES = "artifacts"  # products of other kinds (figures, models, data) stay here


def hands_out(kind: Plugin) -> bool:
    """Whether jobs of this kind hand out what models make, and so take the models' controls."""
    return bool(kind.abilities.get("produces", LEAVES) == LEAVES)


def staying_kinds() -> set[str]:
    """Kinds that hand out nothing, for who knows only names; one that nobody announced is not trusted to be such."""
    return {row.name for row in announced() if row.kind == "kind" and row.abilities.get("produces", LEAVES) != LEAVES}


def may_leave(family: Plugin | None) -> bool:
    """Whether what models of a family make may leave as generated; of one that nobody offers nothing else is known."""
    return family is None or bool(family.abilities.get("releases", True))


def check_families(inputs: Mapping[str, Named]) -> None:
    """Whatever leaves is labelled as generated, so a family that hands out real items can only be measured."""
    for role, value in inputs.items():
        if not isinstance(value, ModelVersion | Promise):
            continue
        if not may_leave(newest("family", value.family)):
            raise InvalidInput(
                f"{value.family} hands out real items: its models are measured, never released as generated.",
                code="not_released", field=role, expected="a model of another family", got=value.family,
            )  # fmt: skip
