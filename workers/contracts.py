"""The contracts between the engine, which owns every loop, and the plug-ins, which own what is particular.

A plug-in is a module that defines `PLUGIN`, a frozen pydantic model class: its fields are the parameters a user
may set (bounds, help and units live in `knob`), its class variables say what it is, its methods hold the theory.
`PLUGIN(**params)` checks the parameters; nothing else is configured anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict
from pydantic import Field as _PydanticField

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

FieldKind = Literal["continuous", "categorical", "token", "mask", "length", "condition"]
Sampling = Literal["one_shot", "denoise", "autoregressive", "transform"]
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
) -> Any:
    """One parameter a user may set: bounds inclusive, texts in both languages; `unit` goes beside the number.

    `of_spec` says that the value is a text of the data's own: the name of a class ("condition"), or characters that
    the data have ("token"). `shapes` says that it decides the shape of a network, so a fine-tuning keeps the parent's.
    """
    return _PydanticField(
        default=default,
        ge=low,
        le=high,
        title=title or None,
        description=help,
        json_schema_extra={
            "help_zh": help_zh, "title_zh": title_zh, "unit": unit,
            **({"of_spec": of_spec} if of_spec else {}), **({"shapes": True} if shapes else {}),
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


# --- data -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One named part of an item. `shape` is of one item, without the batch; `size` counts categories or tokens.

    `labels` names the categories or tokens by number. Token 0 is the boundary, named "": it stands before the first
    token of an item, and after the last where the item ends. A `length` field counts the tokens of an item that are
    its own, such a closing boundary among them; what follows is filler. A value that is missing is NaN where the field
    is continuous and has a category of its own where it is not.
    """

    name: str
    kind: FieldKind
    shape: tuple[int, ...] = ()
    size: int | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """What the items of a dataset version look like to a family."""

    modality: str
    fields: tuple[Field, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, where the data have a condition."""
        return next((part.labels for part in self.of_kind("condition")), ())

    def of_kind(self, kind: FieldKind) -> tuple[Field, ...]:
        """The fields of one kind, in order."""
        return tuple(part for part in self.fields if part.kind == kind)

    def of_role(self, role: str) -> Spec:
        """What one role brought to a joined spec: its fields, under their own names."""
        mine = [part for part in self.fields if part.name.startswith(f"{role}/")]
        return Spec(self.modality, tuple(replace(part, name=part.name.removeprefix(f"{role}/")) for part in mine))

    @classmethod
    def joined(cls, specs: Mapping[str, Spec]) -> Spec:
        """Several data sets as one: fields are called `role/name`, the first role says the modality."""
        fields = tuple(
            replace(part, name=f"{role}/{part.name}") for role, spec in specs.items() for part in spec.fields
        )
        return cls(next(iter(specs.values())).modality, fields)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON; `Spec.from_dict` is its inverse."""
        parts = [
            {"name": part.name, "kind": part.kind, "shape": list(part.shape), "size": part.size}
            | ({"labels": list(part.labels)} if part.labels else {})
            for part in self.fields
        ]
        return {"modality": self.modality, "fields": parts}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Spec:
        """Read what `as_dict` wrote; in older data sets the names of the classes stand beside the fields."""
        classes = tuple(said.get("classes", ()))
        fields = tuple(
            Field(
                p["name"], p["kind"], tuple(p["shape"]), p.get("size"),
                tuple(p.get("labels", classes if p["kind"] == "condition" else ())),
            )
            for p in said["fields"]
        )  # fmt: skip
        return cls(said["modality"], fields)


Fields = dict[str, "Tensor"]  # name -> (B, *shape)
Nets = Mapping[str, "Module"]


@dataclass(frozen=True)
class Problem:
    """A file that could not be taken, and why: listed beside the good ones, which are kept."""

    file: str
    code: str
    expected: str
    got: str


class Modality(Protocol):
    """How files become a dataset, how items become fields and back."""

    name: ClassVar[str]
    file_types: ClassVar[tuple[str, ...]]  # suffixes a user may upload
    media_type: ClassVar[str]  # of one released artifact
    builtins: ClassVar[tuple[str, ...]]  # sets that need no upload

    def ingest(self, source: Path, out: Path, report: Reporter, *, name: str = "") -> Mapping[str, Any]:
        """Validate, profile, deduplicate and split `source` into the dataset folder `out` (docs/engine-folder.md).

        `name` is what the user calls the file: for messages, never trusted. Returns sha256, counts, problems, profile.
        What is found in the data and needed by `encode` (the scale of a column) is recorded as one of the modality's
        own parameters: with those the modality is made again wherever the data or a model of them are used.
        """
        ...

    def ingest_builtin(self, builtin_name: str, out: Path, report: Reporter) -> Mapping[str, Any]:
        """The same for one of `builtins`."""
        ...

    def encode(self, raw: Mapping[str, Tensor]) -> Fields:
        """Stored arrays (B, ...) to what a family trains on."""
        ...

    def decode(self, fields: Fields, spec: Spec) -> list[np.ndarray]:
        """What a family made, to B items (image: (H, W, C) uint8; text: code points (L,) uint32)."""
        ...

    def stored(self, items: Sequence[np.ndarray], spec: Spec) -> dict[str, np.ndarray]:
        """Items back to arrays as they are stored, so that what is released can be measured: `decode` undone."""
        ...

    def file_bytes(self, item: np.ndarray) -> bytes:
        """One item as an unmarked file of `media_type`; the same item gives the same bytes."""
        ...

    def fingerprint(self, item: np.ndarray) -> str:
        """16 hex digits that change little when the item does, to find near copies by; "" where there is none."""
        ...

    def sheet(self, items: Iterable[np.ndarray], path: Path, labels: Iterable[str] = ()) -> None:
        """A picture (PNG) of many items side by side."""
        ...


@runtime_checkable
class Written(Protocol):
    """A modality whose items are texts: they can be begun by the user, and read while they grow."""

    def text(self, item: np.ndarray) -> str:
        """The item as it is, nothing added."""
        ...

    def prompt(self, said: str, spec: Spec) -> Tensor:
        """A beginning as tokens (P,) int64; InvalidInput (`unknown_characters`) names what the data do not have."""
        ...


@runtime_checkable
class Shown(Protocol):
    """A modality whose items are looked at, and can say on themselves that a machine made them."""

    def visibly_labelled(self, item: np.ndarray, language: str) -> np.ndarray:
        """The item with the words in that language, `en` or `zh`, on it; InvalidInput for one that is too small."""
        ...


# --- families -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Role:
    """One input of a job: what it takes, whether it must be there, which modalities fit (empty: all)."""

    takes: Literal["dataset_version", "model_version", "upload"]
    required: bool = True
    modalities: tuple[str, ...] = ()


PARENT = Role("model_version", required=False)  # a model of the same family to go on from


@dataclass(frozen=True)
class Phase:
    """One move of a training step: these networks learn from these losses, each per sample (B,).

    The loop averages the losses over the batch, sums them, steps the optimisers of `learns` and only then asks for
    the next phase, so that a later phase sees what an earlier one changed. `every` counts steps between two runs.
    Where `learns` is empty, the losses are figures that are reported and nothing moves. A family with several phases
    may be asked for those before a phase once more (workers/engine/micro_batches.py), and keeps no account of its own.
    """

    learns: tuple[str, ...]
    losses: Mapping[str, Tensor]
    every: int = 1


@dataclass(frozen=True)
class Port:
    """One named input or output of an exported graph.

    The runner draws `noise` and hands `state` and `token` on from one step to the next; `step` fills `t` and
    `condition`, of which it is told. An integer port counts up to `size`.
    """

    name: str
    role: Literal["noise", "state", "token", "t", "condition", "field"]
    shape: tuple[int, ...]
    dtype: str = "float32"
    size: int | None = None


@dataclass(frozen=True)
class Graph:
    """One network as it is exported to ONNX: positional inputs and outputs in the order of the ports.

    An input that several graphs have under one name is one and the same port. No output is NaN, which the parity gate
    could not tell from a mistake: a missing value comes out as a number beside it, and `step` puts the NaN.
    """

    module: Module
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


class Call(Protocol):
    """Runs a named graph, in torch or in ONNX Runtime: `call("generator", noise=z)["image"]`."""

    def __call__(self, graph: str, /, **inputs: Tensor) -> Fields: ...


class Streams(Protocol):
    """Randomness by name, a pure function of (seed, step, name).

    A draw for each item begins its shape with the number of items of the batch: where a batch is computed in parts, a
    part gets its rows of it.
    """

    def normal(self, name: str, *shape: int) -> Tensor: ...
    def uniform(self, name: str, *shape: int) -> Tensor: ...
    def integers(self, name: str, low: int, high: int, *shape: int) -> Tensor: ...


class Controls(BaseModel):
    """What may be chosen each time a model is sampled: a family's own class adds a `knob` for each.

    They reach `step` in `cond`, one value per item, (B,): numbers with a fraction float32, whole numbers, switches and
    classes int64. One batch may hold several fractions and classes; whole numbers, switches and texts are the same for
    all of it. Texts stay with the runner: an autoregressive one reads `prompt`, a text that the item begins with, and
    `length`, tokens at most. No control is called like a parameter of the kind that samples (`count`, `sweep`, ...).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Family(Protocol):
    """A generative method. The engine owns loop, optimiser steps, averaging, checkpoints, export and sampling.

    `spec` is that of the data; where a family takes several data sets, their fields are called `role/name`, and the
    first of the roles, in alphabetical order, says what it makes. What a family may have beyond this: `Scores`,
    `Reconstructs`, and `private = True` where it keeps single records of the data private.
    """

    name: ClassVar[str]
    roles: ClassVar[Mapping[str, Role]]  # `parent`, a model version, is where the training starts from
    item_shapes: ClassVar[tuple[tuple[int, ...], ...]]  # of the continuous field, where only some can be learned
    sampling: ClassVar[Sampling]
    controls: ClassVar[type[Controls]]
    state_version: ClassVar[int]  # a resume is refused only when this changed
    releases: ClassVar[bool]  # whether what it makes may leave as generated; a baseline of real items may not
    averaged: ClassVar[tuple[str, ...]]  # networks that are exported as their running average
    defaults: ClassVar[Mapping[str, Any]]  # of the loop's parameters, where the family knows better
    tolerance: ClassVar[float]  # largest |torch - ONNX| that the parity gate accepts
    toy: ClassVar[Mapping[str, Any]]  # parameters so small that the contract tests train it on `toy_spec`
    toy_spec: ClassVar[Spec]

    def check(self, spec: Spec) -> None:
        """Raise InvalidInput where this family cannot train on such data."""
        ...

    def build(self, spec: Spec) -> dict[str, Module]:
        """The networks by name, of fresh weights; also asked for on the meta device, to know how large they are."""
        ...

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]: ...
    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]: ...
    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]: ...
    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One step of sampling.

        one_shot: `x` holds the noise ports, (B, *shape); returns the fields of B items.
        autoregressive: `x` holds the noise of this step, every state port (zeros at first) and the last token of each
        token field, (B,) int64; returns states and tokens, under the same names, for step `t` + 1. `t` is (B,) int64.
        """
        ...


@runtime_checkable
class Scores(Protocol):
    """A family that can say how well it does on items it has not seen."""

    def scores(self, nets: Nets, batch: Fields, rng: Streams) -> Mapping[str, Tensor]:
        """Named figures (B,), one per item of `batch`; the loop reports their means over the holdout."""
        ...


@runtime_checkable
class Leanable(Protocol):
    """A family whose draws can be leaned on: an autoregressive one, for marks that act while an item is made."""

    def lean(self, noise: Fields, bias: Tensor) -> Fields:
        """The noise of a step under which `step` draws as if `bias` (B, tokens) were added to the last logits.

        It is that of the first token field, beyond any control such as a temperature; 0 leaves a token as it was.
        """
        ...


@runtime_checkable
class Reconstructs(Protocol):
    """A family that can bring an item back from what it remembers of it."""

    def reconstruct(self, call: Call, item: Fields) -> Fields:
        """The one continuous field of B items as it comes back, under the same name, (B, *shape)."""
        ...


# --- guards ---------------------------------------------------------------------------------------------------------

Moment = Literal["ingest", "training", "release"]


@dataclass(frozen=True)
class Verdict:
    """What a guard says of one item: whether it may go on, why not, and what was measured (plain JSON)."""

    passes: bool
    says: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """What a guard may know besides the items; `near` is the index of what the model learned from, where it has one."""

    modality: Any  # a Modality
    spec: Spec
    near: Any = None  # NearIndex (workers/engine/near_index.py)


@dataclass(frozen=True)
class Example:
    """What a guard brings for its contract test: parameters, an item that passes and one that does not."""

    params: Mapping[str, Any]
    clean: np.ndarray
    planted: np.ndarray
    ground: Ground


class Guard(Protocol):
    """Judges items before anybody can have them. Its parameters are set by a policy of the project.

    `limits` say in words what it does not see; they stand wherever it is offered. What judges whole sets beyond single
    items is `JudgesSets`.
    """

    name: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]]  # empty: all
    moment: ClassVar[Moment]
    always: ClassVar[bool]  # whether it looks also where no policy names it, as its defaults say
    limits: ClassVar[str]
    limits_zh: ClassVar[str]

    @classmethod
    def missing(cls) -> str:
        """What it needs and does not find on this machine; "" where it can work."""
        ...

    def judge(self, items: Sequence[np.ndarray], ground: Ground) -> list[Verdict]:
        """A verdict for each item, in their order; the same items get the same verdicts."""
        ...

    @classmethod
    def example(cls) -> Example:
        """A tiny clean case and a planted one."""
        ...


