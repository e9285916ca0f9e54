"""Parameters at the door: flat JSON in, checked frozen models out; an error names parameter, bounds and what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

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

    accumulate: int = knob(
        1,
        low=1,
        high=256,
        help="Parts of a batch that are computed one after the other: less memory, the same gradients.",
        help_zh="将一个批次分成若干部分依次计算：占用内存更少，梯度不变。",
        title="Parts of a batch",
        title_zh="批次分块数",
        advanced=True,
    )
    freeze: Annotated[str, StringConstraints(max_length=500)] = knob(
        "",
        help="Weights that stay as in the parent model: names like encoder/body.* with commas between them, the "
        "network before the slash, * for anything; empty: all learn.",
        help_zh="保持父模型原值的权重：如 encoder/body.*，用逗号分隔；"
        "斜杠前为网络名，* 匹配任意内容；留空则全部参与训练。",
        title_zh="冻结",
        advanced=True,
        needs_parent=True,
    )

    evaluate_every: int = knob(
        0,
        low=0,
        high=1_000_000,
        help="Steps between two evaluations of fresh samples against unseen data; 0: never.",
        help_zh="每隔多少步用新样本与未见数据评估一次；0 表示不评估。",
        unit="steps",
        title="Evaluate every",
        title_zh="评估间隔",
        advanced=True,
    )
    evaluate_count: int = knob(
        500,
        low=50,
        high=10_000,
        help="Samples that each such evaluation makes: more tell more and take longer.",
        help_zh="每次评估生成的样本数：越多越可靠，也越慢。",
        unit="samples",
        title="Evaluated samples",
        title_zh="评估样本数",
        advanced=True,
    )
    keep: Literal["last", "best"] = knob(
        "last",
        help="Which weights become the model: those of the last step, or those that were evaluated best; "
        "without an interval of its own, each sample grid is followed by an evaluation.",
        help_zh="以哪一步的权重作为模型：最后一步，或评估最好的一步；未设评估间隔时，每次采样网格后评估一次。",
        title="Weights to keep",
        title_zh="保留的权重",
        advanced=True,
        choices={"last": ("the last", "最后的"), "best": ("the best", "最好的")},
    )

    @property
    def micro_batch(self) -> int:
        """Items that are computed at once, by `accumulate`; 0 is all of them."""
        return 0 if self.accumulate == 1 else -(-self.batch_size // self.accumulate)

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


class NeedsParent(InvalidInput):
    """A parameter is of trainings that go on from a model, and this one begins afresh."""

    code = "needs_parent"


def check_needs_parent(given: Sequence[BaseModel], inputs: Mapping[str, Any]) -> None:
    """NeedsParent where a parameter says that it needs a parent, is not at its default, and there is none."""
    if "parent" in inputs:
        return
    for of in given:
        for name, said in type(of).model_json_schema().get("properties", {}).items():
            if said.get("needs_parent") and (got := getattr(of, name)) != said["default"]:
                raise NeedsParent(
                    f"{name} is of trainings that go on from a model: name a parent, or leave it as it is.",
                    field=f"params.{name}", expected=said["default"], got=got,
                )  # fmt: skip


def told_classes(family: BaseModel) -> bool:
    """Whether a family with these parameters is told the classes of its data (`knob` with tells_classes)."""
    said = {name: one.json_schema_extra for name, one in type(family).model_fields.items()}
    switches = [name for name, extra in said.items() if isinstance(extra, dict) and extra.get("tells_classes")]
    return all(getattr(family, name) for name in switches)


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
