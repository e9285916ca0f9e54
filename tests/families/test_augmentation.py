"""Augmentation of real pictures: what changes, what does not, and that parts of a batch agree with the whole."""

from __future__ import annotations

import pytest
import torch

from workers.engine.micro_batches import PartStreams, parts_of
from workers.engine.streams import SeededStreams
from workers.families.augmentation import FARTHEST, augmented
from workers.families.dcgan import Dcgan
from workers.families.gan import Gan

COUNT, SIDE = 64, 16
PICTURES = torch.rand(COUNT, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)) * 2 - 1


def drawn(choice, pictures=PICTURES, seed="1", step=0):
    return augmented(pictures, choice, SeededStreams(seed, step))


def test_none_leaves_every_picture_as_it_is():
    assert drawn("none") is PICTURES


def test_flip_gives_each_picture_or_its_mirror_image_and_both_occur():
    made = drawn("flip")
    same = [torch.equal(one, other) for one, other in zip(made, PICTURES, strict=True)]
    mirrored = [torch.equal(one, other.flip(2)) for one, other in zip(made, PICTURES, strict=True)]
    assert all(one != other for one, other in zip(same, mirrored, strict=True))
    assert COUNT / 4 < sum(mirrored) < COUNT * 3 / 4


def test_a_shift_moves_the_inside_of_a_picture_by_at_most_an_eighth():
    most = SIDE // FARTHEST
    inside = slice(most, SIDE - most)
    found = set()
    for one, other in zip(drawn("shift"), PICTURES, strict=True):
        places = [
            (down, right)
            for down in range(-most, most + 1)
            for right in range(-most, most + 1)
            if torch.equal(one.roll((-down, -right), (1, 2))[:, inside, inside], other[:, inside, inside])
        ]
        assert len(places) == 1
        found.add(places[0])
    assert len(found) > most * 4  # of 25 places


def test_what_a_shift_uncovers_shows_the_picture_s_own_values():
    own = torch.arange(SIDE * SIDE).float().reshape(1, 1, SIDE, SIDE).expand(COUNT, -1, -1, -1)
    made = drawn("shift", own)
    assert set(made.unique().tolist()) <= set(own.unique().tolist())
    constant = torch.full((4, 1, SIDE, SIDE), -1.0)
    assert torch.equal(drawn("flip_shift", constant), constant)


def test_pictures_need_not_be_square():
    tall = torch.rand(5, 1, 9, 7)
    assert drawn("flip_shift", tall).shape == tall.shape


def test_draws_depend_on_seed_and_step_alone():
    assert torch.equal(drawn("flip_shift"), drawn("flip_shift"))
    assert not torch.equal(drawn("flip_shift"), drawn("flip_shift", step=1))
    assert not torch.equal(drawn("flip_shift"), drawn("flip_shift", seed="2"))


def test_a_batch_in_parts_is_augmented_like_the_whole():
    whole = drawn("flip_shift")
    parts = [
        augmented(PICTURES[part.low : part.high], "flip_shift", PartStreams(SeededStreams("1", 0), part))
        for part in parts_of(COUNT, 24)
    ]
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("family", [Dcgan, Gan])
def test_a_family_learns_from_augmented_pictures(family):
    seen = {}
    for choice in ("none", "flip_shift"):
        made = family(**{**family.toy, "augment": choice})
        torch.manual_seed(1)
        nets = made.build(family.toy_spec)
        shape = family.toy_spec.of_kind("continuous")[0].shape
        batch = {"image": torch.rand(7, *shape, generator=torch.Generator().manual_seed(2))}
        batch["condition"] = torch.zeros(7, dtype=torch.int64)
        torch.manual_seed(3)  # dropout
        seen[choice] = next(iter(made.phases(nets, batch, SeededStreams("1", 0)))).losses["on_real"].detach()
    assert not torch.equal(*seen.values())