@runtime_checkable
class JudgesSets(Protocol):
    """A guard that looks at some items of a set and then judges the set."""

    @property
    def holds_back(self) -> bool:
        """Whether nothing of the set may be had before the set is judged."""
        ...

    def looks_at(self, seed: str, total: int) -> list[int]:
        """The indices that it wants to see, in order; the same for the same seed and total."""
        ...

    def check(self, ground: Ground) -> None:
        """Raise a ProductError where it cannot judge what its parameters ask of it."""
        ...

    def settle(self, figures: Mapping[int, Mapping[str, Any]], grounds: Sequence[Ground]) -> dict[str, Any]:
        """What is said of the set, from the figures of the items seen; raises a ProductError that refuses it.

        `grounds` are those of all the models that made it.
        """
        ...


# --- marks, metrics, kinds ------------------------------------------------------------------------------------------


class Watermark(Protocol):
    """A keyed, imperceptible mark judged by one statistic (workers/marks/statistic.py).

    One that acts "during" is a `MarksDuring` too: its items come marked, and `embed` gives them back as they are.
    """

    name: ClassVar[str]
    modality: ClassVar[str]
    acts: ClassVar[Literal["after", "during"]]
    single_item: ClassVar[str]  # in words: from which size one item alone is judged

    def embed(self, item: np.ndarray, key: bytes) -> np.ndarray: ...
    def evidence(self, item: np.ndarray) -> np.ndarray:
        """Clipped evidence per key context, (n,) float64; it does not depend on any key."""
        ...

    def layout(self, item_shape: tuple[int, ...]) -> tuple[int, ...]:
        """What items must have in common for their evidence to be added up (image: (H, W); text: ())."""
        ...

    def pattern(self, key: bytes, item_shape: tuple[int, ...]) -> np.ndarray:
        """Signs +-1 per key context, (n,) int8: the first n of the one stream of signs that the key has.

        So a longer pattern of a key begins like a shorter one, and what is known of the stream serves every shape.
        """
        ...

    def judges_alone(self, item_shape: tuple[int, ...]) -> bool:
        """Whether one item of this shape may be judged by itself."""
        ...

    def together(self, summed: np.ndarray) -> np.ndarray:
        """What several items of one layout say, (n,), from the sum of their evidence: it may weigh what came often."""
        ...

    def cost(self, item: np.ndarray, marked: np.ndarray) -> dict[str, float]:
        """Figures for what the mark changed in an item, by name with unit (`psnr_db`)."""
        ...

    def readings(self, item: np.ndarray) -> list[np.ndarray]:
        """The item as it came, then as it may have been before a change of size or speed: one hypothesis each."""
        ...


