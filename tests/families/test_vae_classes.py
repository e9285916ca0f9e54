"""The VAE with classes, with a weight of the KL term that grows, and what may be chosen when it is sampled."""

from __future__ import annotations

import pytest
import torch

from tests.training import Notes
from workers.contracts import Field, Spec
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.runners import of_networks
from workers.engine.sources import Source
from workers.engine.streams import SeededStreams, generator
from workers.engine.wishes import plain
from workers.families.kl_schedules import factor
from workers.families.vae import UNKNOWN, Vae, VaeControls

IMAGE = Field("image", "continuous", (1, 8, 8))
SPEC = Spec("image", (IMAGE, Field("condition", "condition", (), 2, ("dark", "light"))))
NO_CLASSES = Spec("image", (IMAGE,))


def small(**said) -> Vae:
    return Vae(**{"latent_dim": 4, "network": "fully_connected", "layers": "16"} | said)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A sampler of a VAE that was told dark pictures from light ones."""
    drawn = torch.Generator().manual_seed(5)
    label = torch.randint(0, 2, (256,), generator=drawn)
    image = (label * 1.2 - 0.6)[:, None, None, None] + 0.1 * torch.randn(256, 1, 8, 8, generator=drawn)
    family = small(use_classes=True, likelihood="gaussian", lr=1e-2)
    training = Training(
        family=family, loop=LoopParameters(steps=150, batch_size=32, average_decay=0.9), spec=SPEC, seed="1",
        sources={"data": Source({"image": image, "condition": label}, dict)}, compute=Compute("cpu", "fp32", 1),
        folder=tmp_path_factory.mktemp("classes"), report=Notes(),
    )  # fmt: skip
    graphs = family.graphs(training.run().exported(), SPEC)
    return of_networks(family, graphs, SPEC, None)


@pytest.mark.parametrize(("label", "sign"), [("dark", -1), ("light", 1)])
def test_a_class_that_is_chosen_is_what_is_made(told, label, sign):
    made = told.fields(plain("1", range(16), VaeControls(label=label)))["image"]
    assert (made.mean((1, 2, 3)) * sign > 0.3).all()


def test_of_a_picture_whose_class_nobody_says_the_class_is_seen(told):
    real = torch.stack([torch.full((1, 8, 8), -0.6), torch.full((1, 8, 8), 0.6)])
    again = told.family.reconstruct(told.call, {"image": real})["image"].mean((1, 2, 3))
    assert again[0] < -0.2 < 0.2 < again[1]


def test_an_open_class_is_drawn_from_both(told):
    made = told.fields(plain("1", range(32), VaeControls()))["image"].mean((1, 2, 3))
    assert 0 < (made > 0).sum() < 32


def test_a_temperature_of_nothing_makes_the_same_picture_each_time_and_one_changes_no_bit(told):
    def made(temperature: float) -> torch.Tensor:
        return told.fields(plain("1", range(3), VaeControls(label="dark", temperature=temperature)))["image"]

    cold, noise = (
        made(0.0),
        torch.stack([torch.randn(4, generator=generator("1", place, "noise")) for place in range(3)]),
    )
    assert torch.equal(cold, cold[:1].expand_as(cold))
    direct = told.call("decoder", noise=noise, label=torch.full((3,), 1))["image"]
    assert torch.equal(made(1.0), direct)


@pytest.mark.parametrize("likelihood", ["gaussian", "logistic"])
def test_with_classes_it_also_learns_data_that_have_none(likelihood):
    family = small(use_classes=True, likelihood=likelihood)
    nets = family.build(NO_CLASSES)
    (phase,) = family.phases(nets, {"image": torch.zeros(5, 1, 8, 8)}, SeededStreams("1", 0))
    assert all(loss.shape == (5,) and loss.isfinite().all() for loss in phase.losses.values())


def test_a_share_of_the_items_is_learned_without_their_class():
    batch = {"image": torch.zeros(1000, 1, 8, 8), "condition": torch.ones(1000, dtype=torch.int64)}
    (label,) = small(use_classes=True).labels(batch, SeededStreams("1", 0))
    assert 60 < (label == UNKNOWN).sum() < 150
    (label,) = small(use_classes=True).labels(batch)
    assert (label == 2).all()


def test_parameters_from_before_there_were_classes_make_the_networks_that_they_made():
    old = {"network": "fully_connected", "latent_dim": 4, "kl_weight": 1.0, "likelihood": "mse", "width": 16}
    nets = Vae(**old, layers="16", lr=2e-3).build(SPEC)
    assert set(nets["decoder"].state_dict()) == {f"body.{at}.{kind}" for at in (0, 2) for kind in ("weight", "bias")}
    assert "classes.weight" not in nets["encoder"].state_dict()


def kl(step: int, **said) -> float:
    family = small(**said)
    torch.manual_seed(1)
    nets = family.build(NO_CLASSES)
    (phase,) = family.phases(nets, {"image": torch.ones(4, 1, 8, 8)}, SeededStreams("1", step))
    return phase.losses["weighted_kl"].mean().item()


def test_while_it_warms_up_the_kl_term_grows_with_the_steps():
    whole = kl(0)
    found = [kl(step, kl_schedule="warm_up", kl_schedule_steps=10) for step in (0, 5, 10, 99)]
    assert found == pytest.approx([0, whole / 2, whole, whole])


def test_a_cycle_grows_in_its_first_half_and_begins_again():
    assert [factor("cyclical", step, 8) for step in (0, 2, 4, 7, 8, 10)] == [0, 0.5, 1, 1, 0, 0.5]


def test_free_nats_are_the_least_that_each_number_of_a_code_costs():
    assert kl(0, free_bits=9.0) == pytest.approx(4 * 9.0)
    assert kl(0, free_bits=0.0) < kl(0, free_bits=0.1) < kl(0, free_bits=9.0)
