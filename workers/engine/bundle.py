"""A model bundle, open for sampling: its graphs as ONNX Runtime sessions, and what its files say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from models_store.errors import IntegrityFailure
from workers.contracts import Fields, Port, Spec
from workers.engine.dataset_files import modality_of
from workers.plugins import plugin

PROVIDERS = {"cpu": ["CPUExecutionProvider"], "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"]}
KEPT_OPEN = 4
SAID = ("graphs.json", "preprocess.json")  # networks can be the same to the bit where units or classes are not


def session(path: Path, device: str, threads: int) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session; which provider really runs is asked of it, since CUDA falls back without a word."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work has a use for the processor
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=PROVIDERS[device.split(":")[0]])
    except Exception as error:  # ONNX Runtime raises classes of its own that share no base
        raise IntegrityFailure(f"{path.name} cannot be loaded: {type(error).__name__}.", field=path.name) from None


@dataclass
class Bundle:
    """A model bundle that is ready to sample from."""

    path: Path
    said: Mapping[str, Any]  # graphs.json
    device: str
    threads: int
    sessions: dict[str, onnxruntime.InferenceSession] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str | Path, device: str = "cpu", threads: int = 1) -> Bundle:
        """Read graphs.json and load every graph."""
        folder = Path(path)
        try:
            said = json.loads((folder / "graphs.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise IntegrityFailure("The bundle has no readable graphs.json.", field="graphs.json") from error
        bundle = cls(folder, said, device, threads)
        for name in said["graphs"]:
            bundle.sessions[name] = session(folder / "model" / f"{name}.onnx", device, threads)
        return bundle

    @property
    def provider(self) -> str:
        """What really runs, as the first session says."""
        return next(iter(self.sessions.values())).get_providers()[0]

    @cached_property
    def preprocess(self) -> dict[str, Any]:
        """The modality, its parameters, and the spec of the training data."""
        return json.loads((self.path / "preprocess.json").read_text(encoding="utf-8"))

    def modality(self) -> Any:
        """The modality with the parameters of the training data."""
        return modality_of(self.preprocess)

    def spec(self) -> Spec:
        """What the items look like."""
        return Spec.from_dict(self.preprocess["spec"])

    def family(self) -> Any:
        """The family with the parameters it was trained with."""
        return plugin("family", self.said["family"])(**self.said["params"])

    def inputs(self) -> list[Port]:
        """The input ports of all graphs, each name once."""
        said = [port for graph in self.said["graphs"].values() for port in graph["inputs"]]
        return list({port["name"]: Port(**port | {"shape": tuple(port["shape"])}) for port in said}.values())

    def call(self, graph: str, /, **inputs: Tensor) -> Fields:
        """Run one graph (contracts.Call)."""
        outputs = [port["name"] for port in self.said["graphs"][graph]["outputs"]]
        fed = {name: np.ascontiguousarray(value.numpy()) for name, value in inputs.items()}
        return dict(zip(outputs, map(torch.from_numpy, self.sessions[graph].run(outputs, fed)), strict=True))


_open: dict[tuple[str, str, int], Bundle] = {}


def warm(path: str | Path, device: str, threads: int) -> Bundle:
    """The bundle, kept open in this process: the same model is loaded once."""
    digest = hashlib.sha256()
    for file in (*(Path(path) / name for name in SAID), *sorted((Path(path) / "model").glob("*.onnx"))):
        digest.update(file.read_bytes())
    key = (digest.hexdigest(), device, threads)
    if key not in _open:
        while len(_open) >= KEPT_OPEN:
            del _open[next(iter(_open))]
        _open[key] = Bundle.open(path, device, threads)
    bundle = _open[key]
    bundle.path = Path(path)
    return bundle
