"""Text that has the looks of English: a few hundred made-up words, as unevenly used as words are, in sentences."""

from __future__ import annotations

import numpy as np
import torch

from workers.contracts import Field, Sample, Spec
from workers.engine.sources import Source
from workers.modalities.text_codec import tokens_of

ONSETS, VOWELS, ENDS = (
    ["b", "br", "c", "cl", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "st", "t", "th", "tr", "w"],
    ["a", "e", "i", "o", "u", "ea", "ou"],
    ["", "n", "r", "s", "t", "ll", "nd"],
)
WORDS = 400


def english_like(seed: int, count: int) -> str:
    """`count` words by Zipf's law in sentences of 4 to 12."""
    rng = np.random.default_rng(1)  # the language; `seed` says what is told in it
    syllables = [o + v + e for o in ONSETS for v in VOWELS for e in ENDS]
    words = ["".join(rng.choice(syllables, rng.integers(1, 3))) for _ in range(WORDS)]
    shares = 1 / np.arange(1, WORDS + 1)
    told = np.random.default_rng(seed)
    said: list[str] = []
    while len(said) < count:
        sentence = told.choice(words, told.integers(4, 13), p=shares / shares.sum()).tolist()
        said += [sentence[0].capitalize(), *sentence[1:-1], sentence[-1] + told.choice([".", ".", "?", ",\n"])]
    return " ".join(said[:count])


def text_spec(text: str, length: int) -> Spec:
    """Passages of `length` over the characters of a text."""
    labels = ("", *sorted(set(text)))
    return Spec("text", (Field("text", "token", (length,), len(labels), labels), Field("length", "length", ())))


def text_sample(holdout: int = 150, learned: int = 600, length: int = 64) -> Sample:
    """Passages of one long made-up text: `holdout` unseen ones, and others to learn from."""
    text = english_like(2, (holdout + learned) * length // 3)
    spec = text_spec(text, length)
    points = np.array([ord(char) for char in text], np.uint32)
    items = [points[at : at + length] for at in range(0, (holdout + learned) * length, length)]
    fields = {name: torch.from_numpy(array).long() for name, array in tokens_of(items, spec).items()}
    train, unseen = (
        {name: value[part] for name, value in fields.items()} for part in (slice(learned), slice(learned, None))
    )
    return Sample(unseen, Source(train, dict), spec)
