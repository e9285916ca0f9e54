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


def test_activations_go_along_to_the_convolution(tmp_path: Path):
    net = nn.Sequential(nn.ConvTranspose2d(3, 2, 4, 2, 1), nn.LeakyReLU(0.2), nn.Tanh())
    place, other = exported(net, tmp_path), tmp_path / "phases.onnx"
    assert phases.written(place, other)
    kinds = [node.op_type for node in onnx.load(str(other)).graph.node]
    assert kinds == ["Conv", "LeakyRelu", "Tanh", "DepthToSpace", "Slice"]
    x = torch.randn(2, 3, 5, 6)
    (got,) = session(other, "cpu", 1).run(None, {"x": x.numpy()})
    np.testing.assert_allclose(got, net(x).detach().numpy(), atol=1e-6)


class Residual(nn.Module):
    """An activation beside what it is taken of: the values before it are needed too."""

    def __init__(self) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose2d(3, 2, 4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        grown = self.grow(x)
        return grown + grown.tanh()


def test_values_that_are_read_twice_stay_what_they_are(tmp_path: Path):
    net = Residual()
    place, other = exported(net, tmp_path), tmp_path / "phases.onnx"
    assert phases.written(place, other)
    x = torch.randn(2, 3, 5, 6)
    (got,) = session(other, "cpu", 1).run(None, {"x": x.numpy()})
    np.testing.assert_allclose(got, net(x).detach().numpy(), atol=1e-6)


@pytest.mark.parametrize(
    "layer", [nn.ConvTranspose2d(3, 2, 3, 2, 1), nn.ConvTranspose2d(3, 3, 4, 2, 1, groups=3), nn.Conv2d(3, 2, 3)]
)
def test_other_layers_are_left_and_nothing_is_written(tmp_path: Path, layer: nn.Module):
    assert not phases.written(exported(layer, tmp_path), tmp_path / "phases.onnx")
    assert not (tmp_path / "phases.onnx").exists()
