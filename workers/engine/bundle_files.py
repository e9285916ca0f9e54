"""The engine's part of a bundle: graphs, weights, ports, preprocessing and figures (docs/engine-folder.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch.nn import Module

from workers.contracts import Graph, Spec
from workers.engine import parity, plain_json
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import modality_of
from workers.engine.export import export_all
from workers.engine.paths.measuring import Measure, Measurement
from workers.engine.runners import of_networks
from workers.engine.sampler import sampling_of


def write(
    folder: Path,
    *,
    family: Any,
    nets: Mapping[str, Module],
    spec: Spec,
    made: Spec,
    preprocess: Mapping[str, Any],
    figures: Mapping[str, Any],
    measure: Measure | None = None,
) -> dict[str, Any]:
    """Export, pass the parity gate, and write every file; returns what went into metrics.json.

    `spec` is what the family learned from, `made` what the items it makes are like. With `measure` the paths of the
    model are measured on this machine, and one of them is chosen.
    """
    graphs: dict[str, Graph] = family.graphs(nets, spec)
    for graph in graphs.values():
        graph.module.eval().cpu()
    sizes = export_all(graphs, folder / "model")
    exported = {
        f"{name}/{key}": value.detach().cpu().contiguous().clone()
        for name, graph in graphs.items()
        for key, value in graph.module.state_dict().items()
    }
    save_file(exported, folder / "weights.safetensors")
    ports = {
        name: {"inputs": [asdict(port) for port in graph.inputs], "outputs": [asdict(port) for port in graph.outputs]}
        for name, graph in graphs.items()
    }
    said = {"version": 1, "family": family.name, "params": family.model_dump(mode="json"), "sampling": family.sampling}
    put(folder / "graphs.json", said | {"graphs": ports})
    put(folder / "preprocess.json", {"version": 1, **preprocess, "spec": made.as_dict()})
    found = parity.gate(graphs, folder / "model", family.tolerance)
    if made.of_kind("token"):
        trained = of_networks(family, graphs, made, modality_of(dict(preprocess)))
        found |= {"tokens": parity.same_tokens(trained, sampling_of(Bundle.open(folder)))}
    if measure is not None:
        trained = of_networks(family, graphs, made, modality_of(dict(preprocess)))
        figures = dict(figures) | {"paths": Measurement(folder, graphs, trained, family.tolerance, measure).run()}
    metrics = dict(figures) | {"parity": found, "onnx_bytes": sum(sizes.values())}
    put(folder / "metrics.json", metrics)
    return metrics


def put(path: Path, said: Mapping[str, Any]) -> None:
    """JSON with sorted keys; NotFinite where a number is none."""
    path.write_text(plain_json.text(said, sort_keys=True, indent=1), encoding="utf-8")
