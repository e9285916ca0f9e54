"""Generate artifacts from a model bundle: sampled in ONNX Runtime, marked, labelled, signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Plugin, Role, knob
from workers.engine import sampler
from workers.engine.bundle import Bundle, warm
from workers.engine.making import Outcome, Part, make
from workers.engine.plan import model_of, wishes_of
from workers.engine.wishes import Wish

MOST = 100_000
MOST_FIRST = 10_000_000
MOST_VALUES = 64
Way = Literal["", "onnxruntime_fp32", "onnxruntime_int8", "openvino_fp32", "openvino_bf16", "cuda_fp32", "cuda_fp16"]
MODELS = ("model", "model_2", "model_3", "model_4")


class Generate(Plugin):
    """Artifacts on request."""

    name: ClassVar[str] = "generate"
    title: ClassVar[str] = "Generate"
    title_zh: ClassVar[str] = "生成"
    summary: ClassVar[str] = (
        "Samples a model; every artifact is labelled, signed and logged; pictures and texts are watermarked too."
    )
    summary_zh: ClassVar[str] = "从模型采样；每个作品都带标识与签名，并写入日志；图像和文本另带水印。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "generate"
    roles: ClassVar[Mapping[str, Role]] = {role: Role("model_version", required=role == MODELS[0]) for role in MODELS}
    chooses_family: ClassVar[bool] = False
    produces: ClassVar[str] = "artifacts"
    stays_warm: ClassVar[bool] = True
    shares_batches: ClassVar[bool] = True

    count: int = knob(
        16, low=1, high=MOST, help="How many artifacts; of a sweep, for each value.",
        help_zh="生成数量；扫描时为每个取值的数量。", unit="items", title_zh="数量",
    )  # fmt: skip
    first: int = knob(
        0, low=0, high=MOST_FIRST,
        help="Number of the first artifact's noise: with the seed and the number of one that was made, it comes again.",
        help_zh="首个作品的噪声编号：填入已有作品的种子与编号，即可重新生成该作品。", title="First number",
        title_zh="起始编号",
    )  # fmt: skip
    weights: list[float] = knob(
        [],
        help="How often each of several models makes an artifact, in the order of the models; empty: all alike.",
        help_zh="多个模型各自生成作品的比重，按模型顺序；留空则相同。",
        title_zh="模型权重",
    )
    sweep: dict[str, list[Any]] = knob(
        {},
        help="One control and the values it takes in turn; each value is tried on the same noise.",
        help_zh="选一项采样参数及其依次取值；每个取值使用相同的噪声。",
        title_zh="参数扫描",
    )
    interpolate: list[str] = knob(
        [],
        help="Seeds: the artifacts lie on a path from the first to the last.",
        help_zh="种子列表：作品沿从第一个到最后一个种子的路径分布。",
        title_zh="种子插值",
    )

    visible_label: Literal["none", "en", "zh"] = knob(
        "none",
        help="Words on the picture itself, for those of at least 128 px: AI generated, or AI 生成.",
        help_zh="在至少 128 像素的图像上直接标出 “AI generated” 或 “AI 生成”。",
        title="Visible label",
        title_zh="显式标识",
        choices={
            "none": ("none", "无"),
            "en": ("AI generated", "英文：AI generated"),
            "zh": ("AI 生成 (Chinese)", "中文：AI 生成"),
        },
    )

    path: Way = knob(
        "",
        help="How the model is run; open: on the path that was fastest when it was published, and passed.",
        help_zh="模型的运行方式；留空则使用发布时测得最快且通过检验的路径。",
        title="Path",
        title_zh="运行路径",
        advanced=True,
        choices={
            "": ("as published", "按发布时的选择"),
            "onnxruntime_fp32": ("ONNX Runtime, 32 bits", "ONNX Runtime，32 位"),
            "onnxruntime_int8": ("ONNX Runtime, 8 bits", "ONNX Runtime，8 位"),
            "openvino_fp32": ("OpenVINO, 32 bits", "OpenVINO，32 位"),
            "openvino_bf16": ("OpenVINO, 16 bits", "OpenVINO，16 位"),
            "cuda_fp32": ("GPU, 32 bits", "GPU，32 位"),
            "cuda_fp16": ("GPU, 16 bits", "GPU，16 位"),
        },
    )

    @field_validator("weights")
    @classmethod
    def _usable(cls, said: list[float]) -> list[float]:
        if said and (min(said) < 0 or sum(said) <= 0):
            raise ValueError("weights are 0 or more, and at least one is more")
        return said

    @field_validator("sweep")
    @classmethod
    def _one(cls, said: dict[str, list[Any]]) -> dict[str, list[Any]]:
        if len(said) > 1 or any(not 2 <= len(values) <= MOST_VALUES for values in said.values()):
            raise ValueError(f"one control with 2 to {MOST_VALUES} values")
        return said

    @field_validator("interpolate")
    @classmethod
    def _path(cls, said: list[str]) -> list[str]:
        if said and not 2 <= len(said) <= MOST_VALUES:
            raise ValueError(f"2 to {MOST_VALUES} seeds")
        return said

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """The result report of docs/engine-folder.md; indices in `done` are kept from an earlier attempt."""
        ((_, outcome),) = self.together([(self, attempt)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @classmethod
    def together(cls, jobs: Sequence[tuple[Generate, Attempt]]) -> Iterator[tuple[Attempt, Outcome]]:
        """Several jobs over the same models, in shared batches; yields each with its result, or with why not."""
        bundles, parts = opened(jobs[0][1]), []
        for job, attempt in jobs:
            try:
                parts.append(job.part(attempt, bundles))
            except Exception as why:
                yield attempt, why
        for part, outcome in make(parts, bundles):
            yield part.attempt, outcome

    def part(self, attempt: Attempt, bundles: Mapping[str, Bundle]) -> Part:
        """What this job wants of them; how it is made is told."""
        first = next(iter(bundles.values()))
        attempt.report.facts(**first.facts(), padded_batch=sampler.BATCH)
        return Part(attempt, self.planned(attempt, bundles))

    def planned(self, attempt: Attempt, bundles: Mapping[str, Bundle]) -> dict[str, list[Wish]]:
        """Every artifact of the job, by the role of the model that makes it."""
        seed = str(attempt.order["seed"])
        said = {name: value for name, value in attempt.order["params"].items() if name not in type(self).model_fields}
        if self.weights and len(self.weights) != len(bundles):
            raise InvalidInput(
                "There is one weight for each model.", field="params.weights", expected=len(bundles),
                got=len(self.weights),
            )  # fmt: skip
        shares = dict(zip(bundles, self.weights or [1.0] * len(bundles), strict=True))
        planned: dict[str, list[Wish]] = {}
        for role, bundle in bundles.items():
            wishes = wishes_of(
                bundle.family(), said, count=self.count, seed=seed, sweep=self.sweep, interpolate=self.interpolate,
                classes=bundle.spec().classes, first=self.first,
            )  # fmt: skip
            planned[role] = [wish for wish in wishes if model_of(wish, seed, shares, self.first) == role]
        return planned


def opened(attempt: Attempt) -> dict[str, Bundle]:
    """The models of the order by role, ready to sample; all make the same kind of thing."""
    order = attempt.order
    bundles = {
        role: warm(
            order["inputs"][role]["path"],
            str(order.get("device", "cpu")),
            int(order["threads"]),
            str(order["params"].get("path") or ""),
        )
        for role in MODELS
        if role in order["inputs"]
    }
    kinds = {bundle.spec().modality for bundle in bundles.values()}
    if len(kinds) > 1:
        raise InvalidInput(
            "One job makes one kind of thing.", field="inputs", code="wrong_modality",
            expected="models of one modality", got=sorted(kinds),
        )  # fmt: skip
    return bundles


PLUGIN = Generate
