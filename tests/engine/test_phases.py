"""A transposed convolution in four phases is the same function, and anything else is left as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from workers.contracts import Graph, Port
from workers.engine.export import export
from workers.engine.paths import phases
from workers.engine.paths.opening import session


def exported(module: nn.Module, folder: Path, shape: tuple[int, ...] = (3, 5, 6)) -> Path:
    place = folder / "graph.onnx"
    out = tuple(module(torch.zeros(1, *shape)).shape[1:])
    export(Graph(module, (Port("x", "field", shape),), (Port("y", "field", out),)), place)
    return place


@pytest.mark.parametrize("bias", [True, False])
def test_the_phases_are_the_transposed_convolution(tmp_path: Path, bias: bool):
    torch.manual_seed(1)
    net = nn.Sequential(nn.ConvTranspose2d(3, 4, 4, 2, 1, bias=bias), nn.ReLU(), nn.ConvTranspose2d(4, 2, 4, 2, 1))
    place, other = exported(net, tmp_path), tmp_path / "phases.onnx"
    assert phases.written(place, other)
    x = torch.randn(7, 3, 5, 6)
    (got,) = session(other, "cpu", 1).run(None, {"x": x.numpy()})
    np.testing.assert_allclose(got, net(x).detach().numpy(), atol=1e-6)
    assert not [node for node in onnx.load(str(other)).graph.node if node.op_type == "ConvTranspose"]


@pytest.mark.parametrize(
    "layer", [nn.ConvTranspose2d(3, 2, 3, 2, 1), nn.ConvTranspose2d(3, 3, 4, 2, 1, groups=3), nn.Conv2d(3, 2, 3)]
)
def test_other_layers_are_left_and_nothing_is_written(tmp_path: Path, layer: nn.Module):
    assert not phases.written(exported(layer, tmp_path), tmp_path / "phases.onnx")
    assert not (tmp_path / "phases.onnx").exists()
