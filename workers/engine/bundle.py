"""A model bundle, open for sampling: its graphs on the path that was chosen for it, and what its files say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models_store.errors import IntegrityFailure
from workers.contracts import Fields, Port, Spec
from workers.engine.dataset_files import modality_of
from workers.engine.paths.candidates import BASELINE, Candidate, PathMissing
from workers.engine.paths.choosing import choice
from workers.engine.paths.opening import Open, opened, runtime_of
from workers.engine.paths.opening import session as session
from workers.plugins import plugin

KEPT_OPEN = 4
SAID = ("graphs.json", "preprocess.json")  # networks can be the same to the bit where units or classes are not


@dataclass
class Bundle:
    """A model bundle that is ready to sample from."""

    path: Path
    said: Mapping[str, Any]  # graphs.json
    device: str
    threads: int
    sessions: dict[str, Open] = field(default_factory=dict)
    way: Candidate = BASELINE  # the path its graphs run on
    way_why: str = ""  # what decided for it

    @classmethod
    def open(cls, path: str | Path, device: str = "cpu", threads: int = 1, asked: str = "") -> Bundle:
        """Read graphs.json and load every graph, on the path that was chosen when the model was published.

        Where this machine cannot run that path, it is fp32 in ONNX Runtime, and `way_why` says so. A path that is
        `asked` for is taken or refused: PathUnusable, PathMissing.
        """
        folder = Path(path)
        try:
            said = json.loads((folder / "graphs.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise IntegrityFailure("The bundle has no readable graphs.json.", field="graphs.json") from error
        chosen = choice(paths_of(folder), asked=asked, device=device, threads=threads)
        bundle = cls(folder, said, device, chosen.threads, way=chosen.candidate, way_why=chosen.why)
        try:
            bundle._load()
        except PathMissing as missing:
            if asked:
                raise
            bundle.way, bundle.threads = BASELINE, threads
            bundle.way_why = f"{chosen.candidate.name} was chosen, but: {missing.detail}"
            bundle._load()
        return bundle

    def _load(self) -> None:
        for name in self.said["graphs"]:
            self.sessions[name] = opened(self.path, self.way, name, device=self.device, threads=self.threads)

    @property
    def provider(self) -> str:
        """What really runs, as the first session says."""
        return next(iter(self.sessions.values())).get_providers()[0]

    def facts(self) -> dict[str, Any]:
        """What is recorded of how items are made with it."""
        return {
            "device": self.device, "provider": self.provider, "threads": self.threads, "precision": self.way.precision,
            "runtime": runtime_of(self.way), "path": self.way.name, "path_why": self.way_why,
        }  # fmt: skip

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


def paths_of(folder: Path) -> dict[str, Any]:
    """The table of paths that the bundle was published with (paths/table.py); {} where nothing was measured."""
    try:
        return json.loads((folder / "metrics.json").read_text(encoding="utf-8")).get("paths", {})
    except FileNotFoundError:
        return {}


_open: dict[tuple[str, str, int, str], Bundle] = {}


def warm(path: str | Path, device: str, threads: int, asked: str = "") -> Bundle:
    """The bundle, kept open in this process: the same model on the same path is loaded once."""
    folder, digest = Path(path), hashlib.sha256()
    for file in (*(folder / name for name in SAID), *sorted(folder.rglob("*.onnx"))):
        digest.update(file.read_bytes())
    digest.update(json.dumps(paths_of(folder).get("chosen"), sort_keys=True).encode())
    key = (digest.hexdigest(), device, threads, asked)
    if key not in _open:
        while len(_open) >= KEPT_OPEN:
            del _open[next(iter(_open))]
        _open[key] = Bundle.open(path, device, threads, asked)
    bundle = _open[key]
    bundle.path = folder
    return bundle