@runtime_checkable
class MarksMany(Protocol):
    """A watermark that marks several items faster than one after the other."""

    def embed_many(self, items: Sequence[np.ndarray], key: bytes) -> list[np.ndarray]:
        """What `embed` makes of each, whatever items are beside it."""
        ...


class Leaning(Protocol):
    """B items while they are drawn, each under its key, token after token."""

    def bias(self) -> np.ndarray:
        """What is added to the logits of the next token, (B, tokens) float32."""
        ...

    def took(self, tokens: np.ndarray) -> None:
        """The next token of each, (B,) int64: drawn, or given by a prompt, which is never leaned."""
        ...


@runtime_checkable
class MarksDuring(Protocol):
    """A watermark that leans the draws of a `Leanable` family."""

    def leaning(self, keys: Sequence[bytes], labels: Sequence[str]) -> Leaning:
        """Items at their beginning, one for each key, in tokens of these labels (Field.labels)."""
        ...


class Metric(Protocol):
    """A measure of generated against real items."""

    name: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]]
    better: ClassVar[Literal["higher", "lower", "none"]]
    headline: ClassVar[str]  # the figure that `better` speaks of

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]: ...


class Items(Protocol):
    """A split of a data set, which may be too large to be in memory as fields all at once."""

    def __len__(self) -> int: ...
    def fields(self, rows: Tensor) -> Fields:
        """These items, (B, ...)."""
        ...

    def blocks(self) -> Iterator[Fields]:
        """All items in their order, (b, ...) at a time."""
        ...


