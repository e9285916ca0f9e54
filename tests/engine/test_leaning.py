"""Drawing under a mark: each item leans to its own key, a prompt is left alone, and a seed repeats what it made."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from tests.marks.written import language
from workers.contracts import Field, Leanable, Spec
from workers.engine.runners import Sampler, in_torch
from workers.engine.streams import SeededStreams
from workers.engine.wishes import Wish, plain
from workers.families.lstm import Lstm, TextControls
from workers.marks.green_list import GreenList
from workers.marks.statistic import score
from workers.nets.lstm import drawn_token
from workers.plugins import plugin

LENGTH = 120
KEYS = [bytes([number]) * 32 for number in range(1, 5)]
MARK = GreenList(bonus=4.0)


@cache
def sampling() -> Sampler:
    """Texts of a network that has learned nothing: every letter is about as likely."""
    labels = language()[0]
    spec = Spec("text", (Field("text", "token", (LENGTH,), len(labels), labels), Field("length", "length")))
    family = Lstm(width=8, layers=1)
    torch.manual_seed(1)
    nets = {name: net.eval() for name, net in family.build(spec).items()}
    with torch.no_grad():
        nets["network"].head.bias[0] = -30.0  # nothing ends
    graphs = family.graphs(nets, spec)
    inputs = graphs["step"].inputs
    return Sampler(family, spec, plugin("modality", "text")(), inputs, in_torch(graphs), mark=MARK)


def wishes(count: int = 4, keys: list[bytes] = KEYS, **said: Any) -> list[Wish]:
    """Items of seed 5, the keys in turn."""
    made = plain("5", range(count), TextControls(length=LENGTH, **said))
    return [replace(wish, mark_key=keys[place % len(keys)]) for place, wish in enumerate(made)]


def texts(some: list[Wish]) -> list[Any]:
    """Their code points."""
    one = sampling()
    return list(one.modality.decode(one.fields(some), one.spec))


def z(item: Any, key: bytes) -> float:
    """Of one text under one key."""
    return score(MARK.pattern(key, item.shape), MARK.evidence(item))


def test_each_item_of_a_batch_carries_the_mark_of_its_own_key() -> None:
    made = texts(wishes())
    for place, item in enumerate(made):
        found = [z(item, key) for key in KEYS]
        assert found[place] > 6
        assert max(found[:place] + found[place + 1 :]) < 4


def test_an_item_is_what_it_is_alone_whoever_is_beside_it() -> None:
    beside = texts(wishes())
    for place, wish in enumerate(wishes()):
        (alone,) = texts([wish])
        assert alone.tolist() == beside[place].tolist()


def test_the_same_seed_and_key_draw_the_same_and_another_key_another() -> None:
    once, again = texts(wishes(1)), texts(wishes(1))
    (other,) = texts(wishes(1, keys=[KEYS[1]]))
    assert once[0].tolist() == again[0].tolist()
    assert once[0].tolist() != other.tolist()


def test_items_without_a_key_are_drawn_as_if_there_were_no_mark() -> None:
    plainly = replace(sampling(), mark=None).fields(wishes())["text"]
    keyless = sampling().fields([replace(wish, mark_key=b"") for wish in wishes()])["text"]
    assert torch.equal(plainly, keyless)
    assert not torch.equal(plainly, sampling().fields(wishes())["text"])


def test_a_prompt_stands_as_it_was_given_and_is_no_evidence() -> None:
    prompt = "".join(letter for letter in language()[0] if letter.isalpha())
    for item, key in zip(texts(wishes(prompt=prompt)), KEYS, strict=True):
        assert "".join(map(chr, item)).startswith(prompt)
        assert z(item[: len(prompt)], key) < 4
        assert z(item[len(prompt) :], key) > 5


def test_noise_that_is_leaned_draws_as_if_the_bias_were_added_to_the_logits() -> None:
    draws = 400_000
    logits, bias = torch.tensor([0.0, 1.0, -1.0, 2.0]), torch.tensor([0.0, -1.5, 2.5, 0.5])
    noise = {"noise": SeededStreams("5", 0).normal("noise", draws, 2, 4)}
    family = Lstm()
    assert isinstance(family, Leanable)
    leaned = family.lean(noise, bias.expand(draws, -1))
    counts = drawn_token(logits.expand(draws, -1), leaned["noise"]).bincount(minlength=4).double()
    expected = draws * (logits + bias).double().softmax(0)
    assert ((counts - expected).square() / expected).sum() < 16.27  # chi-square with 3 degrees of freedom, p = 0.001


def test_noise_that_is_not_leaned_stays_as_it_was() -> None:
    noise = {"noise": SeededStreams("6", 0).normal("noise", 3, 2, 4)}
    assert torch.equal(Lstm().lean(noise, torch.zeros(3, 4))["noise"], noise["noise"])


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_bonus_tells_at_every_temperature(temperature: float) -> None:
    assert min(z(*pair) for pair in zip(texts(wishes(temperature=temperature)), KEYS, strict=True)) > 4
