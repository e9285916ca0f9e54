"""One graph, open on one path. What stands here imports a runtime only when somebody opens a model on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models_store.errors import IntegrityFailure
from workers.engine.paths.candidates import BASELINE, PUBLISHED, Candidate, PathMissing

Arrays = dict[str, NDArray[Any]]
PROVIDERS = {"cpu": ["CPUExecutionProvider"], "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"]}
HINTS = {"fp32": "f32", "bf16": "bf16"}
WAY_OUT = "pip install --no-deps -r requirements-openvino.lock"


class Open(Protocol):
    """A graph that runs: ONNX Runtime's own session, or what looks like one."""

    def run(self, names: Sequence[str] | None, fed: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]: ...
    def get_providers(self) -> list[str]: ...


def graph_file(bundle: Path, candidate: Candidate, graph: str) -> Path:
    """The file that a path runs: a graph of its own where the bundle has one, else the published one."""
    own = bundle / candidate.graphs / f"{graph}.onnx"
    return own if own.is_file() else bundle / PUBLISHED / f"{graph}.onnx"


def opened(bundle: Path, candidate: Candidate, graph: str, *, device: str = "cpu", threads: int = 1) -> Open:
    """A graph of a bundle on a path; PathMissing where this machine, or the bundle, does not have what it takes.

    A graph that sampling never calls (the encoder of an autoencoder) stays as it was published.
    """
    if candidate.runtime == "openvino":
        return Compiled(graph_file(bundle, candidate, graph), candidate.precision, threads)
    if candidate.precision in ("int8", "fp16") and not (bundle / candidate.graphs).is_dir():
        raise PathMissing(field=candidate.name, expected=candidate.graphs, got="no such folder")
    place = device if candidate is BASELINE else candidate.device
    made = session(graph_file(bundle, candidate, graph), place, threads)
    if candidate.device == "cuda" and not made.get_providers()[0].startswith("CUDA"):
        raise PathMissing(field=candidate.name, expected="CUDA", got=made.get_providers()[0])
    return made


def session(path: Path, device: str, threads: int) -> Any:
    """An ONNX Runtime session; which provider really runs is asked of it, since CUDA falls back without a word."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work has a use for the processor
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=PROVIDERS[device.split(":")[0]])
    except Exception as error:  # ONNX Runtime raises classes of its own that share no base
        raise IntegrityFailure(f"{path.name} cannot be loaded: {type(error).__name__}.", field=path.name) from None


class Compiled:
    """A graph that OpenVINO has compiled for this processor, in the number format that was asked for and no other."""

    def __init__(self, path: Path, precision: str, threads: int) -> None:
        """Raises PathMissing where OpenVINO is not installed, or computes in another format than asked."""
        if find_spec("openvino") is None:
            raise PathMissing(f"OpenVINO is not installed: {WAY_OUT}", field="openvino", expected="installed")
        openvino = import_module("openvino")
        hint = HINTS[precision]
        settings = {
            "INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False,
        }  # fmt: skip
        try:
            core = openvino.Core()
            able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            if precision == "bf16" and "BF16" not in able:  # it would compute in fp32 and say nothing
                raise PathMissing(field="openvino_bf16", expected="a processor that computes in bf16", got=list(able))
            self._compiled = core.compile_model(str(path), "CPU", settings)
        except RuntimeError as error:
            raise PathMissing(
                f"OpenVINO does not take this graph: {str(error)[:200]}", field=path.name, expected="a graph it knows"
            ) from None
        self._inputs, self._outputs = (
            {name: place for place, port in enumerate(ports) for name in port.names}
            for ports in (self._compiled.inputs, self._compiled.outputs)
        )
        self._tensor, self._asked = openvino.Tensor, self._compiled.create_infer_request()

    def run(self, names: Sequence[str] | None, fed: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs of these names, or all; each is the caller's own.

        Ports are filled and read by their places: with a dictionary a small network waits a twelfth longer.
        """
        held = {name: np.require(value, requirements="CW") for name, value in fed.items()}
        for name, value in held.items():
            self._asked.set_input_tensor(self._inputs[name], self._tensor(value, shared_memory=True))
        self._asked.infer(share_outputs=True)
        places = range(len(self._compiled.outputs)) if names is None else [self._outputs[name] for name in names]
        return [self._asked.get_output_tensor(place).data.copy() for place in places]

    def get_providers(self) -> list[str]:
        """What runs it, as ONNX Runtime's sessions say."""
        return ["OpenVINO CPU"]


def runtime_of(candidate: Candidate) -> str:
    """The package that runs a path, with its version."""
    for name in (candidate.runtime, f"{candidate.runtime}-gpu"):
        try:
            return f"{candidate.runtime} {version(name).partition('+')[0]}"
        except PackageNotFoundError:
            continue
    return candidate.runtime
