"""Batches of a training: kept as fields or encoded ahead, they are the ones that the order of the seed gives."""

from __future__ import annotations

import pytest
import torch

from workers.contracts import Fields
from workers.engine.batches import Batches, field_bytes
from workers.engine.device import Compute
from workers.engine.sources import Source, batch_of

ITEMS, SIZE = 30, 8
COMPUTE = Compute("cpu", "fp32", 1)


def encoded(raw: Fields) -> Fields:
    return {"image": raw["image"].float().div(127.5).sub(1)}


def source() -> Source:
    draws = torch.Generator().manual_seed(0)
    return Source({"image": torch.randint(0, 256, (ITEMS, 3, 4, 4), generator=draws, dtype=torch.uint8)}, encoded)


def test_what_fits_stays_and_what_does_not_is_encoded_ahead():
    needed = field_bytes(source())
    assert needed == ITEMS * 3 * 4 * 4 * 4
    assert Batches({"data": source()}, "1", COMPUTE, needed).resident
    ahead = Batches({"data": source()}, "1", COMPUTE, needed - 1)
    assert not ahead.resident
    ahead.close()


@pytest.mark.parametrize("room_bytes", [0, 2**30])
def test_every_batch_is_that_of_the_order_wherever_it_comes_from(room_bytes):
    made = Batches({"data": source()}, "1", COMPUTE, room_bytes)
    asked = [0, SIZE, 2 * SIZE, 4 * SIZE, SIZE]  # one after the other, over the end of an epoch, ahead, and back
    for seen in asked:
        expected = batch_of({"data": source()}, "1", seen, SIZE)["image"]
        assert torch.equal(made.at(seen, SIZE)["image"], expected)
    made.close()


@pytest.mark.parametrize("room_bytes", [0, 2**30])
def test_rows_of_a_batch_are_rows_of_the_whole(room_bytes):
    made = Batches({"data": source()}, "1", COMPUTE, room_bytes)
    whole = batch_of({"data": source()}, "1", 3, SIZE)["image"]
    assert torch.equal(made.at(3, SIZE, 2, 5)["image"], whole[2:5])
    made.close()


def test_what_fails_while_encoding_ahead_is_raised_where_it_is_asked_for():
    calls = []

    def fails_later(raw: Fields) -> Fields:
        calls.append(1)
        if len(calls) > 2:  # one item to see its size, and the first batch
            raise ValueError("no such item")
        return encoded(raw)

    made = Batches({"data": Source(source().arrays, fails_later)}, "1", COMPUTE, 0)
    made.at(0, SIZE)
    with pytest.raises(ValueError, match="no such item"):
        made.at(SIZE, SIZE)
    made.close()


def test_encoding_ahead_leaves_the_threads_of_the_training_alone():
    before = torch.get_num_threads()
    made = Batches({"data": source()}, "1", COMPUTE, 0)
    made.at(0, SIZE)
    made.at(SIZE, SIZE)
    made.close()
    assert torch.get_num_threads() == before
