"""What every plug-in class has: parameters that users set, with their bounds, texts and units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as _PydanticField

OfSpec = Literal["", "condition", "token"]


def knob(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    help: str,
    help_zh: str,
    unit: str = "",
    title: str = "",
    title_zh: str = "",
    of_spec: OfSpec = "",
    shapes: bool = False,
    advanced: bool = False,
    choices: Mapping[str, tuple[str, str]] | None = None,
    needs_classes: bool = False,
    needs_parent: bool = False,
    tells_classes: bool = False,
    of_plugins: str = "",
    besides: Mapping[str, str] | None = None,
    divides_sides: bool = False,
    sides: Mapping[str, Sequence[int]] | None = None,
) -> Any:
    """One parameter a user may set: bounds inclusive, texts in both languages; `unit` goes beside the number.

    `of_spec` says that the value is a text of the data's own: the name of a class ("condition"), or characters that
    the data have ("token"). `shapes` says that it decides the shape of a network, so a fine-tuning keeps the parent's.
    `advanced` says that most people leave it as it is: forms put it under "More". `choices` has words for the values
    of a `Literal`, (English, Chinese); a value without any is shown as it stands. `needs_classes` is of controls: a
    model that was told no classes takes the default alone. `needs_parent` is of a family's parameters: a training that
    goes on from no model takes the default alone. `tells_classes` is of a family's switch: whether its model is told
    the classes of the data, which one without such a switch is. `of_plugins` is of a kind's list: its values are names
    of plug-ins of that kind which fit the data; `besides` are names that are none, and what a model's family must be
    able to. `divides_sides` says that width and height of the pictures are multiples of the value, and `sides` which
    squares (px) a value takes: the platform refuses others before a training waits for its turn.
    """
    words: Any = {value: {"title": en, "title_zh": zh} for value, (en, zh) in (choices or {}).items()}
    return _PydanticField(
        default=default,
        ge=low,
        le=high,
        title=title or None,
        description=help,
        json_schema_extra={
            "help_zh": help_zh, "title_zh": title_zh, "unit": unit,
            **({"of_spec": of_spec} if of_spec else {}), **({"shapes": True} if shapes else {}),
            **({"advanced": True} if advanced else {}), **({"choices": words} if words else {}),
            **({"needs_classes": True} if needs_classes else {}), **({"needs_parent": True} if needs_parent else {}),
            **({"tells_classes": True} if tells_classes else {}),
            **({"of_plugins": {"kind": of_plugins, "besides": dict(besides or {})}} if of_plugins else {}),
            **({"divides_sides": True} if divides_sides else {}),
            **({"sides": {value: list(px) for value, px in sides.items()}} if sides else {}),
        },
    )  # fmt: skip


class Plugin(BaseModel):
    """What every plug-in class has. Parameters are its fields; an unknown one is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    summary: ClassVar[str] = ""
    summary_zh: ClassVar[str] = ""
