"""Data: fields, what the items of a data set look like, and modalities, which own their shape and their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from workers.contracts.reports import Reporter

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch.nn import Module


FieldKind = Literal["continuous", "categorical", "token", "mask", "length", "condition"]


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
