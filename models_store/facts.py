"""What is known about a finished training: the one source of a bundle's manifest and of its model cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Whose it is, under which licence, and from what (names or ids of data sets and models) that comes."""

    owner: str
    licence: str
    inherited_from: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """One data set version a model learned from, as its declaration and profile say."""

    name: str
    version: str  # id
    sha256: str
    source: str
    licence: str
    counts: Mapping[str, int]  # items per split
    modality: str = ""
    legal_basis: str = ""
    contains_personal_data: bool = False
    sensitive_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ParentFacts:
    """The model version that a training went on from."""

    name: str
    version: str  # id
    sha256: str  # of its manifest


@dataclass(frozen=True, kw_only=True)
class Parity:
    """The export gate: the largest |torch - ONNX Runtime| over these batch sizes, and what was allowed."""

    max_abs_diff: float
    tolerance: float
    batch_sizes: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ChosenPath:
    """How the model is run unless somebody asks otherwise, by what was measured when it was published."""

    name: str  # onnxruntime_fp32 is the path that every model has
    threads: int
    faster: float  # times, than onnxruntime_fp32
    processor: str


@dataclass(frozen=True, kw_only=True)
class BundleFacts:
    """What made one model version. Everything a person wrote may hold any text; the cards escape it."""

    model: str
    job: str
    seed: str  # decimal; a JSON number would lose digits
    family: str
    params: Mapping[str, Any]
    data: Mapping[str, DataFacts]  # by role
    rights: Rights
    made_by: str
    made_at: str  # ISO 8601, UTC
    parents: Mapping[str, ParentFacts] = field(default_factory=dict)  # by role
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # name -> {value, n, unit, low, high}
    parity: Parity | None = None
    path: ChosenPath | None = None  # nothing was measured
    ran_on: Mapping[str, Any] = field(default_factory=dict)  # device, precision, threads, provider, ...
    limits: tuple[str, ...] = ()
    limits_zh: tuple[str, ...] = ()  # empty: as in English
    purpose: str = ""
    intended_use: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)
