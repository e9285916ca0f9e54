"""From trained networks to ONNX files: dynamic batch, one file each, nothing of this machine inside."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import onnx
import torch
from torch.export import Dim

from workers.contracts import Graph, Port

OPSET = 20
EXAMPLE_BATCH = 2  # 1 would be taken for a constant


def example(ports: tuple[Port, ...], batch: int, seed: int = 0) -> tuple[torch.Tensor, ...]:
    """Random inputs, one of (batch, *shape) for each port: normal numbers, integers up to the port's `size`.

    A condition that is a fraction is drawn from 0.5 to 1.5: it may be something that one divides by.
    """
    draws = torch.Generator().manual_seed(seed)
    made = []
    for port in ports:
        if port.dtype.startswith("int"):
            high, dtype = port.size or 1, getattr(torch, port.dtype)
            made.append(torch.randint(0, high, (batch, *port.shape), generator=draws, dtype=dtype))
        elif port.role == "condition":
            made.append(torch.rand((batch, *port.shape), generator=draws, dtype=getattr(torch, port.dtype)) + 0.5)
        else:
            made.append(torch.randn((batch, *port.shape), generator=draws, dtype=getattr(torch, port.dtype)))
    return tuple(made)


def export(graph: Graph, path: Path) -> int:
    """Write one graph as ONNX (opset 20, batch free) and return its size in bytes."""
    module = graph.module.eval().cpu()
    batch = Dim("batch", min=1, max=1 << 20)
    with quiet(), torch.no_grad():
        program = torch.onnx.export(
            module,
            example(graph.inputs, EXAMPLE_BATCH),
            dynamo=True,
            opset_version=OPSET,
            input_names=[port.name for port in graph.inputs],
            output_names=[port.name for port in graph.outputs],
            dynamic_shapes=tuple({0: batch} for _ in graph.inputs),
            external_data=False,
            verbose=False,
        )
    assert program is not None  # noqa: S101 - torch gives None only when it writes the file itself
    model = program.model_proto
    strip(model)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path.stat().st_size


@contextmanager
def quiet() -> Iterator[None]:
    """The exporter talks to standard output and warns of its own internals; neither is ours to pass on."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def strip(model: Any) -> None:
    """Take out everything that says where and from what source a model was exported: paths, stack traces, names."""
    for field in ("doc_string", "producer_version", "domain"):
        model.ClearField(field)
    del model.metadata_props[:]
    for function in model.functions:
        strip_part(function)
        strip_nodes(function.node)
    strip_graph(model.graph)


def strip_graph(graph: Any) -> None:
    """One graph and every graph inside its nodes."""
    strip_part(graph)
    for part in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        strip_part(part)
    strip_nodes(graph.node)


def strip_nodes(nodes: Any) -> None:
    """Nodes and the sub-graphs of their attributes."""
    for node in nodes:
        strip_part(node)
        for attribute in node.attribute:
            attribute.ClearField("doc_string")
            if attribute.HasField("g"):
                strip_graph(attribute.g)
            for inner in attribute.graphs:
                strip_graph(inner)


def strip_part(part: Any) -> None:
    """The free text of one protobuf message."""
    part.ClearField("doc_string")
    del part.metadata_props[:]


def export_all(graphs: Mapping[str, Graph], folder: Path) -> dict[str, int]:
    """Every graph as `folder/<name>.onnx`; returns sizes in bytes."""
    return {name: export(graph, folder / f"{name}.onnx") for name, graph in graphs.items()}
