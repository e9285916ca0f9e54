"""StyleGAN2: its modulated convolution, what is told at sampling, its penalties, and what a fine-tuning takes over."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import conv2d

from models_store.errors import InvalidInput
from tests.training import drawn_data, training
from workers.contracts import Field, Phase, Spec
from workers.engine.parameters import checked
from workers.engine.streams import SeededStreams
from workers.families.stylegan2 import PATH_EVERY, PATH_MEMORY, R1_EVERY, StyleGan2
from workers.nets.gauge import Gauge
from workers.nets.stylegan2 import Generator, ModulatedConv, TruncatedGenerator, spread

SMALL: dict[str, Any] = {"latent_dim": 4, "width": 4, "mapping_layers": 1}


def pictures(shape: tuple[int, ...], classes: tuple[str, ...] = ()) -> Spec:
    condition = (Field("condition", "condition", (), len(classes), classes),) if classes else ()
    return Spec("image", (Field("image", "continuous", shape), *condition))


def phases(family: StyleGan2, step: int, spec: Spec | None = None, nets: Any = None) -> list[Phase]:
    spec = spec or pictures((1, 16, 16))
    torch.manual_seed(0)
    nets = nets or family.build(spec)
    return list(family.phases(nets, drawn_data(spec, 4), SeededStreams("1", step)))


def generator(classes: int = 0, *, fixed: bool = False) -> Generator:
    torch.manual_seed(0)
    return Generator(16, 1, width=4, latent_dim=4, layers=1, classes=classes, fixed=fixed)


def sharpened(net: Generator) -> Generator:
    """Styles that differ a lot from code to code, as they do after training, and noise that shows."""
    with torch.no_grad():
        for layer in net.mapping.layers:
            layer.weight.mul_(100)
        for conv in net.synthesis.convs:
            conv.strength.fill_(1.0)
    return net


def test_scaling_inputs_and_outputs_is_the_convolution_with_modulated_weights():
    torch.manual_seed(0)
    conv, x, style = ModulatedConv(3, 5, 3, 4), torch.randn(6, 3, 8, 8), torch.randn(6, 4)
    scales = conv.style(style)  # (B, C)
    weights = conv.weight * conv.scale * scales[:, None, :, None, None]  # eq. 1
    weights = weights / (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()  # eq. 3
    apart = torch.cat([conv2d(one[None], weight, padding=1) for one, weight in zip(x, weights, strict=True)])
    torch.testing.assert_close(conv(x, style), apart, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("width", [1, 3])
def test_a_network_too_narrow_to_be_exported_faithfully_is_refused(width):
    with pytest.raises(InvalidInput) as refused:
        checked(StyleGan2, {"width": width})
    assert (refused.value.field, refused.value.expected) == (
        "params.width",
        {"minimum": 4, "maximum": 256, "type": "integer"},
    )


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 32, 32), (4, 64, 64), (3, 256, 256)])
def test_the_picture_has_the_shape_of_the_data(shape):
    family = StyleGan2(**SMALL)
    family.check(pictures(shape))
    nets = family.build(pictures(shape))
    grain = torch.zeros(1, nets["generator"].grain_size)
    assert nets["generator"](torch.zeros(1, 4), torch.zeros(1, dtype=torch.int64), grain).shape == (1, *shape)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 24, 24), (2, 32, 32), (1, 32, 64), (1, 512, 512), (32,)])
def test_other_shapes_are_refused_with_what_would_do(shape):
    with pytest.raises(InvalidInput) as refused:
        StyleGan2().check(pictures(shape))
    assert "16, 32, 64, 128, 256" in refused.value.expected


def test_no_variety_is_the_mean_of_the_class_and_all_of_it_is_the_generator_itself():
    net = sharpened(generator(classes=2, fixed=True))
    shown = TruncatedGenerator(net, torch.nn.Identity())
    code, label = torch.randn(4, 4), torch.tensor([0, 0, 1, 1])
    mean = shown(code, torch.zeros(4), label)
    torch.testing.assert_close(mean[0], mean[1])
    assert not torch.allclose(mean[1], mean[2])
    torch.testing.assert_close(shown(code, torch.ones(4), label), net(code, label), rtol=1e-3, atol=1e-3)


def test_the_class_decides_the_picture_beside_the_code():
    net = sharpened(generator(classes=2, fixed=True))
    one, other = net(torch.ones(2, 4), torch.tensor([0, 1]))
    assert not torch.allclose(one, other)


def test_fixed_noise_is_no_input_and_drawn_noise_is_one():
    spec = pictures((1, 16, 16))
    for grain, known in (("fixed", set()), ("drawn", {"grain"})):
        family = StyleGan2(**SMALL, grain=grain)
        ports = family.graphs(family.build(spec), spec)["generator"].inputs
        assert {port.name for port in ports if port.role == "noise"} == {"noise"} | known


def test_mixed_styles_are_those_of_one_code_and_then_of_the_other():
    net, label = sharpened(generator()), torch.zeros(2, dtype=torch.int64)
    code, other = torch.randn(2, 4), torch.randn(2, 4)
    mixed = net.styles(code, label, other, torch.tensor([1, 3]))
    for item, cut in ((0, 1), (1, 3)):
        torch.testing.assert_close(mixed[item, :cut], net.styles(code, label)[item, :cut])
        torch.testing.assert_close(mixed[item, cut:], net.styles(other, label)[item, cut:])


def test_the_critic_sees_how_much_a_group_differs():
    alike, unlike = torch.ones(1, 2, 4, 4).expand(8, -1, -1, -1), torch.randn(8, 2, 4, 4)
    assert spread(alike).max() < 1e-3 < spread(unlike).min()
    for size in (1, 7, 8):
        assert spread(unlike[:size]).shape == (size, 1, 4, 4)


def test_penalties_come_at_their_intervals():
    family = StyleGan2(**SMALL, path_weight=2.0)
    found = {step: [name for phase in phases(family, step) for name in phase.losses] for step in (0, 1, 8)}
    plain = ["on_real", "on_made", "generator"]
    assert found[1] == plain
    assert found[PATH_EVERY] == [*plain, "path", "path_mean"]
    assert found[0] == ["on_real", "on_made", "r1", "generator", "path", "path_mean"]
    assert R1_EVERY % PATH_EVERY == 0


def test_penalties_are_the_same_under_half_precision():
    family = StyleGan2(**SMALL, path_weight=2.0)
    with torch.autocast("cpu", torch.bfloat16):
        half = {name: loss for phase in phases(family, 0) for name, loss in phase.losses.items()}
    whole = {name: loss for phase in phases(family, 0) for name, loss in phase.losses.items()}
    for name in ("r1", "path"):
        assert half[name].dtype == torch.float32
        torch.testing.assert_close(half[name], whole[name])


def test_the_slopes_of_both_penalties_reach_the_weights():
    family = StyleGan2(**SMALL, path_weight=2.0)
    nets = family.build(pictures((1, 16, 16)))
    sharpened(nets["generator"])
    found = {name: loss for phase in phases(family, 0, nets=nets) for name, loss in phase.losses.items()}
    for name, weight in (
        ("r1", nets["discriminator"].blocks[0].same.weight),
        ("path", nets["generator"].synthesis.convs[0].conv.weight),
    ):
        (slope,) = torch.autograd.grad(found[name].mean(), weight, retain_graph=True)
        assert slope.isfinite().all()
        assert slope.abs().max() > 0


class Evenly:
    """A generator whose one style is the light of every pixel, and which keeps its noise."""

    latent_dim, grain = 4, torch.zeros(1, 1)

    def __init__(self, size_px: int) -> None:
        self.size_px = size_px

    def styles(self, code: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(label), 1, 1, requires_grad=True)

    def synthesis(self, styles: torch.Tensor, grain: torch.Tensor) -> torch.Tensor:
        return styles[..., None].expand(-1, 1, self.size_px, self.size_px)


@pytest.mark.parametrize("size_px", [4, 16])
def test_a_path_is_as_long_whatever_the_size_and_weighs_as_often_as_it_is_left_out(size_px):
    """J^T y sums size_px^2 normal numbers over size_px: a normal number, whose square is 1 on average."""
    family, label = StyleGan2(**SMALL, path_weight=2.0), torch.zeros(4000, dtype=torch.int64)
    nets: Any = {"generator": Evenly(size_px), "path_length": Gauge()}
    losses = family.path_phase(nets, label, SeededStreams("1", 0)).losses
    square = losses["path_mean"].detach() * 2  # of the length, since the mean is 0
    assert square.mean().item() == pytest.approx(1, abs=0.1)
    torch.testing.assert_close(losses["path"].detach(), 2.0 * PATH_EVERY * square)


def test_the_mean_length_of_paths_moves_by_its_share_of_the_way():
    family = StyleGan2(**SMALL, path_weight=2.0)
    nets = family.build(pictures((1, 16, 16)))
    optimizers = family.optimizers(nets)
    last = phases(family, 0, nets=nets)[-1]
    lengths = (last.losses["path_mean"].detach() * 2).sqrt()  # the mean was 0
    last.losses["path_mean"].mean().backward(inputs=list(nets["path_length"].parameters()))
    optimizers["path_length"].step()
    assert nets["path_length"]().item() == pytest.approx(PATH_MEMORY * lengths.mean().item(), rel=1e-5)


def test_a_fine_tuning_goes_on_with_the_critic_of_its_parent(tmp_path):
    family = StyleGan2(**StyleGan2.toy)
    state = training(StyleGan2, tmp_path / "parent", steps=2).run()
    module = family.graphs(state.exported(), StyleGan2.toy_spec)["generator"].module
    parent = {f"generator/{name}": value.clone() for name, value in module.state_dict().items()}
    child = training(StyleGan2, tmp_path / "child", seed="2", parent=parent).state
    for one, other in zip(
        state.nets["discriminator"].parameters(), child.nets["discriminator"].parameters(), strict=True
    ):
        assert torch.equal(one, other)