@dataclass(frozen=True)
class Sample:
    """Items to measure: `fields` as a family sees them (B, ...), `train` more real items a metric may learn from."""

    fields: Fields
    train: Items | None = None
    spec: Spec = Spec("", ())  # what the items look like: kinds of fields, classes, names of tokens


@dataclass(frozen=True)
class Figure:
    """One number with its unit, its sample count and, where resampling gives one, its 95 % interval."""

    value: float
    n: int
    unit: str = ""
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON with the keys value, low, high, n, unit."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "unit": self.unit}


@dataclass(frozen=True)
class Pair:
    """A made item and the real one it is nearest to; whoever sees it sees the data."""

    made: np.ndarray
    real: np.ndarray
    distance: float


@runtime_checkable
class Pairs(Protocol):
    """A metric that can show what it found."""

    def measure_and_pair(self, real: Sample, made: Sample, seed: int) -> tuple[dict[str, Figure], list[Pair]]:
        """What `measure` returns, and a few pairs, nearest first."""
        ...


class JobKind(Protocol):
    """One kind of job: which queue, which inputs, what comes out, and the program over the attempt folder."""

    name: ClassVar[str]
    queue: ClassVar[Literal["train", "generate", "io"]]
    roles: ClassVar[Mapping[str, Role]]  # a family's roles are added where `chooses_family`
    chooses_family: ClassVar[bool]
    produces: ClassVar[Literal["dataset_version", "model_version", "artifacts", "figures", "findings", "estimate"]]
    stays_warm: ClassVar[bool]  # whether the process is kept for the next order

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """Do the work; the returned JSON is the body of the result report."""
        ...


