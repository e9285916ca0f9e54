"""Spectral normalisation, against the singular values that linear algebra finds."""

from __future__ import annotations

import pytest
import torch

from workers.nets.spectral import SpectralConv2d, SpectralEmbedding, SpectralLinear

LAYERS = {
    "linear": (lambda: SpectralLinear(6, 9), torch.rand(2, 6)),
    "convolution": (lambda: SpectralConv2d(3, 5, 4, 2, 1), torch.rand(2, 3, 8, 8)),
    "table": (lambda: SpectralEmbedding(4, 7), torch.tensor([0, 3])),
}
EACH = pytest.mark.parametrize("name", LAYERS)


@EACH
def test_the_weight_comes_to_a_largest_singular_value_of_one(name):
    torch.manual_seed(0)
    make, taken = LAYERS[name]
    layer = make()
    for _ in range(60):
        layer(taken)
    largest = torch.linalg.matrix_norm(layer.norm(layer.weight).flatten(1), 2)
    torch.testing.assert_close(largest, torch.ones(()), rtol=1e-3, atol=0)


@EACH
def test_a_layer_that_is_evaluated_does_not_change(name):
    make, taken = LAYERS[name]
    layer = make().eval()
    before = layer.norm.left.clone()
    assert torch.equal(layer(taken), layer(taken))
    assert torch.equal(layer.norm.left, before)


def test_a_restored_layer_goes_on_with_the_same_bits():
    make, taken = LAYERS["convolution"]
    one, other = make(), make()
    other.load_state_dict(one.state_dict())
    for _ in range(3):
        assert torch.equal(one(taken), other(taken))


def test_the_scale_of_a_weight_does_not_matter_and_gets_no_gradient():
    make, taken = LAYERS["linear"]
    layer = make()
    layer(taken).square().sum().backward()
    weight = layer.weight.detach()
    along = torch.dot(layer.weight.grad.flatten(), weight.flatten())
    assert abs(float(along)) < 1e-4 * float(layer.weight.grad.norm() * weight.norm())
