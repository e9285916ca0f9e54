"""Training: the engine's loop beside trainers that people use, on the same network objects and batches.

lucidrains' denoising-diffusion-pytorch: its U-Net of 9.2 M parameters, 64 px in colour, batches of 16, v at a random
time, Adam, an average of the weights. As shipped: its defaults (32 bit, PNG files through worker processes, whose time
is not counted) beside ours as chosen by hardware (bf16 and channels-last where the processor has AMX). At equal
precision both compute in bf16. pythae: our VAE's fully connected networks, as its own are, in its trainer with its
defaults (32 bit), beside ours as chosen and in 32 bit; it knows no bf16 on a CPU, and keeps no average of the weights,
which ours does. 32 px grey, batches of 64.
One thread, CPU time of the process that trains.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import Module
from torch.optim import Adam

from benchmarks import peers
from benchmarks.timing import Figure, alternating, compared
from workers.contracts import Field, Fields, Nets, Phase, Spec, Streams
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters, split
from workers.engine.reports import Unheard
from workers.engine.sources import Source
from workers.plugins import plugin

ITEMS, UNET_PX, VAE_PX = 512, 64, 32
UNET_BATCH, VAE_BATCH = 16, 64
ENDLESS = 1_000_000
AS_SHIPPED, EQUAL = 1.6, 1.25  # the bars
UNIT = "ms CPU a step"


class SameUNet:
    """A family around the very object that the other trainer has; v prediction, as it is trained there."""

    def __init__(self, net: Module, diffusion: Any) -> None:
        self.net, self.diffusion, self.averaged = net, diffusion, ("unet",)

    def build(self, spec: Spec) -> dict[str, Module]:
        return {"unet": self.net}

    def optimizers(self, nets: Nets) -> dict[str, Adam]:
        return {"unet": Adam(nets["unet"].parameters(), 1e-4, betas=(0.9, 0.99), fused=True)}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        real = batch["image"]  # (B, C, H, W)
        t = rng.integers("t", 0, self.diffusion.num_timesteps, len(real))
        noise = rng.normal("noise", *real.shape)
        share = self.diffusion.alphas_cumprod[t][:, None, None, None]
        says = nets["unet"](share.sqrt() * real + (1 - share).sqrt() * noise, t, None).float()
        error = (says - share.sqrt() * noise + (1 - share).sqrt() * real).square().flatten(1).mean(1)
        yield Phase(("unet",), {"denoising": self.diffusion.loss_weight[t] * error})


def measure(pairs: int) -> dict[str, Figure]:
    """Four comparisons; the trainers come from var/peers."""
    peers.reachable()
    logging.getLogger("pythae").setLevel(logging.ERROR)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, precision, amp, bar in (
            ("as shipped", "auto", False, AS_SHIPPED),
            ("both bf16", "bf16", True, EQUAL),
        ):
            ours, theirs = diffusion_pair(place, precision, amp=amp)
            taken = alternating(ours, theirs, pairs=pairs)
            found[f"U-Net, {name}"] = compared(
                taken, per=1, unit=UNIT, against="denoising-diffusion-pytorch", at_least=bar
            )
        for name, precision, bar in (("as shipped", "auto", AS_SHIPPED), ("both 32 bit", "fp32", EQUAL)):
            ours, theirs = vae_pair(place, precision)
            taken = alternating(ours, theirs, pairs=pairs)
            found[f"VAE, {name}"] = compared(taken, per=ITEMS // VAE_BATCH, unit=UNIT, against="pythae", at_least=bar)
    return found


def drawn(channels: int, size_px: int) -> Tensor:
    """Pictures as a data set keeps them, uint8 (ITEMS, channels, size_px, size_px); any will do."""
    draws = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (ITEMS, channels, size_px, size_px), generator=draws, dtype=torch.uint8)


def training(family: Any, images: Tensor, precision: str, batch_size: int, folder: Path) -> Training:
    """The engine's, on one thread."""
    loop = LoopParameters(batch_size=batch_size, steps=ENDLESS, average_decay=0.995)
    source = Source({"image": images}, plugin("modality", "image")(size=images.shape[-1]).encode)
    spec = Spec("image", (Field("image", "continuous", tuple(images.shape[1:])),))
    return Training(
        family=family, loop=loop, spec=spec, sources={"data": source}, seed="1",
        compute=Compute.choose("cpu", precision, 1), folder=folder, report=Unheard(),
    )  # fmt: skip


def diffusion_pair(folder: Path, precision: str, *, amp: bool) -> tuple[Callable[[], None], Callable[[], None]]:
    """Our loop and their trainer, each on a U-Net of its own that began alike."""
    from accelerate.state import AcceleratorState
    from denoising_diffusion_pytorch.denoising_diffusion_pytorch import GaussianDiffusion, Trainer, Unet

    pictures = folder / "pictures"
    if not pictures.exists():
        pictures.mkdir()
        for number, picture in enumerate(drawn(3, UNET_PX).permute(0, 2, 3, 1).numpy()):
            Image.fromarray(picture).save(pictures / f"{number:04}.png")
    torch.manual_seed(0)
    diffusions = []
    for _ in range(2):
        torch.manual_seed(0)
        diffusions.append(GaussianDiffusion(Unet(dim=32, dim_mults=(1, 2, 4, 8)), image_size=UNET_PX))
    mine, other = diffusions
    own = training(SameUNet(mine.model, mine), drawn(3, UNET_PX), precision, UNET_BATCH, folder)
    AcceleratorState._reset_state(reset_partial_state=True)  # one precision a process, else
    trainer = Trainer(
        other, str(pictures), train_batch_size=UNET_BATCH, train_num_steps=0, save_and_sample_every=ENDLESS, amp=amp,
        mixed_precision_type="bf16", calculate_fid=False, results_folder=str(folder / "results"),
    )  # fmt: skip

    def theirs() -> None:
        trainer.train_num_steps += 1
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # its progress
            trainer.train()

    return own.step, theirs


def vae_pair(folder: Path, precision: str) -> tuple[Callable[[], None], Callable[[], None]]:
    """An epoch of our loop and of their trainer, on the networks of our VAE."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    family, _ = split(plugin("family", "vae"), {"network": "fully_connected", "layers": "512"})
    images = drawn(1, VAE_PX)
    own = training(family, images, precision, VAE_BATCH, folder)
    nets = family.build(own.spec)

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.net = nets["encoder"]

        def forward(self, x: Tensor) -> Any:
            mean, log_variance = self.net(x)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.net = nets["decoder"]

        def forward(self, z: Tensor) -> Any:
            return ModelOutput(reconstruction=self.net(z))

    config = VAEConfig(input_dim=tuple(images.shape[1:]), latent_dim=family.latent_dim)
    data = BaseDataset(images.float().div(127.5).sub(1), torch.zeros(ITEMS))
    said = BaseTrainerConfig(
        output_dir=str(folder / "pythae"), num_epochs=1, per_device_train_batch_size=VAE_BATCH, no_cuda=True
    )
    trainer = BaseTrainer(VAE(config, Encoder(), Decoder()), train_dataset=data, training_config=said)
    trainer.prepare_training()
    trainer.callback_handler = SimpleNamespace(**dict.fromkeys(HEARD, lambda *said, **more: None))

    def ours() -> None:
        for _ in range(ITEMS // VAE_BATCH):
            own.step()

    return ours, lambda: trainer.train_step(1)


HEARD = ("on_train_step_begin", "on_train_step_end")  # its progress bar is left out, as ours is
