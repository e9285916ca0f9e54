"""Noise by item, paths between seeds, controls of each item."""

from __future__ import annotations

import pytest
import torch

from models_store.errors import InvalidInput
from workers.contracts import Controls, Port, knob
from workers.engine.wishes import Noise, Place, Wish, batches, between, conditions, plain

PORT = Port("noise", "noise", (64,))


class Chosen(Controls):
    warmth: float = knob(1.0, low=0.1, high=2.0, help="h", help_zh="h")
    length: int = knob(8, low=1, high=100, help="h", help_zh="h")
    greedy: bool = knob(False, help="h", help_zh="h")
    prompt: str = knob("", of_spec="token", help="h", help_zh="h")
    condition: str = knob("", of_spec="condition", help="h", help_zh="h")


def drawn(wishes: list[Wish]) -> torch.Tensor:
    return Noise([PORT], wishes).once()["noise"]


def test_the_noise_of_an_item_does_not_depend_on_its_neighbours():
    alone = drawn(plain("7", [5]))
    among = drawn(plain("7", range(9)))
    assert torch.equal(alone[0], among[5])


def test_items_and_seeds_have_noise_of_their_own():
    found = torch.cat([drawn(plain("7", range(4))), drawn(plain("8", range(4)))])
    assert len({tuple(row.tolist()) for row in found}) == 8


def test_steps_draw_on_where_the_step_before_ended_whatever_the_batch():
    one, many = Noise([PORT], plain("7", [3])), Noise([PORT], plain("7", [1, 3]))
    first = [one.next()["noise"][0] for _ in range(150)]
    second = [many.next()["noise"][1] for _ in range(150)]
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert len({tuple(row.tolist()) for row in first}) == 150


def test_noise_is_standard_normal():
    values = drawn(plain("7", range(500)))
    assert abs(values.mean()) < 0.03
    assert values.std() == pytest.approx(1, abs=0.02)


def test_a_path_begins_and_ends_on_its_seeds():
    start, goal = Place("1", 0), Place("2", 0)
    ends = drawn([Wish(0, start), Wish(1, start, toward=goal, share=1.0)])
    assert torch.equal(ends[0], drawn([Wish(9, start)])[0])
    torch.testing.assert_close(ends[1], drawn([Wish(9, goal)])[0])


def test_a_path_keeps_the_length_that_noise_has():
    draws = torch.Generator().manual_seed(3)
    one, other = torch.randn(2, 4096, generator=draws)
    for share in (0.1, 0.5, 0.9):
        assert between(one, other, share).norm() == pytest.approx(one.norm().item(), rel=0.05)
    assert torch.lerp(one, other, 0.5).norm() < 0.8 * one.norm()


def test_between_opposite_or_equal_ends_there_is_still_a_path():
    one = torch.ones(4)
    torch.testing.assert_close(between(one, one, 0.3), one)
    assert between(one, -one, 0.25).isfinite().all()


def test_a_batch_holds_what_shares_length_and_prompt():
    wishes = [Wish(i, Place("1", i), Chosen(length=length)) for i, length in enumerate([8, 8, 8, 9, 9, 8])]
    assert [[wish.index for wish in batch] for batch in batches(wishes, 2)] == [[0, 1], [2], [3, 4], [5]]


def test_items_of_a_batch_have_numbers_and_classes_of_their_own():
    wishes = [Wish(0, Place("1", 0), Chosen(warmth=0.5, condition="b")), Wish(1, Place("1", 1), Chosen(condition="a"))]
    found = conditions(wishes, ["a", "b"])
    assert found["warmth"].tolist() == [0.5, 1.0]
    assert found["condition"].tolist() == [1, 0]


def test_a_step_is_told_whole_numbers_and_switches_and_no_texts():
    found = conditions([Wish(i, Place("1", i), Chosen(length=9, greedy=True)) for i in range(2)], ["a"])
    assert found.keys() == {"warmth", "length", "greedy", "condition"}
    assert [found[name].tolist() for name in ("length", "greedy")] == [[9, 9], [1, 1]]


def test_a_class_left_open_is_drawn_from_the_place_of_the_noise():
    wishes = [Wish(i, Place("1", i), Chosen()) for i in range(300)]
    found = conditions(wishes, ["a", "b", "c"])["condition"]
    assert torch.equal(found, conditions(wishes, ["a", "b", "c"])["condition"])
    assert torch.bincount(found).min() > 70


def test_an_unknown_class_is_refused_with_those_there_are():
    with pytest.raises(InvalidInput) as refused:
        conditions([Wish(0, Place("1", 0), Chosen(condition="z"))], ["a", "b"])
    assert refused.value.expected == ["a", "b"]
