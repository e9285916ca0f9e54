"""What diffusion and flow matching share: the U-Net, what it is told of classes, guidance; and what each learns."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models_store.errors import InvalidInput
from tests.training import drawn_data
from workers.contracts import Field, Fields, Spec
from workers.engine.streams import SeededStreams
from workers.families import denoising
from workers.families.ddpm import Ddpm
from workers.families.flow_matching import FlowMatching
from workers.families.noise_schedules import TIMESTEPS, kept
from workers.nets.low_rank import LowRank
from workers.nets.unet import UNet

FAMILIES = [Ddpm, FlowMatching]
CLASSES = Field("condition", "condition", (), 2, ("one", "two"))
SMALL = {"width": 4, "stages": 2, "blocks": 1, "attention_px": 4}


def spec(*shape: int, classes: bool = True) -> Spec:
    picture = Field("image", "continuous", shape)
    return Spec("image", (picture, CLASSES) if classes else (picture,))


def woken(net: nn.Module) -> nn.Module:
    """A network whose fresh zeros are small numbers, so that something comes out."""
    draws = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(torch.randn(weight.shape, generator=draws) * 0.05)
    return net.eval()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 24), (4, 10, 10)])
def test_pictures_of_any_even_size_and_of_one_three_or_four_channels_are_learned(family, shape):
    made, data = family(**SMALL), spec(*shape)
    made.check(data)
    (phase,) = made.phases(made.build(data), drawn_data(data, 3), SeededStreams("1", 0))
    assert all(loss.shape == (3,) for loss in phase.losses.values())


@pytest.mark.parametrize("shape", [(2, 16, 16), (1, 6, 6), (1, 15, 16)])
def test_other_pictures_are_refused_with_what_would_fit(shape):
    with pytest.raises(InvalidInput) as refused:
        Ddpm().check(spec(*shape))
    assert "channels" in refused.value.as_dict()["expected"]


@pytest.mark.parametrize("family", FAMILIES)
def test_data_without_classes_are_learned_too(family):
    made, data = family(**SMALL), spec(1, 8, 8, classes=False)
    (phase,) = made.phases(made.build(data), drawn_data(data, 3), SeededStreams("1", 0))
    assert all(loss.isfinite().all() for loss in phase.losses.values())


def test_without_use_of_classes_there_is_no_port_for_them():
    made = Ddpm(**SMALL, use_classes=False)
    graph = made.graphs(made.build(spec(1, 8, 8)), spec(1, 8, 8))["denoiser"]
    assert [port.name for port in graph.inputs] == ["image", "t"]


def test_classes_are_hidden_as_often_as_asked_and_never_where_it_is_scored():
    batch = {"image": torch.zeros(4000, 1, 1, 1), "condition": torch.arange(4000) % 2}
    (told,) = denoising.labels(Ddpm(class_dropout=0.25), batch, SeededStreams("1", 0))
    assert (told == denoising.UNKNOWN).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert torch.equal(denoising.labels(Ddpm(), batch)[0], batch["condition"] + denoising.FIRST)


def test_a_fresh_network_says_nothing():
    net = UNet(3, 9, width=8, stages=2, blocks=1, attention_px=5)
    assert not net(torch.ones(2, 3, 9, 9), torch.tensor([0, 999])).any()


def test_the_network_hears_time_and_class():
    net = woken(UNet(1, 8, width=8, stages=2, blocks=1, attention_px=4, classes=2))
    x = torch.zeros(3, 1, 8, 8)
    said = net(x, torch.tensor([5, 5, 900]), torch.tensor([1, 2, 1]))
    assert not torch.allclose(said[0], said[1])
    assert not torch.allclose(said[0], said[2])


def caller(count: list[int]) -> Any:
    """A network that says its class number everywhere, and counts how often it is asked."""

    def call(graph: str, /, image: Tensor, t: Tensor, label: Tensor) -> Fields:
        count.append(len(image))
        return {"v": label[:, None, None, None].float().expand_as(image)}

    return call


def led(*scales: float) -> tuple[Tensor, int]:
    """What two classes' pictures are told under these scales, and in how many calls."""
    count: list[int] = []
    cond = {"label": torch.arange(len(scales)), "guidance_scale": torch.tensor(scales)}
    x = {"image": torch.zeros(len(scales), 1, 2, 2)}
    said = denoising.guided(Ddpm(), caller(count), x, torch.zeros(len(scales)).long(), cond, "v")
    return said[:, 0, 0, 0], len(count)


