"""Do made texts have the letter sequences and words of real ones, and do they copy them?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Literal
from unicodedata import category

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workers.contracts import Fields, Figure, Items, Plugin, Sample, knob
from workers.engine.streams import generator
from workers.metrics.recognition import NotMeasurable

Tokens = NDArray[np.int64]
Drawn = Callable[[NDArray[np.float64]], float]  # a figure of items that count so and so often
BOUNDARY = 0
DRAWS = 200
WINDOW = 30  # characters that hardly come twice by chance
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
FIRST_BITS = np.uint64(64 - 24)


class Ngrams(Plugin):
    """Trigrams and words of made items against unseen real ones; long windows against what was learned from.

    Beside each figure stands the same of the unseen real items (`..._real`): what a perfect model would reach.
    """

    name: ClassVar[str] = "ngrams"
    title: ClassVar[str] = "Letter sequences and words"
    title_zh: ClassVar[str] = "字符序列与词"
    summary: ClassVar[str] = "How far made texts are from real ones in trigrams and words, and how much is copied."
    summary_zh: ClassVar[str] = "生成文本与真实文本在三字符组和词上的差距，以及照抄的比例。"
    modalities: ClassVar[tuple[str, ...]] = ("text",)
    better: ClassVar[Literal["higher", "lower", "none"]] = "lower"
    headline: ClassVar[str] = "trigram_divergence"
    while_training: ClassVar[Literal["", "shown", "judges"]] = "judges"

    most: int = knob(
        5000,
        low=10,
        high=50_000,
        unit="items",
        help="At most so many items of each side are compared, chosen by the seed.",
        help_zh="每一方最多比较的样本数，由种子选出。",
        title_zh="样本上限",
    )

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """Divergence (bit), known words (share), verbatim windows (share), with 95 % intervals by item."""
        learned = real.train
        unseen, ours = chosen(real.fields, self.most, seed), chosen(made.fields, self.most, seed)
        figures = {"trigram_divergence": divergence(unseen, ours, seed)}
        if learned:
            some = own_tokens(learned.fields(some_rows(len(learned), len(unseen), seed)))
            figures["trigram_divergence_real"] = divergence(unseen, some, seed)
        glyphs, width = letters(real.spec.of_kind("token")[0].labels), int(real.fields["text"].shape[1])
        told = {word for part in blocks(learned) for word in words_in(own_tokens(part), glyphs, width)}
        known = told | words_in(own_tokens(real.fields), glyphs, width)
        shares = {"known_words": known_words(ours, known, glyphs, width, seed)}
        if learned:
            shares["known_words_real"] = known_words(unseen, told, glyphs, width, seed)
            shares[f"verbatim_{WINDOW}"] = verbatim(ours, learned, seed)
            shares[f"verbatim_{WINDOW}_real"] = verbatim(unseen, learned, seed)
        return figures | {name: figure for name, figure in shares.items() if figure is not None}


def own_tokens(fields: Fields) -> list[Tokens]:
    """Each item without its filler, (l,); raises NotMeasurable where there is no text."""
    if "text" not in fields or "length" not in fields:
        raise NotMeasurable("There is no text among the fields.", expected="text and length", got=sorted(fields))
    text, length = fields["text"].numpy(), fields["length"].tolist()
    return [row[:own] for row, own in zip(text, length, strict=True)]


def chosen(fields: Fields, most: int, seed: int) -> list[Tokens]:
    """At most so many items, a seeded choice."""
    items = own_tokens(fields)
    return [items[row] for row in some_rows(len(items), most, seed).tolist()]


def some_rows(count: int, most: int, seed: int) -> Tensor:
    """At most so many of `count` rows in their order, (n,); the same choice for two sets of one size."""
    if count <= most:
        return torch.arange(count)
    return torch.randperm(count, generator=generator(seed, 0, "ngrams"))[:most].sort().values


def blocks(learned: Items | None) -> Iterator[Fields]:
    """What was learned from, some items at a time; nothing where nothing is known."""
    return learned.blocks() if learned else iter(())


def trigrams(items: list[Tokens]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every three tokens in a row as one number, (n,), and the item that each is of, (n,)."""
    parts = [(item[:-2] << 32) | (item[1:-1] << 16) | item[2:] for item in items]
    owner = np.repeat(np.arange(len(items)), [len(part) for part in parts])
    return np.concatenate([np.zeros(0, np.int64), *parts]), owner


def divergence(one: list[Tokens], other: list[Tokens], seed: int) -> Figure:
    """Jensen-Shannon divergence of the trigrams of two sets, 0 to 1 bit (Lin 1991, eq. 3.3 with equal weights)."""
    (first, first_of), (second, second_of) = trigrams(one), trigrams(other)
    if not len(first) or not len(second):
        raise NotMeasurable("The texts are too short for trigrams.", expected="items of 3 tokens", got="shorter ones")
    kinds, index = np.unique(np.concatenate([first, second]), return_inverse=True)
    here, there = index[: len(first)], index[len(first) :]

    def between(weights: NDArray[np.float64]) -> float:
        p = np.bincount(here, weights[: len(one)][first_of], len(kinds))
        q = np.bincount(there, weights[len(one) :][second_of], len(kinds))
        if not p.any() or not q.any():
            return 1.0
        p, q = p / p.sum(), q / q.sum()
        return max(0.0, entropy_bit((p + q) / 2) - (entropy_bit(p) + entropy_bit(q)) / 2)

    return figure(between, (len(one), len(other)), len(second), seed, unit="bit")


