"""DiffAugment: a discriminator is shown the picture, changed a little, and a gradient comes back through it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from workers.engine.micro_batches import Part, PartStreams
from workers.engine.streams import SeededStreams
from workers.families.differentiable_augmentation import CHANGES, changed, cut_out, recoloured, translated

ALL = "colour_translation_cutout"
EACH = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def streams() -> SeededStreams:
    return SeededStreams("1", 0)


def drawn(count: int = 6, channels: int = 3, size: int = 16) -> Tensor:
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(2)) * 2 - 1


def test_no_change_hands_back_the_very_pictures():
    pictures = drawn()
    assert changed(pictures, "none", streams(), "real") is pictures


def test_real_and_made_are_drawn_for_apart_and_each_comes_again_with_its_step():
    pictures, rng = drawn(), streams()
    real, made = (changed(pictures, ALL, rng, name) for name in ("real", "made"))
    assert not torch.equal(real, made)
    assert torch.equal(real, changed(pictures, ALL, streams(), "real"))


def test_half_of_a_batch_is_changed_as_in_the_whole():
    pictures = drawn()
    whole = changed(pictures, ALL, streams(), "real")
    part = PartStreams(streams(), Part(1, 3, 6, 6))
    torch.testing.assert_close(changed(pictures[3:], ALL, part, "real"), whole[3:])


@EACH
def test_a_gradient_reaches_the_picture_and_is_finite(change):
    pictures = drawn().requires_grad_()
    change(pictures, streams(), "x").square().sum().backward()
    assert pictures.grad.isfinite().all()
    assert (pictures.grad != 0).flatten(1).any(1).all()


@EACH
def test_a_batch_of_half_precision_stays_one(change):
    assert change(drawn().bfloat16(), streams(), "x").dtype == torch.bfloat16


def test_a_move_is_by_whole_pixels_up_to_an_eighth_each_way_and_takes_all_of_them():
    dot = torch.zeros(400, 1, 16, 16)
    dot[:, :, 8, 8] = 1
    found = translated(dot, streams(), "x").nonzero()
    assert len(found) == len(dot)
    assert {tuple(place) for place in (found[:, 2:] - 8).tolist()} == {
        (down, right) for down in range(-2, 3) for right in range(-2, 3)
    }


def test_a_move_shows_nothing_that_is_not_in_the_picture():
    picture = drawn(20)
    moved = translated(picture, streams(), "x")
    for before, after in zip(picture, moved, strict=True):
        assert set(after.flatten().tolist()) <= set(before.flatten().tolist())


def test_a_cut_hides_a_square_of_half_the_size_or_the_part_of_it_inside():
    hidden = (cut_out(torch.ones(400, 1, 16, 16), streams(), "x") == 0).sum((1, 2, 3))
    assert hidden.max() == 8 * 8
    assert hidden.min() >= 4 * 4


def test_recolouring_leaves_opacity_alone_and_takes_colours_as_if_there_were_none():
    pictures = drawn(channels=4)
    made = recoloured(pictures, streams(), "x")
    assert torch.equal(made[:, 3], pictures[:, 3])
    assert torch.equal(made[:, :3], recoloured(pictures[:, :3], streams(), "x"))


def test_recolouring_keeps_the_order_of_light_and_dark_of_a_grey_picture():
    grey = drawn(channels=1)
    before, after = (picture.flatten(1).argsort(1) for picture in (grey, recoloured(grey, streams(), "x")))
    assert torch.equal(before, after)
