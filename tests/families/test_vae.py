"""The VAE: its bound, both networks and likelihoods, both graphs, and what can be done with a code."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from models_store.errors import InvalidInput
from tests.digits_fields import real_digits
from tests.training import Notes
from workers.contracts import Field, Spec
from workers.engine import parity
from workers.engine.device import Compute
from workers.engine.export import export_all
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.sources import Source
from workers.engine.streams import SeededStreams
from workers.families.vae import Vae

NETWORKS = ["convolutional", "fully_connected"]
DIGITS = Spec("image", (Field("image", "continuous", (1, 8, 8)),))


def pictures(shape: tuple[int, ...]) -> Spec:
    return Spec("image", (Field("image", "continuous", shape),))


def small(**said: Any) -> Vae:
    return Vae(**{"latent_dim": 4, "width": 4, "layers": "16, 8"} | said)


def in_torch(family: Vae, nets: Any, spec: Spec) -> Any:
    graphs = family.graphs(nets, spec)

    def call(graph: str, /, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            made = graphs[graph].module(*(inputs[port.name] for port in graphs[graph].inputs))
        made = made if isinstance(made, tuple) else (made,)
        return {port.name: value for port, value in zip(graphs[graph].outputs, made, strict=True)}

    return call


@cache
def trained(folder: Path, network: str, kl_weight: float) -> tuple[Vae, Any]:
    """A VAE of a few hundred steps on real digits, and how to call its averaged networks."""
    family = Vae(network=network, latent_dim=20, width=8, layers="128,64", kl_weight=kl_weight)
    training = Training(
        family=family, loop=LoopParameters(steps=400, batch_size=64, average_decay=0.98), spec=DIGITS,
        sources={"data": Source({"image": real_digits().train.arrays["image"]}, dict)}, seed="3",
        compute=Compute("cpu", "fp32", 1), folder=folder, report=Notes(),
    )  # fmt: skip
    return family, in_torch(family, training.run().exported(), DIGITS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("vae")


@pytest.mark.parametrize("likelihood", ["mse", "bernoulli"])
def test_the_loss_is_the_bound_that_torch_distributions_give(likelihood):
    family = small(likelihood=likelihood, kl_weight=0.7)
    nets = {name: net.eval() for name, net in family.build(DIGITS).items()}
    real = torch.rand(6, 1, 8, 8) * 2 - 1
    (phase,) = family.phases(nets, {"image": real}, SeededStreams("1", 5))
    mean, log_variance = nets["encoder"](real)
    code = Normal(mean, (log_variance / 2).exp())
    kl = kl_divergence(code, Normal(0.0, 1.0)).sum(1)
    made = nets["decoder"](mean + code.stddev * SeededStreams("1", 5).normal("code", 6, 4))
    if likelihood == "mse":
        likely = Normal(made, math.sqrt(0.5)).log_prob(real) + math.log(math.pi) / 2
    else:
        likely = Bernoulli(probs=(made + 1) / 2, validate_args=False).log_prob((real + 1) / 2)
    torch.testing.assert_close(phase.losses["weighted_kl"], 0.7 * kl)
    torch.testing.assert_close(phase.losses["reconstruction"], -likely.flatten(1).sum(1))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 16), (1, 64, 64)])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_picture_becomes_a_code_and_a_picture_again(network, shape):
    family = small(network=network)
    family.check(pictures(shape))
    nets = family.build(pictures(shape))
    mean, log_variance = nets["encoder"](torch.zeros(2, *shape))
    assert mean.shape == log_variance.shape == (2, 4)
    assert nets["decoder"](mean).shape == (2, *shape)


def test_the_dense_network_takes_shapes_that_the_convolutional_one_refuses():
    with pytest.raises(InvalidInput) as refused:
        small().check(pictures((1, 9, 7)))
    assert "fully_connected" in refused.value.detail
    small(network="fully_connected").check(pictures((1, 9, 7)))


def test_both_graphs_of_fully_connected_networks_agree_with_torch(tmp_path):
    family = small(network="fully_connected")
    graphs = family.graphs(family.build(DIGITS), DIGITS)
    export_all(graphs, tmp_path)
    assert parity.gate(graphs, tmp_path, family.tolerance)["max_abs_diff"] <= family.tolerance
    assert set(graphs) == {"decoder", "encoder"}


@pytest.mark.parametrize("network", NETWORKS)
def test_unseen_digits_come_back_nearer_than_from_five_principal_components(network, folder):
    family, call = trained(folder, network, 0.1)
    digits = real_digits()
    real, known = digits.fields["image"], digits.train.arrays["image"].flatten(1)
    axes = torch.linalg.svd(known - known.mean(0), full_matrices=False).Vh[:5]  # (5, 64)
    plain = (real.flatten(1) - known.mean(0)) @ axes.T @ axes + known.mean(0)
    again = family.reconstruct(call, {"image": real})["image"]
    assert (again - real).square().mean() < (plain - real.flatten(1)).square().mean()


def test_samples_are_nearer_to_unseen_digits_than_noise_is(folder):
    family, call = trained(folder, "convolutional", 1.0)
    real = real_digits().fields["image"].flatten(1)
    noise = SeededStreams("9", 0).normal("samples", 200, 20)
    made = family.step(call, {"noise": noise}, None, {"temperature": torch.ones(200)})["image"].flatten(1)
    shuffled = real.flatten()[SeededStreams("9", 0).integers("pixels", 0, real.numel(), 200, 64)]
    assert torch.cdist(made, real).min(1).values.mean() < 0.6 * torch.cdist(shuffled, real).min(1).values.mean()


def test_from_twenty_pictures_of_a_new_digit_a_parent_with_frozen_layers_leads_further_than_nothing(folder):
    seen, unseen = real_digits().train.arrays, real_digits().fields
    known, new, held = seen["condition"] < 7, seen["condition"] == 8, unseen["condition"] == 8
    held_out = {"data": Source({"image": unseen["image"][held]}, dict)}

    def bound(images: torch.Tensor, steps: int, **more: Any) -> tuple[float, dict[str, torch.Tensor]]:
        family = Vae(latent_dim=16, width=4, likelihood="gaussian", lr=more.pop("lr", 2e-3))
        loop = {"steps": steps, "batch_size": 16, "average_decay": 0.95, "freeze": more.pop("freeze", "")}
        training = Training(
            family=family, loop=LoopParameters(**loop), spec=DIGITS, sources={"data": Source({"image": images}, dict)},
            holdout=held_out, seed="3", compute=Compute("cpu", "fp32", 1), folder=folder, report=Notes(), **more,
        )  # fmt: skip
        graphs = family.graphs(training.run().exported(), DIGITS)
        left = {
            f"{name}/{key}": one for name, graph in graphs.items() for key, one in graph.module.state_dict().items()
        }
        return training.scores()["negative_elbo"]["value"], left

    few, freeze = seen["image"][new][:20], "encoder/body.*, decoder/body.[0-3].*"
    before, parent = bound(seen["image"][known], 400)
    after, _ = bound(few, 100, parent=parent, freeze=freeze, lr=3e-4)
    assert after < before
    assert after < bound(few, 100)[0]


def test_more_kl_weight_brings_codes_nearer_to_normal_noise(folder):
    real = {"image": real_digits().fields["image"]}

    def kl(kl_weight: float) -> float:
        code = trained(folder, "convolutional", kl_weight)[1]("encoder", **real)
        return kl_divergence(Normal(code["mean"], (code["log_variance"] / 2).exp()), Normal(0.0, 1.0)).mean().item()

    assert kl(1.0) < kl(0.1)
