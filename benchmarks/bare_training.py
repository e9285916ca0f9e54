"""Training loops as one writes them by hand, the peers of the engine's: no seeds, no checks, no reports.

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


def ddpm(nets: Nets, optimizers: Optimizers, items: Tensor, classes: Tensor, compute: Compute, batch: int) -> Step:
    """Items (N, C, H, W) and their classes (N,), told nine times in ten; v at a random time of the cosine schedule."""
    net, optimizer = nets["denoiser"], optimizers["denoiser"]
    angles = ((torch.arange(1001) / 1000 + 0.008) / 1.008 * torch.pi / 2).cos().square()
    kept = (1 - (1 - angles[1:] / angles[:-1]).clamp_max(0.999)).cumprod(0)  # (1000,)
    weight = (kept / (1 - kept)).clamp_max(5) * (1 - kept)  # (1000,)

    def step() -> None:
        rows, t = torch.randint(len(items), (batch,)), torch.randint(1000, (batch,))
        real = compute.put(items[rows])
        labels = torch.where(torch.rand(batch) < 0.1, 0, classes[rows] + 1)
        noise, share = torch.randn_like(real), kept[t][:, None, None, None]
        with compute.autocast():
            says = net(share.sqrt() * real + (1 - share).sqrt() * noise, t, labels).float()
            error = (says - share.sqrt() * noise + (1 - share).sqrt() * real).square().flatten(1).mean(1)
            loss = (weight[t] * error).mean()
        move(optimizer, loss)

    return step


LOOPS = {"dcgan": dcgan, "ddpm": ddpm, "gan": gan, "vae": vae}
