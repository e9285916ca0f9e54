"""cGAN: which pictures it takes, that a class is learned by either way of telling it, and data without classes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models_store.errors import InvalidInput
from tests.training import Notes
from workers.contracts import Field, Spec
from workers.engine.bundle import session
from workers.engine.device import Compute
from workers.engine.export import export
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.runners import in_torch
from workers.engine.sources import Source
from workers.engine.streams import SeededStreams
from workers.families.adversarial import LOSSES
from workers.families.cgan import R1_EVERY, Cgan

CLASSES = ("dark", "light")


def pictures(shape: tuple[int, ...], classes: tuple[str, ...] = CLASSES) -> Spec:
    condition = (Field("condition", "condition", (), len(classes), classes),) if classes else ()
    return Spec("image", (Field("image", "continuous", shape), *condition))


def small(**said: object) -> Cgan:
    return Cgan(**{"width": 4, "latent_dim": 8} | said)


@pytest.mark.parametrize("network", ["plain", "residual"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (4, 128, 128)])
def test_pictures_of_each_size_are_made_and_judged(shape, network):
    family = small(network=network)
    family.check(pictures(shape))
    nets, label = family.build(pictures(shape)), torch.tensor([0, 1])
    made = nets["generator"](torch.zeros(2, 8), label)
    assert made.shape == (2, *shape)
    assert nets["discriminator"](made, label).shape == (2,)


@pytest.mark.parametrize("shape", [(1, 24, 24), (2, 32, 32), (1, 32, 64), (1, 512, 512), (32,)])
def test_other_shapes_are_refused_with_what_would_do(shape):
    with pytest.raises(InvalidInput) as refused:
        small().check(pictures(shape))
    assert "8, 16, 32, 64, 128, 256" in refused.value.expected
    assert refused.value.got[0]["shape"] == list(shape)


def trained(family: Cgan, folder: Path, steps: int) -> torch.nn.Module:
    """The averaged generator after pictures that are -0.7 in one class and 0.7 in the other."""
    label = torch.arange(64) % 2
    image = (label * 1.4 - 0.7)[:, None, None, None].expand(-1, 1, 8, 8).contiguous()
    source = Source({"image": image, "condition": label}, dict)
    loop = LoopParameters(steps=steps, batch_size=16, average_decay=0.9, precision="fp32")
    state = Training(
        family=family, loop=loop, spec=pictures((1, 8, 8)), sources={"data": source}, seed="3",
        compute=Compute("cpu", "fp32", 1), folder=folder, report=Notes(),
    ).run()  # fmt: skip
    return state.exported()["generator"]


@pytest.mark.parametrize("conditioning", ["projection", "concatenation"])
def test_the_class_that_is_asked_for_is_made(conditioning, tmp_path):
    quick = small(conditioning=conditioning, diff_augment="none", generator_lr=5e-3, discriminator_lr=1e-2)
    net = trained(quick, tmp_path, steps=150)
    noise = torch.randn(32, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        dark, light = (net(noise, torch.full((32,), place)).mean((1, 2, 3)) for place in (0, 1))
    assert (dark < 0).all()
    assert (light > 0).all()


def test_data_without_classes_are_learned_and_exported_as_one_class(tmp_path):
    spec, family = pictures((1, 8, 8), ()), small()
    nets = family.build(spec)
    for phase in family.phases(nets, {"image": torch.zeros(4, 1, 8, 8)}, SeededStreams("1", 0)):
        assert all(loss.shape == (4,) for loss in phase.losses.values())
    graph = family.graphs(nets, spec)["generator"]
    export(graph, tmp_path / "generator.onnx")
    fed = {"noise": torch.zeros(3, 8), "label": torch.zeros(3, dtype=torch.int64)}
    made = session(tmp_path / "generator.onnx", "cpu", 1).run(
        None, {name: value.numpy() for name, value in fed.items()}
    )
    assert made[0].shape == (3, 1, 8, 8)


def test_a_sample_amid_a_training_leaves_the_discriminator_as_it_was():
    family, spec = small(), pictures((1, 8, 8))
    nets = family.build(spec)
    nets["generator"].eval()  # as an average is
    before = {name: value.clone() for name, value in nets["discriminator"].state_dict().items()}
    in_torch(family.graphs(nets, spec))("generator", noise=torch.zeros(2, 8), label=torch.tensor([0, 1]))
    assert nets["discriminator"].training
    assert all(torch.equal(value, before[name]) for name, value in nets["discriminator"].state_dict().items())


class Sum(torch.nn.Module):
    """A discriminator with a slope of 1 at each of 64 pixels."""

    def forward(self, image: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return image.flatten(1).sum(1)


def test_the_penalty_is_due_every_so_many_steps_and_weighs_as_many_times():
    family = small(r1_weight=0.1)
    nets = family.build(pictures((1, 8, 8))) | {"discriminator": Sum()}
    batch = {"image": torch.zeros(4, 1, 8, 8), "condition": torch.tensor([0, 1, 0, 1])}
    losses = [next(family.phases(nets, batch, SeededStreams(1, step))).losses for step in range(2 * R1_EVERY)]
    due = {step: said["r1"] for step, said in enumerate(losses) if "r1" in said}
    assert list(due) == [0, R1_EVERY]
    torch.testing.assert_close(due[0], torch.full((4,), 0.1 / 2 * 64 * R1_EVERY))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_better_verdict_costs_less(loss):
    verdicts = torch.linspace(-3, 0.9, 9)
    for_real, for_generator = LOSSES[loss]
    assert (for_real(verdicts).diff() < 0).all()
    assert (for_generator(verdicts).diff() < 0).all()


def test_hinge_asks_no_more_of_a_verdict_that_is_sure():
    for_real, _ = LOSSES["hinge"]
    assert for_real(torch.tensor([1.0, 5.0])).tolist() == [0, 0]
