"""One side of a comparison of trainers, in a process of its own.

`python -m benchmarks.trainer_sides NAME PRECISION`: NAME is a key of `SIDES`. For each line of standard input it goes
on by one run, and prints the CPU seconds of this process that the run took.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
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
from workers.contracts import Field, Fields, Nets, Phase, Spec, Streams
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters, split
from workers.engine.reports import Unheard
from workers.engine.sources import Source
from workers.plugins import plugin

ITEMS, UNET_PX, VAE_PX = 512, 64, 32
UNET_BATCH, VAE_BATCH = 16, 64
EPOCH = ITEMS // VAE_BATCH  # steps of one run of a VAE
ENDLESS = 1_000_000
HEARD = ("on_train_step_begin", "on_train_step_end")  # its progress bar is left out, as ours is


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


def drawn(channels: int, size_px: int) -> Tensor:
    """Pictures as a data set keeps them, uint8 (ITEMS, channels, size_px, size_px); any will do."""
    draws = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (ITEMS, channels, size_px, size_px), generator=draws, dtype=torch.uint8)


def spec_of(images: Tensor) -> Spec:
    """What a family is told of them."""
    return Spec("image", (Field("image", "continuous", tuple(images.shape[1:])),))


def training(family: Any, images: Tensor, precision: str, batch_size: int, folder: Path) -> Training:
    """The engine's, on one thread."""
    loop = LoopParameters(batch_size=batch_size, steps=ENDLESS, average_decay=0.995)
    source = Source({"image": images}, plugin("modality", "image")(size=images.shape[-1]).encode)
    return Training(
        family=family, loop=loop, spec=spec_of(images), sources={"data": source}, seed="1",
        compute=Compute.choose("cpu", precision, 1), folder=folder, report=Unheard(),
    )  # fmt: skip


def diffusion() -> Any:
    """lucidrains' diffusion around its U-Net of 9.2 M parameters; the same weights each time."""
    from denoising_diffusion_pytorch.denoising_diffusion_pytorch import GaussianDiffusion, Unet

    torch.manual_seed(0)
    return GaussianDiffusion(Unet(dim=32, dim_mults=(1, 2, 4, 8)), image_size=UNET_PX)


def our_unet(folder: Path, precision: str) -> Callable[[], None]:
    """A step of our loop."""
    theirs = diffusion()
    return training(SameUNet(theirs.model, theirs), drawn(3, UNET_PX), precision, UNET_BATCH, folder).step


def lucidrains(folder: Path, precision: str) -> Callable[[], None]:
    """A step of their trainer, from PNG files."""
    from denoising_diffusion_pytorch.denoising_diffusion_pytorch import Trainer

    pictures = folder / "pictures"
    pictures.mkdir()
    for number, picture in enumerate(drawn(3, UNET_PX).permute(0, 2, 3, 1).numpy()):
        Image.fromarray(picture).save(pictures / f"{number:04}.png")
    trainer = Trainer(
        diffusion(), str(pictures), train_batch_size=UNET_BATCH, train_num_steps=0, save_and_sample_every=ENDLESS,
        amp=precision == "bf16", mixed_precision_type="bf16", calculate_fid=False,
        results_folder=str(folder / "results"),
    )  # fmt: skip

    def step() -> None:
        trainer.train_num_steps += 1
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # its progress
            trainer.train()

    return step


def our_vae(folder: Path, precision: str) -> Callable[[], None]:
    """An epoch of our loop over our fully connected networks."""
    family, _ = split(plugin("family", "vae"), FULLY_CONNECTED)
    own = training(family, drawn(1, VAE_PX), precision, VAE_BATCH, folder)

    def epoch() -> None:
        for _ in range(EPOCH):
            own.step()

    return epoch


FULLY_CONNECTED = {"network": "fully_connected", "layers": "512"}


def pythae(folder: Path, precision: str) -> Callable[[], None]:
    """An epoch of their trainer over the same networks; it knows 32 bit alone."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    logging.disable(logging.WARNING)  # it says much as it begins
    family, _ = split(plugin("family", "vae"), FULLY_CONNECTED)
    images = drawn(1, VAE_PX)
    nets = family.build(spec_of(images))

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
    return lambda: trainer.train_step(1)


SIDES = {"our U-Net": our_unet, "lucidrains": lucidrains, "our VAE": our_vae, "pythae": pythae}


def main(name: str, precision: str) -> None:
    """Until standard input ends."""
    peers.reachable()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        run = SIDES[name](Path(folder), precision)
        for _ in sys.stdin:
            began = time.process_time()
            run()
            print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
