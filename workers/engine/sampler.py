"""Sampling through ONNX Runtime: the runner owns the loop, the noise, the batch and the session.

The noise of artifact i comes from (job seed, i) alone, and every batch is padded to one shape, so that an artifact
does not depend on which others were made beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from models_store.errors import IntegrityFailure, ProductError
from workers.contracts import Fields, Port, Spec
from workers.engine.dataset_files import modality_of
from workers.engine.streams import generator
from workers.plugins import plugin

BATCH = 32  # the padded shape of every call
PROVIDERS = {"cpu": ["CPUExecutionProvider"], "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"]}


class CannotSample(ProductError):
    """No runner knows this way of sampling."""

    code, http_status = "cannot_sample", 422


def session(path: Path, device: str, threads: int) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session; which provider really runs is asked of it, since CUDA falls back without a word."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
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

    def modality(self) -> Any:
        """The modality with the parameters of the training data."""
        return modality_of(json.loads((self.path / "preprocess.json").read_text(encoding="utf-8")))

    def spec(self) -> Spec:
        """What the items look like."""
        return Spec.from_dict(json.loads((self.path / "preprocess.json").read_text(encoding="utf-8"))["spec"])

    def family(self) -> Any:
        """The family with the parameters it was trained with."""
        return plugin("family", self.said["family"])(**self.said["params"])

    def ports(self, role: str) -> list[Port]:
        """The input ports of one role over all graphs, each name once."""
        found = {}
        for graph in self.said["graphs"].values():
            for port in graph["inputs"]:
                if port["role"] == role:
                    found[port["name"]] = Port(port["name"], port["role"], tuple(port["shape"]), port["dtype"])
        return list(found.values())

    def call(self, graph: str, /, **inputs: Tensor) -> Fields:
        """Run one graph (contracts.Call)."""
        outputs = [port["name"] for port in self.said["graphs"][graph]["outputs"]]
        fed = {name: np.ascontiguousarray(value.numpy()) for name, value in inputs.items()}
        return dict(zip(outputs, map(torch.from_numpy, self.sessions[graph].run(outputs, fed)), strict=True))


def noise(ports: Sequence[Port], seed: str, indices: Sequence[int]) -> Fields:
    """The noise ports of these artifacts, (B, *shape): each row a pure function of (seed, index, port)."""
    return {
        port.name: torch.stack([torch.randn(port.shape, generator=generator(seed, i, port.name)) for i in indices])
        for port in ports
    }


def sample(bundle: Bundle, seed: str, indices: Sequence[int], batch: int = BATCH) -> Iterator[tuple[list[int], Fields]]:
    """Make these artifacts, batch by batch: (their indices, the fields they are made of)."""
    family = bundle.family()
    if family.sampling != "one_shot":
        raise CannotSample(f"{family.name} samples by {family.sampling}.", expected="one_shot", got=family.sampling)
    ports = bundle.ports("noise")
    for start in range(0, len(indices), batch):
        chunk = list(indices[start : start + batch])
        padded = chunk + [chunk[-1]] * (batch - len(chunk))
        made = family.step(bundle.call, noise(ports, seed, padded), None, {})
        yield chunk, {name: value[: len(chunk)] for name, value in made.items()}


_open: dict[tuple[str, str, int], Bundle] = {}
KEPT_OPEN = 4


def warm(path: str | Path, device: str, threads: int) -> Bundle:
    """The bundle, kept open in this process: the same model file is loaded once."""
    digest = hashlib.sha256((Path(path) / "graphs.json").read_bytes())
    for file in sorted((Path(path) / "model").glob("*.onnx")):
        digest.update(file.read_bytes())
    key = (digest.hexdigest(), device, threads)
    if key not in _open:
        while len(_open) >= KEPT_OPEN:
            del _open[next(iter(_open))]
        _open[key] = Bundle.open(path, device, threads)
    bundle = _open[key]
    bundle.path = Path(path)
    return bundle