def entropy_bit(shares: NDArray[np.float64]) -> float:
    """Entropy of a distribution in bit."""
    some = shares[shares > 0]
    return float(-(some * np.log2(some)).sum())


def letters(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Per token its letter or combining mark, or a blank for whatever else it is."""
    return tuple(label if label and category(label)[0] in "LM" else " " for label in labels)


def words(item: Tokens, glyphs: tuple[str, ...], width: int) -> list[str]:
    """The runs of letters of an item; one that fills its passage is cut at both ends, and so are the words there."""
    text = "".join([glyphs[token] for token in item.tolist()])
    found = text.split()
    if len(item) < width or item[-1] == BOUNDARY:
        return found
    return found[int(text[0] != " ") : len(found) - int(text[-1] != " ")]


def words_in(items: list[Tokens], glyphs: tuple[str, ...], width: int) -> set[str]:
    """The different words of all items."""
    return {word for item in items for word in words(item, glyphs, width)}


def known_words(items: list[Tokens], known: set[str], glyphs: tuple[str, ...], width: int, seed: int) -> Figure | None:
    """The share of words that are among the known ones; None where there is no word."""
    per_item = [[word in known for word in words(item, glyphs, width)] for item in items]
    return ratio([sum(hits) for hits in per_item], [len(hits) for hits in per_item], seed)


def windows(stream: Tokens) -> NDArray[np.uint64]:
    """A hash of each WINDOW tokens in a row, (n - WINDOW + 1,) (Karp and Rabin 1987, modulo 2^64)."""
    count = max(0, len(stream) - WINDOW + 1)
    made = np.zeros(count, np.uint64)
    for step in range(WINDOW):
        made *= MULTIPLIER
        made += (stream[step : step + count] + 1).astype(np.uint64)
    return made


def verbatim(items: list[Tokens], learned: Items, seed: int) -> Figure | None:
    """The share of windows without a boundary that stand in `learned` word for word; None where items are shorter.

    Passages of a document follow one another, so that windows across their borders are found too.
    """
    hashed = [windows(item[item != BOUNDARY]) for item in items]
    asked = np.unique(np.concatenate([np.zeros(0, np.uint64), *hashed]))
    if not len(asked):
        return None
    there, before = np.zeros(len(asked), bool), np.zeros(0, np.int64)
    may_be = np.zeros(1 << 24, bool)  # by the first bits of a hash: most windows are no copy, and a search costs more
    may_be[asked >> FIRST_BITS] = True
    for part in blocks(learned):
        stream = np.concatenate([before, *own_tokens(part)])
        seen, before = windows(stream), stream[-(WINDOW - 1) :]
        seen = seen[may_be[seen >> FIRST_BITS]]
        place = np.minimum(np.searchsorted(asked, seen), len(asked) - 1)
        there[place[asked[place] == seen]] = True
    hits = [int(there[np.searchsorted(asked, own)].sum()) for own in hashed]
    return ratio(hits, [len(own) for own in hashed], seed)


def ratio(hits: list[int], counts: list[int], seed: int) -> Figure | None:
    """Hits of all items over what they have, with an interval by item; None where they have nothing."""
    top, bottom = np.array(hits, np.float64), np.array(counts, np.float64)
    if not bottom.sum():
        return None

    def share(weights: NDArray[np.float64]) -> float:
        return float(weights @ top) / max(1.0, float(weights @ bottom))

    return figure(share, (len(hits),), int(bottom.sum()), seed)


def figure(of: Drawn, sizes: tuple[int, ...], n: int, seed: int, unit: str = "") -> Figure:
    """A figure between 0 and 1, its interval from the spread over redrawn items (normal bootstrap, Efron 1979).

    A percentile interval would not do: a divergence of redrawn sets is always above that of the sets themselves.
    """
    value = of(np.ones(sum(sizes)))
    draws = generator(seed, 0, "bootstrap")
    redrawn = []
    for _ in range(DRAWS):
        picks = [torch.randint(0, size, (size,), generator=draws).numpy() for size in sizes]
        weights = [np.bincount(pick, minlength=size) for pick, size in zip(picks, sizes, strict=True)]
        redrawn.append(of(np.concatenate(weights).astype(np.float64)))
    reach = 1.96 * float(np.std(redrawn))
    return Figure(value=value, n=n, unit=unit, low=max(0.0, value - reach), high=min(1.0, value + reach))


PLUGIN = Ngrams
