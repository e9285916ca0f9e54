"""A batch in parts: which parts, what they draw, and how they come smaller."""

from __future__ import annotations

import pytest
import torch

from workers.engine.device import Compute
from workers.engine.micro_batches import PartStreams, parts_of
from workers.engine.streams import SeededStreams


@pytest.mark.parametrize(("size", "micro"), [(64, 0), (64, 32), (7, 4), (7, 1), (5, 9)])
def test_parts_cover_the_batch_once_and_their_shares_add_up(size, micro):
    parts = parts_of(size, micro)
    assert [row for part in parts for row in range(part.low, part.high)] == list(range(size))
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert len({part.layers for part in parts}) == len(parts)


def test_the_whole_batch_is_one_part_of_share_one():
    (part,) = parts_of(64)
    assert (part.share, part.layers) == (1, "layers")


def test_rows_of_the_parts_are_those_that_the_whole_batch_draws():
    whole = SeededStreams("1", 3)
    drawn = [(whole.normal("noise", 7, 2), whole.integers("t", 0, 9, 7), whole.normal("noise", 7, 2))]
    for part in parts_of(7, 3):
        rng, size = PartStreams(SeededStreams("1", 3), part), part.high - part.low
        drawn.append((rng.normal("noise", size, 2), rng.integers("t", 0, 9, size), rng.normal("noise", size, 2)))
    for place, expected in enumerate(drawn[0]):
        assert torch.equal(torch.cat([one[place] for one in drawn[1:]]), expected)


def test_a_draw_that_is_not_for_each_item_is_the_same_in_every_part():
    draws = [PartStreams(SeededStreams("1", 0), part).uniform("crop", 1) for part in parts_of(8, 4)]
    assert torch.equal(draws[0], draws[1])
    assert torch.equal(draws[0], SeededStreams("1", 0).uniform("crop", 1))


def test_a_choice_comes_in_smaller_parts_only():
    whole = Compute("cpu", "fp32", 1)
    assert whole.in_parts(0) == whole
    assert whole.in_parts(8).in_parts(16).micro_batch == 8
    assert whole.in_parts(8).facts(64) | {"micro_batch": 8, "accumulate": 8} == whole.in_parts(8).facts(64)
    assert "micro_batch" not in whole.in_parts(64).facts(64)
