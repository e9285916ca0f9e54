"""The loop from noise to items, on a family that only takes notes."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pytest
import torch
from torch import Tensor

from models_store.errors import InvalidInput
from workers.contracts import Controls, Field, Fields, Plugin, Port, Spec, knob
from workers.engine.plan import chosen
from workers.engine.runners import Sampler
from workers.engine.wishes import Noise, Place, Wish, batches, conditions, plain

SHAPE = (1, 2, 2)
SPEC = Spec("image", (Field("image", "continuous", SHAPE), Field("condition", "condition", (), 2, ("a", "b"))))


class Steered(Controls):
    num_inference_steps: int = knob(3, low=1, high=50, help="h", help_zh="h")
    way: Literal["still", "noisy"] = knob("still", help="h", help_zh="h")
    guidance_scale: float = knob(1.0, low=0.0, high=9.0, needs_classes=True, help="h", help_zh="h")
    label: str = knob("", of_spec="condition", needs_classes=True, help="h", help_zh="h")


class Adds(Plugin):
    """Adds 1 in each step, and the fresh noise where there is some; remembers what it was given."""

    name: ClassVar[str] = "adds"
    sampling: ClassVar[str] = "denoise"
    controls: ClassVar[type[Controls]] = Steered

    def draws_noise(self, controls: Steered) -> bool:
        return controls.way == "noisy"

    def step(self, call: Any, x: Fields, t: Tensor, cond: Fields) -> Fields:
        told = torch.cat([x.get("told", t[:, None][:, :0]), t[:, None]], 1)
        return {"image": x["image"] + 1 + x.get("noise", 0), "told": told, "way": cond["way"]}


class Remembers(Adds):
    def step(self, call: Any, x: Fields, t: Tensor, cond: Fields) -> Fields:
        self.seen.append(x | {"t": t})
        return super().step(call, x, t, cond)

    seen: ClassVar[list[Fields]] = []


def made(family: Any, wishes: list[Wish], watch: Any = None) -> Tensor:
    return Sampler(family, SPEC, None, [], lambda *a, **k: {}).fields(wishes, watch)["image"]


def noise(wishes: list[Wish], name: str) -> Noise:
    return Noise([Port(name, "noise", SHAPE)], wishes)


def test_it_begins_with_the_noise_of_a_port_called_like_the_field():
    wishes = plain("1", range(2), Steered())
    torch.testing.assert_close(made(Adds(), wishes), noise(wishes, "image").once()["image"] + 3)


def test_steps_are_counted_and_what_one_returns_the_next_one_finds():
    Remembers.seen.clear()
    made(Remembers(), plain("1", range(2), Steered(num_inference_steps=4)))
    assert [x["t"].tolist() for x in Remembers.seen] == [[place] * 2 for place in range(4)]
    assert Remembers.seen[-1]["told"].tolist() == [[0, 1, 2]] * 2


def test_a_family_that_draws_noise_gets_fresh_noise_of_each_item_in_each_step():
    wishes = plain("1", range(2), Steered(way="noisy"))
    fresh = noise(wishes, "noise")
    expected = noise(wishes, "image").once()["image"] + 3 + sum(fresh.next()["noise"] for _ in range(3))
    torch.testing.assert_close(made(Adds(), wishes), expected)
    assert torch.equal(made(Adds(), wishes)[1], made(Adds(), wishes[1:])[0])


def test_each_step_is_watched_and_shows_the_fields_alone():
    watched: list[tuple[list[str], int]] = []
    made(Adds(), plain("1", [0], Steered()), lambda fields, steps: watched.append((sorted(fields), steps)))
    assert watched == [(["image"], 1), (["image"], 2), (["image"], 3)]


def test_a_choice_is_told_by_its_place_and_shared_by_a_batch():
    wishes = [Wish(i, Place("1", i), Steered(way=way)) for i, way in enumerate(["still", "noisy", "noisy"])]
    assert conditions(wishes, ["a"])["way"].tolist() == [0, 1, 1]
    assert [[wish.index for wish in batch] for batch in batches(wishes, 8)] == [[0], [1, 2]]


@pytest.mark.parametrize("said", [{"guidance_scale": 3.0}, {"label": "a"}])
def test_what_needs_classes_is_refused_of_a_model_without_any(said):
    assert chosen(Adds(), said, ["a", "b"])
    with pytest.raises(InvalidInput) as refused:
        chosen(Adds(), said, [])
    assert (refused.value.code, refused.value.field) == ("no_classes", f"params.{next(iter(said))}")
    assert chosen(Adds(), {"num_inference_steps": 5, "guidance_scale": 1.0}, [])
