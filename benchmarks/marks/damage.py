"""What happens to pictures and texts on their way: each function takes one item and a generator and returns another."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]  # (H, W, C)
Text = NDArray[np.uint32]  # (L,)
Damage = Callable[[Any, np.random.Generator], Any]


def _image(item: Picture) -> Image.Image:
    return Image.fromarray(item.squeeze(2) if item.shape[2] == 1 else item)


def _array(picture: Image.Image) -> Picture:
    values = np.asarray(picture)
    return values[..., None] if values.ndim == 2 else values


def jpeg(quality: int) -> Damage:
    """Saved as JPEG and read again."""

    def damage(item: Picture, draws: np.random.Generator) -> Picture:
        with io.BytesIO() as file:
            _image(item).save(file, "JPEG", quality=quality)
            return _array(Image.open(file))

    return damage


def resized(factor: float, *, back: bool) -> Damage:
    """Made smaller or larger, and brought back to its size where `back`."""

    def damage(item: Picture, draws: np.random.Generator) -> Picture:
        picture = _image(item)
        other = picture.resize([max(1, round(side * factor)) for side in picture.size], Image.Resampling.BICUBIC)
        return _array(other.resize(picture.size, Image.Resampling.BICUBIC) if back else other)

    return damage


def noisy(deviation: float) -> Damage:
    """Normal noise on every pixel."""
    return lambda item, draws: np.clip(np.rint(item + draws.normal(0, deviation, item.shape)), 0, 255).astype(np.uint8)


def brighter(factor: float) -> Damage:
    """Every value times a factor, cut at white."""
    return lambda item, draws: np.clip(np.rint(item * factor), 0, 255).astype(np.uint8)


def cropped(share: float) -> Damage:
    """The middle of each side is kept and enlarged to the old size."""

    def damage(item: Picture, draws: np.random.Generator) -> Picture:
        height, width = item.shape[:2]
        h, w = round(height * share), round(width * share)
        top, left = (height - h) // 2, (width - w) // 2
        middle = _image(np.ascontiguousarray(item[top : top + h, left : left + w]))
        return _array(middle.resize((width, height), Image.Resampling.BICUBIC))

    return damage


def rotated(degrees: float) -> Damage:
    """Turned about its middle; what is missing is black."""
    return lambda item, draws: _array(_image(item).rotate(degrees, Image.Resampling.BICUBIC))


def flipped(item: Picture, draws: np.random.Generator) -> Picture:
    """As in a mirror."""
    return np.ascontiguousarray(item[:, ::-1])


def unchanged(item: Any, draws: np.random.Generator) -> Any:
    """As it left."""
    return item


PICTURES: Mapping[str, Damage] = MappingProxyType(
    {
        "none": unchanged,
        "JPEG 75": jpeg(75),
        "JPEG 50": jpeg(50),
        "half the size and back": resized(0.5, back=True),
        "half the size": resized(0.5, back=False),
        "noise, sd 5 of 255": noisy(5),
        "brightness + 15 %": brighter(1.15),
        "crop to 90 % of each side": cropped(0.9),
        "rotation by 3 degrees": rotated(3),
        "mirrored": flipped,
    }
)


def replaced(share: float) -> Damage:
    """This share of the words is replaced by words of other places in the same text."""

    def damage(item: Text, draws: np.random.Generator) -> Text:
        words = said(item).split(" ")
        drawn = draws.random(len(words)) < share
        others = draws.integers(0, len(words), len(words))
        mixed = [words[other] if hit else word for word, hit, other in zip(words, drawn, others, strict=True)]
        return points(" ".join(mixed))

    return damage


def shortened(share: float) -> Damage:
    """A piece of this share of the text, from anywhere in it."""

    def damage(item: Text, draws: np.random.Generator) -> Text:
        kept = round(len(item) * share)
        start = int(draws.integers(0, len(item) - kept + 1))
        return item[start : start + kept]

    return damage


def retyped(item: Text, draws: np.random.Generator) -> Text:
    """Other line breaks, capitals everywhere, curved quotation marks."""
    return points(said(item).upper().replace("\n", "\r\n").replace("'", "’"))


def mistyped(share: float) -> Damage:
    """This share of the characters is replaced by letters drawn at random."""

    def damage(item: Text, draws: np.random.Generator) -> Text:
        hit = draws.random(len(item)) < share
        return np.where(hit, draws.integers(ord("a"), ord("z") + 1, len(item)), item).astype(np.uint32)

    return damage


def said(item: Text) -> str:
    """Code points as a text."""
    return "".join(map(chr, item))


def points(text: str) -> Text:
    """A text as code points."""
    return np.array([ord(letter) for letter in text], np.uint32)


TEXTS: Mapping[str, Damage] = MappingProxyType(
    {
        "none": unchanged,
        "other line breaks, capitals, quotation marks": retyped,
        "half of it": shortened(0.5),
        "a quarter of it": shortened(0.25),
        "1 % of the characters mistyped": mistyped(0.01),
        "10 % of the words replaced": replaced(0.1),
        "30 % of the words replaced": replaced(0.3),
        "50 % of the words replaced": replaced(0.5),
    }
)