class Reporter(Protocol):
    """What the engine says upwards; every call is one line of reports.jsonl (docs/engine-folder.md)."""

    def progress(self, done: int, total: int, unit: str) -> None: ...
    def metric(self, step: int, values: Mapping[str, float]) -> None: ...
    def sample(self, step: int, file: str) -> None: ...
    def checkpoint(self, step: int, folder: str) -> None: ...
    def artifacts(self, items: list[dict[str, Any]]) -> None: ...
    def partial(self, pieces: list[dict[str, Any]]) -> None: ...
    def facts(self, **facts: Any) -> None: ...
    def log(self, message: str, level: str = "info") -> None: ...


@dataclass(frozen=True)
class Attempt:
    """What a kind's program gets: the folder, the order read from it, a reporter, secrets that never touch the disk."""

    folder: Path
    order: Mapping[str, Any]
    report: Reporter
    wants: Callable[[], str]  # "", "save", "cancel", "pause" or "yield"; asked between steps
    secrets: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes], bytes] | None = None  # ES256 over the claim; the key lives in the parent

    def leave_if_asked(self, step: int) -> None:
        """Raise Stopped where the work is to be left; a wish to save is none to leave."""
        if (want := self.wants()) and want != "save":
            raise Stopped(want, step)


class Stopped(Exception):
    """The engine left early because it was asked to; the state is saved."""

    def __init__(self, why: str, step: int) -> None:
        self.why, self.step = why, step
        super().__init__(why)
