"""Watermark for texts: while a text is drawn, a key leans each draw to one half of what could come next.

A green list (Kirchenbauer et al. 2023) by the last letters: a public hash of the `context` bare letters before a
character and of its own (bare_text.py) names one of 8,192 buckets, and the sign of a bucket is one bit of the job key.
Half the bonus is added to the logit of a character of sign +1 and taken from one of -1. The evidence is how many
*different* passages of `context` + 1 letters fall into each bucket: a passage that is repeated was decided once.

So nothing that tells is left to the place of a passage: a text that is cropped, or put into another one, keeps what is
left of it, and the evidence of many texts of one job adds up. What the model is sure of cannot be leaned: texts of low
temperature, or learned by heart, carry next to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Plugin, knob
from workers.marks.bare_text import GAP, bare, letters

CONTEXT = b"green_list/1|"  # a change of letters, hash or buckets is a new scheme with a new name
BUCKETS = 8192
ALONE_CHARACTERS = 600
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
UPPER_BITS = np.uint64(64 - 13)  # of a number: a bucket

Numbers = NDArray[np.uint64]


def mixed(values: Numbers) -> Numbers:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): each bit of the input turns half of the output."""
    values = (values ^ (values >> np.uint64(30))) * FIRST
    values = (values ^ (values >> np.uint64(27))) * SECOND
    return values ^ (values >> np.uint64(31))