def test_guidance_goes_from_what_is_said_without_a_class_past_what_is_said_with_it():
    said, calls = led(0.0, 1.0, 2.0)
    assert said.tolist() == [0.0, 2.0, 6.0]
    assert calls == 2


def test_without_guidance_the_network_is_asked_once():
    said, calls = led(1.0, 1.0)
    assert (said.tolist(), calls) == ([1.0, 2.0], 1)


class Says(nn.Module):
    """A network that says the same of all."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor, t: Tensor, *label: Tensor) -> Tensor:
        return self.value


def nets(value: Tensor) -> dict[str, nn.Module]:
    return {denoising.NETWORK: (net := Says(value)), denoising.ADAPTERS: LowRank(net, (), 0)}


def drawn(name: str, *shape: int) -> Tensor:
    return SeededStreams("1", 0).normal(name, *shape)


def test_a_network_that_says_the_velocity_has_no_error():
    real = drawn("picture", 4, 1, 4, 4)
    error = FlowMatching().error(nets(real - drawn("noise", *real.shape)), real, SeededStreams("1", 0), ())
    assert error.max().item() < 1e-10


@pytest.mark.parametrize("prediction", ["v", "epsilon"])
def test_a_network_that_says_what_was_mixed_has_no_error(prediction):
    real, noise = (drawn(name, 4, 1, 4, 4) for name in ("picture", "noise"))
    share = kept("cosine")[SeededStreams("1", 0).integers("t", 0, TIMESTEPS, 4)].float()[:, None, None, None]
    target = noise if prediction == "epsilon" else share.sqrt() * noise - (1 - share).sqrt() * real
    error, _ = Ddpm(prediction=prediction).error(nets(target), real, SeededStreams("1", 0), ())
    assert error.max().item() < 1e-9


def test_what_counts_is_the_same_whether_noise_or_v_is_learned():
    """An error of the picture e is one of alpha / sigma e in the noise and of e / sigma in v (Hang et al. 2023)."""
    said = {}
    for prediction in ("v", "epsilon"):
        family = Ddpm(prediction=prediction, min_snr=5.0)
        said[prediction] = family.error(nets(torch.zeros(64, 1, 2, 2)), torch.zeros(64, 1, 2, 2),
                                        SeededStreams("1", 0), ())[1]  # fmt: skip
    share = kept("cosine")[SeededStreams("1", 0).integers("t", 0, TIMESTEPS, 64)]
    snr = share / (1 - share)
    of_picture = {"v": said["v"] / (1 - share), "epsilon": said["epsilon"] * snr}
    torch.testing.assert_close(of_picture["v"], of_picture["epsilon"], rtol=1e-3, atol=1e-9)
    assert of_picture["v"].max().item() <= 5.0 + 1e-4


@pytest.mark.parametrize("times", ["uniform", "logit_normal"])
def test_times_lie_on_the_way_around_its_middle(times):
    drawn_times = FlowMatching(times=times).places(SeededStreams("1", 0), 4000).float() / TIMESTEPS
    assert 0 <= drawn_times.min().item() < drawn_times.max().item() < 1
    assert drawn_times.mean().item() == pytest.approx(0.5, abs=0.02)
    assert drawn_times.std().item() == pytest.approx({"uniform": 0.289, "logit_normal": 0.208}[times], abs=0.02)
