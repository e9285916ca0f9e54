"""Texts drawn letter by letter from a small language, under a mark or under none; and what is done to a text later."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.english_like import english_like
from workers.contracts import MarksDuring

Text = NDArray[np.uint32]  # (L,) code points
SMOOTHED = 0.02  # added to every count, so that nothing is certain


@cache
def language() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The labels of the tokens, token 0 the boundary; the logits of a letter after two others, (V, V, V)."""
    told = english_like(5, 20_000)
    labels = ("", *sorted(set(told)))
    tokens = np.array([labels.index(letter) for letter in told])
    counts = np.full((len(labels),) * 3, SMOOTHED)
    np.add.at(counts, (tokens[:-2], tokens[1:-1], tokens[2:]), 1)
    counts[..., 0] = 1e-12  # nothing ends
    return labels, np.log(counts / counts.sum(2, keepdims=True))


def written(count: int, length: int, seed: int = 1, mark: MarksDuring | None = None, key: bytes = b"") -> list[Text]:
    """Texts of `length` letters; the draws of the same seed are the same."""
    labels, logits = language()
    chance, tokens = np.random.default_rng(seed), np.zeros((count, length + 2), np.int64)
    tokens[:, :2] = labels.index(" ")
    leaning = mark.leaning([key] * count, labels) if mark else None
    for place in range(2, length + 2):
        noise = chance.gumbel(size=(count, len(labels)))
        said = logits[tokens[:, place - 2], tokens[:, place - 1]] + noise  # (B, V)
        tokens[:, place] = (said + leaning.bias() if leaning else said).argmax(1)
        if leaning:
            leaning.took(tokens[:, place])
    points = np.array([0, *map(ord, labels[1:])], np.uint32)
    return list(points[tokens[:, 2:]])


def words_replaced(item: Text, share: float, seed: int = 3) -> Text:
    """A text in which this share of the words are others, made of the same language."""
    chance = np.random.default_rng(seed)
    words, others = said(item).split(" "), english_like(seed, len(item)).split(" ")
    kept = chance.random(len(words)) >= share
    return points_of(" ".join(one if stays else other for one, other, stays in zip(words, others, kept, strict=False)))


def said(item: Text) -> str:
    """A text as a string."""
    return "".join(map(chr, item))


def points_of(text: str) -> Text:
    """A string as an item."""
    return np.array([ord(letter) for letter in text], np.uint32)
