"""Parameters at the door: flat JSON in, checked frozen models out; an error names parameter, bounds and what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models_store.errors import InvalidInput
from workers.contracts import knob
from workers.plugins import plugin

Model = TypeVar("Model", bound=BaseModel)
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const", "type", "pattern", "maxLength")


class LoopParameters(BaseModel):
    """What the training loop itself can be told, whatever the family."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    steps: int = knob(
        1000, low=1, high=10_000_000, help="Training steps.", help_zh="训练步数。", unit="steps", title_zh="训练步数"
    )
    batch_size: int = knob(
        64, low=1, high=4096, help="Items per step.", help_zh="每步样本数。", unit="items", title_zh="批量大小"
    )
    sample_every: int = knob(
        200,
        low=1,
        high=1_000_000,
        help="Steps between two sample grids.",
        help_zh="样本网格的间隔步数。",
        unit="steps",
        title_zh="采样间隔",
        advanced=True,
    )
    checkpoint_every: int = knob(
        250,
        low=1,
        high=1_000_000,
        help="Steps between two checkpoints.",
        help_zh="检查点的间隔步数。",
        unit="steps",
        title_zh="检查点间隔",
        advanced=True,
    )
    average_decay: float = knob(
        0.999,
        low=0.0,
        high=0.99999,
        help="Decay of the running average of weights.",
        help_zh="权重滑动平均的衰减率。",
        title_zh="平均衰减率",
        advanced=True,
    )
    precision: Literal["auto", "fp32", "bf16"] = knob(
        "auto",
        help="Number format of the networks while training; automatic takes bf16 where the hardware has it.",
        help_zh="训练时的数值格式；选“自动”时，硬件支持则使用 bf16。",
        title_zh="数值精度",
        advanced=True,
        choices={
            "auto": ("automatic", "自动"),
            "fp32": ("single precision (fp32)", "单精度（fp32）"),
            "bf16": ("half precision (bf16)", "半精度（bf16）"),
        },
    )

    @classmethod
    def merged_schema(cls, family: Any) -> dict[str, Any]:
        """One JSON Schema of the family's parameters and the loop's, with the family's `defaults` of the loop."""
        own, loop = family.model_json_schema(), cls.model_json_schema()
        taken = set(own.get("properties", {})) & set(loop["properties"])
        if taken:
            raise InvalidInput(
                f"Family {family.name!r} has parameters that belong to the loop.",
                field="family",
                expected="other names",
                got=sorted(taken),
                code="parameter_name_taken",
            )
        for name, value in family.defaults.items():
            loop["properties"][name]["default"] = value
        return own | {
            "properties": loop["properties"] | own.get("properties", {}),
            "$defs": loop.get("$defs", {}) | own.get("$defs", {}),
            "title": family.title,
        }


def kind_of(order: Mapping[str, Any]) -> Any:
    """The kind of job an order asks for, with those of its parameters that are the kind's own."""
    kind = plugin("kind", order["kind"])
    own = {name: value for name, value in order.get("params", {}).items() if name in kind.model_fields}
    return checked(kind, own)


def split(family: Any, params: Mapping[str, Any]) -> tuple[Any, LoopParameters]:
    """Flat parameters of a training to (the family, checked; the loop's parameters with the family's defaults)."""
    known = set(LoopParameters.model_fields)
    of_loop = {name: value for name, value in params.items() if name in known}
    of_family = {name: value for name, value in params.items() if name not in known}
    allowed = sorted(known | set(family.model_fields))
    return checked(family, of_family, allowed=allowed), checked(LoopParameters, {**family.defaults, **of_loop})


def checked(model: type[Model], params: Mapping[str, Any], *, allowed: list[str] | None = None) -> Model:
    """`model(**params)`, or InvalidInput that names the first bad parameter, what it takes and what came.

    `allowed` lists the names to say when one is unknown, where `params` is only a part of what a user may set.
    """
    try:
        return model(**params)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise InvalidInput(
                f"There is no parameter {name!r}.",
                field=f"params.{name}",
                expected=allowed or sorted(model.model_fields),
                got=name,
                code="unknown_parameter",
            ) from None
        said = model.model_json_schema()["properties"].get(str(first["loc"][0]), {})
        raise InvalidInput(
            f"Parameter {name!r}: {first['msg']}.",
            field=f"params.{name}",
            expected={key: said[key] for key in BOUNDS if key in said},
            got=first["input"],
            code="invalid_parameter",
        ) from None