class Alphabet:
    """Bare letters as numbers: `bucket` of each, and `short`, of which `context` stand side by side in 64 bits.

    The bucket of a passage is that of its context, by a product with an odd number (Knuth 1973, 6.4), exclusive-or
    that of its last letter.
    """

    def __init__(self, letters: Numbers, context: int) -> None:
        self.step = np.uint64(-(-64 // context))  # bits: what is older than the context falls out at the left
        self.number = mixed(letters)
        self.short = self.number >> (np.uint64(64) - self.step)
        self.bucket = mixed(self.number) >> UPPER_BITS


@lru_cache(maxsize=4096)
def chips(key: bytes) -> bytes:
    """The signs of a job key, eight a byte."""
    return hashlib.shake_256(CONTEXT + key).digest(BUCKETS // 8)


class Leaning:
    """A batch of B texts that are drawn under the keys of their jobs (contracts.Leaning).

    It runs between two steps of a network, which have emptied the processor's cache: few operations, of small arrays.
    A text has one of two states, after a letter or after a gap, and tables of what a token does have a row for both.
    """

    def __init__(
        self, signs: NDArray[np.int8], rows: NDArray[np.int64], labels: Sequence[str], context: int, bonus: float
    ) -> None:
        """`signs` is (keys, BUCKETS), and `rows` (B,) says which of them is a text's."""
        letters = np.array([bare(ord(label)) if len(label) == 1 else 0 for label in labels], np.uint64)
        alphabet, batch = Alphabet(letters, context), len(rows)
        grows = np.stack([letters != 0, (letters != 0) & (letters != GAP)])  # (2, V)
        self.signs, self.told = signs.ravel(), grows * np.float32(bonus / 2)
        self.places = alphabet.bucket.view(np.int64) + (rows * BUCKETS)[:, None]  # in `signs`, (B, V)
        self.grows, self.shift = grows.ravel(), (grows * alphabet.step).ravel()
        self.short = (grows * alphabet.short).ravel()
        self.after = np.where(grows, letters == GAP, [[False], [True]]).astype(np.int64).ravel()
        self.context, self.state = np.zeros(batch, np.uint64), np.ones(batch, np.int64)
        self.lacking, self.young = np.full(batch, context), True  # letters until there is a context

    def bias(self) -> NDArray[np.float32]:
        """What is added to the logits of the next draw, (B, tokens)."""
        first = (self.context * GOLDEN >> UPPER_BITS).view(np.int64)
        found = self.signs.take(self.places ^ first[:, None]) * self.told.take(self.state, 0)
        if self.young:
            found[self.lacking > 0] = 0
        return found

    def took(self, tokens: NDArray[np.int64]) -> None:
        """Each text goes on with a token, (B,); one that has no letter, or a gap after a gap, leaves it as it was."""
        place = self.state * self.told.shape[1] + tokens
        self.context = (self.context << self.shift.take(place)) | self.short.take(place)
        self.state = self.after.take(place)
        if self.young:
            self.lacking -= self.grows.take(place)
            self.young = bool((self.lacking > 0).any())


class GreenList(Plugin):
    """Keyed halves of the alphabet after each context (contracts.Watermark)."""

    name: ClassVar[str] = "green_list"
    title: ClassVar[str] = "Green list watermark"
    title_zh: ClassVar[str] = "绿名单水印"
    summary: ClassVar[str] = (
        "Survives cropping, other line breaks, case and encodings, and some words replaced; not paraphrase."
    )
    summary_zh: ClassVar[str] = "可抵抗裁剪、换行、大小写、编码变化和少量换词；不抵抗改写。"
    modality: ClassVar[str] = "text"
    acts: ClassVar[Literal["after", "during"]] = "during"
    single_item: ClassVar[str] = f"{ALONE_CHARACTERS} characters or more; below that only a set of texts is judged"

    bonus: float = knob(
        2.0,
        low=0.5,
        high=8.0,
        title_zh="偏置",
        unit="nats",
        help="How much likelier, as the logarithm of a ratio, a green character becomes than a red one.",
        help_zh="绿色字符相对红色字符的概率提升（对数比）。",
    )
    context: int = knob(
        3,
        low=1,
        high=6,
        title="Context",
        title_zh="上下文",
        unit="letters",
        help="Letters before a character that decide whether it is green. More hides better and survives less.",
        help_zh="由前几个字符决定一个字符是否为绿色。越多越隐蔽，越少越耐改动。",
    )

    def judges_alone(self, item_shape: tuple[int, ...]) -> bool:
        """Whether one text (L,) may be judged by itself."""
        return item_shape[0] >= ALONE_CHARACTERS

    def layout(self, item_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Texts of all lengths share one pattern."""
        return ()

    def pattern(self, key: bytes, item_shape: tuple[int, ...]) -> NDArray[np.int8]:
        """The signs (BUCKETS,) of a job key."""
        bits = np.unpackbits(np.frombuffer(chips(key), np.uint8))
        return bits.astype(np.int8) * 2 - 1

    def evidence(self, item: NDArray[np.uint32]) -> NDArray[np.float64]:
        """How many different passages of a text, code points (L,), fall into each bucket, (BUCKETS,)."""
        alphabet = Alphabet(letters(item), self.context)
        count = max(0, len(alphabet.short) - self.context)
        contexts = np.zeros(count, np.uint64)
        for place in range(self.context):
            contexts = (contexts << alphabet.step) | alphabet.short[place : place + count]
        last = len(alphabet.short) - count
        _, first = np.unique(mixed(contexts) ^ alphabet.number[last:], return_index=True)
        buckets = (contexts[first] * GOLDEN >> UPPER_BITS) ^ alphabet.bucket[last:][first]
        return np.bincount(buckets.view(np.int64), minlength=BUCKETS).astype(np.float64)

    def together(self, summed: NDArray[np.float64]) -> NDArray[np.float64]:
        """C / (C + 1), about its mean: what all texts of a job share, such as a prompt, says no more than what few do.

        Of 16 texts after one prompt of 500 characters that takes z from 4 to 16, of 768 without one from 20 to 34.
        """
        found = summed / (summed + 1)
        return found - found.mean()

    def cost(self, item: NDArray[np.uint32], marked: NDArray[np.uint32]) -> dict[str, float]:
        """Nothing: there is no text before the mark to compare with."""
        return {}

    def readings(self, item: NDArray[np.uint32]) -> list[NDArray[np.uint32]]:
        """The text as it came."""
        return [item]

    def embed(self, item: NDArray[np.uint32], key: bytes) -> NDArray[np.uint32]:
        """The text as it is: it was marked while it was made, or it is not."""
        return item

    def leaning(self, keys: Sequence[bytes], labels: Sequence[str]) -> Leaning:
        """Texts to be drawn under these keys, (B,), in tokens of these labels, one character each."""
        known = list(dict.fromkeys(keys))
        signs, rows = np.stack([self.pattern(key, ()) for key in known]), np.array([known.index(key) for key in keys])
        return Leaning(signs, rows, labels, self.context, self.bonus)


PLUGIN = GreenList
