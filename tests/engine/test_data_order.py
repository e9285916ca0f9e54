"""The order of the data: every item once an epoch, a new order each epoch, the same wherever one begins."""

from __future__ import annotations

import torch

from workers.engine.data_order import batch_at


def test_an_epoch_shows_every_item_once():
    shown = torch.cat([batch_at("1", seen, 5, 20) for seen in range(0, 20, 5)])
    assert sorted(shown.tolist()) == list(range(20))


def test_two_epochs_and_two_seeds_differ():
    first = batch_at("1", 0, 20, 20).tolist()
    assert first != batch_at("1", 20, 20, 20).tolist()
    assert first != batch_at("2", 0, 20, 20).tolist()


def test_a_batch_is_the_same_in_whatever_pieces_it_is_taken():
    whole = batch_at("1", 13, 50, 20)  # over three epochs
    pieces = torch.cat([batch_at("1", seen, 10, 20) for seen in range(13, 63, 10)])
    assert torch.equal(whole, pieces)
