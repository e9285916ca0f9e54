"""Adaptive augmentation: nothing at p = 0, as often as p says, item by item, and p that follows the discriminator."""

from __future__ import annotations

import pytest
import torch

from workers.engine.micro_batches import Part, PartStreams
from workers.engine.streams import SeededStreams
from workers.families import adaptive_augmentation as adaptive
from workers.nets.gauge import Gauge

ITEMS = 16
PICTURES = torch.rand(ITEMS, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def seen(p: float, step: int = 0, pictures: torch.Tensor = PICTURES) -> torch.Tensor:
    streams = SeededStreams("1", step)
    return adaptive.adapted(pictures, "geometry_colour", torch.tensor(p), streams, "real")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_nothing_changes_at_a_probability_of_zero(channels):
    pictures = torch.rand(ITEMS, channels, 16, 16)
    torch.testing.assert_close(seen(0.0, pictures=pictures), pictures, rtol=0, atol=1e-6)


def test_opacity_keeps_its_values_while_colours_change():
    pictures = torch.cat((PICTURES, torch.ones(ITEMS, 1, 16, 16)), 1)
    made = seen(0.8, pictures=pictures)
    torch.testing.assert_close(made[:, 3], torch.ones(ITEMS, 16, 16))
    assert not torch.allclose(made[:, :3], PICTURES)


def test_each_change_happens_as_often_as_told():
    p, steps = 0.05, 40
    alone = sum(int((seen(p, step) - PICTURES).flatten(1).abs().amax(1).lt(1e-5).sum()) for step in range(steps))
    share = alone / (ITEMS * steps)
    untouched = (1 - p) ** (adaptive.GEOMETRY + adaptive.COLOUR - 1)  # the two turns are one
    assert untouched - 0.06 < share < untouched + 0.12  # mirrors and turns that come out as nothing add to it


def test_as_many_pictures_stay_upright_as_the_probability_leaves(monkeypatch):
    happened, places_of = list[torch.Tensor](), adaptive.places_of
    monkeypatch.setattr(adaptive, "places_of", lambda seen, *said: happened.append(seen) or places_of(seen, *said))
    for step in range(60):
        seen(0.8, step)
    turned = torch.cat(happened)[:, adaptive.TURNS].any(1).float().mean().item()
    assert turned == pytest.approx(0.8, abs=0.05)


def test_an_item_is_changed_alike_whatever_is_beside_it():
    part = PartStreams(SeededStreams("1", 0), Part(0, 4, 12, ITEMS))
    alone = adaptive.adapted(PICTURES[4:12], "geometry_colour", torch.tensor(0.7), part, "real")
    torch.testing.assert_close(alone, seen(0.7)[4:12])


def test_the_generator_learns_through_the_changes():
    pictures = PICTURES.clone().requires_grad_()
    seen(0.8, pictures=pictures).sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.flatten(1).abs().sum(1).gt(0).all()


def test_a_turn_of_hue_keeps_grey_and_every_distance():
    turns = adaptive.about_grey(torch.linspace(-3, 3, 7))
    torch.testing.assert_close(turns @ turns.mT, torch.eye(3).expand(7, 3, 3), rtol=0, atol=1e-6)
    torch.testing.assert_close(turns @ torch.ones(3), torch.ones(7, 3), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("logit", "start", "end"), [(3.0, 0.3, 0.4), (-3.0, 0.3, 0.2), (-3.0, 0.05, 0.0), (3.0, 0.75, 0.8)]
)
def test_the_probability_follows_how_sure_the_discriminator_is(logit, start, end):
    gauge = Gauge(start)
    step = adaptive.optimizer(gauge, 10)
    phase = adaptive.phase(gauge, torch.full((4,), logit))
    assert phase.losses["augmentation"].tolist() == pytest.approx([start] * 4)
    phase.losses["augmentation"].mean().backward()
    step.step()
    assert gauge().item() == pytest.approx(end)


def test_it_is_at_rest_about_where_the_target_is():
    at_target = torch.tensor([1.0] * 8 + [-1.0] * 2)  # sign: 0.6 on average
    gauge = Gauge(0.3)
    adaptive.phase(gauge, at_target).losses["augmentation"].mean().backward()
    assert gauge.value.grad is not None
    assert gauge.value.grad.item() == pytest.approx(0.0, abs=1e-6)
