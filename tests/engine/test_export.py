"""An exported file says nothing of the machine it was made on, and the gate stops one that computes something else."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
from onnx import numpy_helper

from workers.contracts import Graph, Port
from workers.engine import parity
from workers.engine.export import export


@pytest.fixture(scope="module")
def graph() -> Graph:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4))
    return Graph(net, (Port("noise", "noise", (6,)),), (Port("image", "field", (4,)),))


@pytest.fixture(scope="module")
def file(graph, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "net.onnx"
    export(graph, path)
    return path


def test_no_path_or_source_line_stays_in_the_file(file):
    data = file.read_bytes()
    for trace in (b"site-packages", b".py", str(Path(__file__).parents[2]).encode(), b"stack_trace"):
        assert trace not in data


def test_the_file_stands_alone(file):
    assert [path.name for path in file.parent.iterdir()] == ["net.onnx"]


def test_the_gate_passes_a_faithful_export(graph, file):
    found = parity.gate({"net": graph}, file.parent, 1e-5)
    assert found["max_abs_diff"] <= 1e-5


def test_the_gate_stops_a_graph_with_one_changed_weight(graph, file, tmp_path):
    model = onnx.load(file)
    weights = model.graph.initializer[0]
    changed = numpy_helper.to_array(weights).copy()
    changed.flat[0] += 0.01
    weights.CopyFrom(numpy_helper.from_array(changed, weights.name))
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(parity.ExportMismatch) as stopped:
        parity.gate({"net": graph}, tmp_path, 1e-5)
    assert stopped.value.got > 1e-5


def test_a_difference_that_is_no_number_is_stopped(file):
    broken = torch.nn.Linear(6, 4)
    torch.nn.init.constant_(broken.weight, float("nan"))
    graph = Graph(broken, (Port("noise", "noise", (6,)),), (Port("image", "field", (4,)),))
    with pytest.raises(parity.ExportMismatch):
        parity.gate({"net": graph}, file.parent, 1e-5)
