"""Pictures and texts to be marked: made by our own families, trained here for a minute or two, and real ones."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images

from benchmarks.marks.damage import points
from workers.contracts import Field, Nets, Spec
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import split
from workers.engine.reports import Reports
from workers.engine.runners import Sampler, of_networks
from workers.engine.sampler import BATCH
from workers.engine.sources import Source
from workers.engine.wishes import plain
from workers.marks.green_list import GreenList
from workers.modalities.builtin_images import builtin, builtin_pictures
from workers.plugins import plugin

ENGLISH = Path(__file__).parents[3] / "shared" / "data" / "text_en" / "tinyshakespeare.txt"
DIGITS_USED = 2000
FAMILIES = {32: ("dcgan", 200), 64: ("vae", 150), 128: ("vae", 60)}  # size (px) -> family, steps
CHARACTERS, LSTM = 256, {"width": 128, "steps": 250}
PHOTO_STRIDE_PX = 24


@cache
def digits(size_px: int) -> NDArray[np.uint8]:
    """Handwritten digits (N, H, W, 1), enlarged to a size."""
    pictures = [one.image for one, _ in zip(builtin_pictures(builtin("mnist5k")), range(DIGITS_USED), strict=False)]
    sized = [one.resize((size_px, size_px), Image.Resampling.BICUBIC) for one in pictures]
    return np.stack([np.asarray(one) for one in sized])[..., None]


@cache
def photographs(size_px: int, count: int) -> list[NDArray[np.uint8]]:
    """Windows (H, W, 3) of the two photographs that come with scikit-learn, spread evenly over both."""
    found = []
    for photograph in load_sample_images().images:
        height, width = photograph.shape[:2]
        for top in range(0, height - size_px + 1, PHOTO_STRIDE_PX):
            for left in range(0, width - size_px + 1, PHOTO_STRIDE_PX):
                found.append(photograph[top : top + size_px, left : left + size_px])
    places = np.linspace(0, len(found) - 1, min(count, len(found))).round().astype(int)
    return [np.ascontiguousarray(found[place]) for place in places]


@cache
def picture_model(size_px: int) -> Sampler:
    """A family trained on digits of that size for a little while: what it makes is our own."""
    name, steps = FAMILIES[size_px]
    images = torch.from_numpy(np.ascontiguousarray(digits(size_px).transpose(0, 3, 1, 2)))
    modality = plugin("modality", "image")(size=size_px)
    spec = Spec("image", (Field("image", "continuous", (1, size_px, size_px)),))
    return _trained(name, {"steps": steps, "batch_size": 32}, spec, {"image": images}, modality)[0]


@cache
def text_model() -> tuple[Sampler, Nets]:
    """The family lstm after a little while on English plays, and its networks."""
    told = ENGLISH.read_text(encoding="utf-8")
    alphabet = ("", *sorted(set(told)))
    number = {letter: place for place, letter in enumerate(alphabet)}
    tokens = torch.tensor([number[letter] for letter in told])
    whole = len(tokens) // CHARACTERS
    kept = {
        "text": tokens[: whole * CHARACTERS].view(whole, CHARACTERS),
        "length": torch.full((whole,), CHARACTERS, dtype=torch.int64),
    }
    size = len(alphabet)
    spec = Spec("text", (Field("text", "token", (CHARACTERS,), size, alphabet), Field("length", "length")))
    return _trained("lstm", LSTM, spec, kept, plugin("modality", "text")())


def _trained(
    name: str, said: dict[str, Any], spec: Spec, kept: dict[str, torch.Tensor], modality: Any
) -> tuple[Sampler, Nets]:
    family, loop = split(plugin("family", name), said)
    with tempfile.TemporaryDirectory() as folder:
        training = Training(
            family=family, loop=loop, spec=spec, sources={"data": Source(kept, modality.encode)}, seed="7",
            compute=Compute.choose("cpu", "auto", 2), folder=Path(folder), report=Reports(Path(folder)),
            wants=lambda: "",
        )  # fmt: skip
        nets = training.run().exported()
    return of_networks(family, family.graphs(nets, spec), spec, modality), nets


def pictures(size_px: int, count: int) -> list[NDArray[np.uint8]]:
    """So many pictures (H, W, C) of our own model of that size."""
    sampling = picture_model(size_px)
    found: list[NDArray[np.uint8]] = []
    for start in range(0, count, 64):
        fields = sampling.fields(plain("bench", range(start, min(start + 64, count))))
        found += sampling.modality.decode(fields, sampling.spec)
    return found


def english(count: int, length: int) -> list[NDArray[np.uint32]]:
    """So many pieces (L,) of the plays, none of which overlaps another."""
    told = ENGLISH.read_text(encoding="utf-8")
    starts = np.linspace(0, len(told) - length, count).astype(int)
    return [points(told[start : start + length]) for start in starts]


def texts(key: bytes, count: int, length: int, temperature: float, bonus: float) -> list[NDArray[np.uint32]]:
    """Texts (L,) of our own model, drawn under a mark key; with an empty one they carry no mark."""
    sampling = replace(text_model()[0], mark=GreenList(bonus=bonus) if key else None)
    controls = sampling.family.controls(length=length, temperature=temperature)
    wishes = [replace(wish, mark_key=key) for wish in plain("bench", range(count), controls)]
    found: list[NDArray[np.uint32]] = []
    for start in range(0, count, BATCH):
        fields = sampling.fields(wishes[start : start + BATCH])
        found += sampling.modality.decode(fields, sampling.spec)
    return found


def surprise(told: list[NDArray[np.uint32]]) -> float:
    """How unlikely the model itself finds such texts (L,): the mean of -log p over their characters, in nats."""
    sampling, nets = text_model()
    number = {letter: place for place, letter in enumerate(sampling.spec.of_kind("token")[0].labels)}
    longest = max(map(len, told))
    tokens = torch.zeros((len(told), longest), dtype=torch.int64)
    for row, item in enumerate(told):
        tokens[row, : len(item)] = torch.tensor([number[chr(point)] for point in item])
    length = torch.tensor([len(item) for item in told])
    with torch.inference_mode():
        nats = sampling.family.scores(nets, {"text": tokens, "length": length}, None)["nats_per_char"]
    return float((nats * length).sum() / length.sum())
