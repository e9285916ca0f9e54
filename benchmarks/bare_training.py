"""Training loops as one writes them by hand, the peers of the engine's: no seeds, no averages, no checks, no reports.

They take the networks and optimisers that the families build, and the data already normalised and in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import cross_entropy, softplus
from torch.optim import Optimizer

from workers.engine.device import Compute

Nets = Mapping[str, Module]
Optimizers = Mapping[str, Optimizer]
Step = Callable[[], None]


def move(optimizer: Optimizer, loss: Tensor) -> None:
    """Down the gradient of the loss, for what this optimiser holds."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def dcgan(nets: Nets, optimizers: Optimizers, items: Tensor, classes: Tensor, compute: Compute, batch: int) -> Step:
    """Items (N, C, H, W) and their classes (N,); one logit for each class, real is their log-sum-exp."""
    generator, judge = nets["generator"], nets["discriminator"]

    def step() -> None:
        rows = torch.randint(len(items), (batch,))
        real, labels = compute.put(items[rows]), classes[rows]
        with compute.autocast():
            made = generator(torch.randn(batch, 64))
            on_real, on_made = judge(real).float(), judge(made.detach()).float()
            loss = softplus(-on_real.logsumexp(1)).mean() + softplus(on_made.logsumexp(1)).mean()
            loss = loss + cross_entropy(on_real, labels)
        move(optimizers["discriminator"], loss)
        judge.requires_grad_(False)
        with compute.autocast():
            loss = softplus(-judge(made).float().logsumexp(1)).mean()
        move(optimizers["generator"], loss)
        judge.requires_grad_(True)

    return step


def gan(nets: Nets, optimizers: Optimizers, items: Tensor, classes: Tensor, compute: Compute, batch: int) -> Step:
    """Items (N, C, H, W); the non-saturating loss."""
    generator, judge = nets["generator"], nets["discriminator"]

    def step() -> None:
        real = compute.put(items[torch.randint(len(items), (batch,))])
        with compute.autocast():
            made = generator(torch.randn(batch, 100))
            loss = softplus(-judge(real).float()).mean() + softplus(judge(made.detach()).float()).mean()
        move(optimizers["discriminator"], loss)
        judge.requires_grad_(False)
        with compute.autocast():
            loss = softplus(-judge(made).float()).mean()
        move(optimizers["generator"], loss)
        judge.requires_grad_(True)

    return step


def vae(nets: Nets, optimizers: Optimizers, items: Tensor, classes: Tensor, compute: Compute, batch: int) -> Step:
    """Items (N, C, H, W); squared error and KL."""
    encoder, decoder = nets["encoder"], nets["decoder"]

    def step() -> None:
        real = compute.put(items[torch.randint(len(items), (batch,))])
        with compute.autocast():
            mean, log_variance = (said.float() for said in encoder(real))
            made = decoder(mean + (log_variance / 2).exp() * torch.randn_like(mean)).float()
            kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
            loss = ((made - real).square().flatten(1).sum(1) + kl).mean()
        for optimizer in optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        for optimizer in optimizers.values():
            optimizer.step()

    return step


LOOPS = {"dcgan": dcgan, "gan": gan, "vae": vae}
