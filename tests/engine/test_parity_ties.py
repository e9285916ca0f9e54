"""A tie that rounding decides does not stop a model; an export that chooses otherwise does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
import torch

from workers.contracts import Controls, Fields
from workers.engine import parity
from workers.engine.wishes import Wish


class Speller:
    """A family as far as the gate asks it."""

    controls = Controls


@dataclass
class Made:
    """Ten tokens for each item, changed by `spoil` where the noise is what it says."""

    spoil: Callable[[Wish, torch.Tensor], None] = lambda wish, tokens: None
    family = Speller

    def fields(self, wishes: Sequence[Wish]) -> Fields:
        tokens = torch.arange(10).repeat(len(wishes), 1)
        for wish, own in zip(wishes, tokens, strict=True):
            self.spoil(wish, own)
        return {"text": tokens}


def tie(wish: Wish, tokens: torch.Tensor) -> None:
    """One token of one item is another, under the first noise of the largest batch."""
    if wish.start.seed == "parity 64 0" and wish.index == 3:
        tokens[2] += 1


def one_of_each_batch(wish: Wish, tokens: torch.Tensor) -> None:
    """An export that is wrong in one item, whatever the noise."""
    if wish.index == 0:
        tokens[-1] += 1


def test_a_token_that_differs_under_one_noise_alone_is_a_tie():
    assert parity.same_tokens(Made(), Made(tie)) == {"compared": 72 * 10, "different": 0, "ties": 1}


def test_a_token_that_differs_under_every_noise_stops_the_model():
    with pytest.raises(parity.ExportMismatch) as stopped:
        parity.same_tokens(Made(), Made(one_of_each_batch))
    assert (stopped.value.field, stopped.value.got) == ("tokens", "1 of 10 differ")


def test_texts_of_another_length_stop_the_model():
    class Short(Made):
        def fields(self, wishes: Sequence[Wish]) -> Fields:
            return {"text": super().fields(wishes)["text"][:, :-1]}

    with pytest.raises(parity.ExportMismatch):
        parity.same_tokens(Made(), Short())


def test_a_count_that_differs_on_some_inputs_alone_is_a_tie(monkeypatch, tmp_path):
    found = iter([float("inf"), 2e-7])
    monkeypatch.setattr(parity, "compare", lambda graph, path, batch, draw: next(found))
    assert parity.closest(None, tmp_path, 7) == 2e-7


def test_a_count_that_differs_on_all_inputs_is_none(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(parity, "compare", lambda graph, path, batch, draw: asked.append(draw) or float("inf"))
    assert parity.closest(None, tmp_path, 7) == float("inf")
    assert asked == [0, 1, 2]
