"""The loop over tokens, on a family that only counts."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch

from models_store.errors import InvalidInput
from tests.training import Notes
from workers.contracts import Controls, Field, Fields, Plugin, Port, Spec, Stopped, knob
from workers.engine.runners import CannotSample, Sampler
from workers.engine.streamed import EVERY_S, Streamed
from workers.engine.wishes import Place, Wish, plain

SPEC = Spec("text", (Field("text", "token", (6,), 5, ("", "a", "b", "c", "d")), Field("length", "length")))
INPUTS = [Port("sum", "state", (1,)), Port("noise", "noise", (1,)), Port("text", "token", (), "int64", 5)]


class Given(Controls):
    length: int = knob(6, low=1, high=50, help="h", help_zh="h")
    prompt: str = knob("", of_spec="token", help="h", help_zh="h")
    stride: float = knob(1.0, low=0.0, high=4.0, help="h", help_zh="h")


class Counts(Plugin):
    """The next token is the last one plus its stride; past the last there is the boundary."""

    name: ClassVar[str] = "counts"
    sampling: ClassVar[str] = "autoregressive"
    controls: ClassVar[type[Controls]] = Given

    def step(self, call: Any, x: Fields, t: torch.Tensor | None, cond: Fields) -> Fields:
        token = x["text"] + cond["stride"].long()
        return {"text": torch.where(token > 4, 0, token), "sum": x["sum"] + x["text"][:, None]}


class Letters:
    media_type = "text/plain"

    def prompt(self, said: str, spec: Spec) -> torch.Tensor:
        return torch.tensor([spec.fields[0].labels.index(letter) for letter in said])

    def decode(self, fields: Fields, spec: Spec) -> list[Any]:
        return [[spec.fields[0].labels[k] for k in row.tolist() if k] for row in fields["text"]]

    def text(self, item: Any) -> str:
        return "".join(item)


def made(*wishes: Wish, watch: Any = None) -> list[list[int]]:
    sampling = Sampler(Counts(), SPEC, Letters(), INPUTS, lambda *a, **k: {})
    return sampling.fields(wishes, watch)["text"].tolist()


def wish(index: int = 0, **said: Any) -> Wish:
    return Wish(index, Place("1", index), Given(**said))


def test_tokens_follow_each_other_from_the_boundary_to_the_boundary():
    assert made(wish()) == [[1, 2, 3, 4, 0]]


def test_an_item_that_ended_stays_ended_while_others_go_on():
    assert made(wish(stride=2.0), wish(1)) == [[2, 4, 0, 0, 0], [1, 2, 3, 4, 0]]


def test_the_length_is_the_most_there_is():
    assert made(wish(length=3)) == [[1, 2, 3]]


def test_a_prompt_takes_the_place_of_what_was_drawn_and_is_gone_on_from():
    assert made(wish(prompt="ca")) == [[3, 1, 2, 3, 4, 0]]


def test_a_prompt_that_fills_the_length_is_refused():
    with pytest.raises(InvalidInput) as refused:
        made(wish(prompt="abcd", length=4))
    assert refused.value.as_dict()["field"] == "params.prompt"


def test_an_unknown_way_of_sampling_is_named():
    class Odd(Counts):
        sampling: ClassVar[str] = "transform"

    with pytest.raises(CannotSample) as refused:
        Sampler(Odd(), SPEC, Letters(), INPUTS, lambda *a, **k: {}).fields(plain("1", [0]))
    assert "autoregressive" in refused.value.expected


def streamed(notes: Notes, obey: Any = lambda: None) -> tuple[Streamed, list[float]]:
    now = [0.0]

    def clock() -> float:
        now[0] += EVERY_S / 2
        return now[0]

    return Streamed(notes, Letters(), SPEC, obey, clock), now


def test_what_grows_is_told_piece_by_piece_and_the_pieces_are_the_text():
    notes = Notes()
    watch, _ = streamed(notes)
    wishes = [wish(0), wish(1, stride=2.0), wish(70)]
    watch.begin(wishes)
    made(*wishes, watch=watch)
    told = [piece for pieces in notes.pieces for piece in pieces]
    assert {piece["index"] for piece in told} == {0, 1}
    for piece in told:
        assert piece["at"] == sum(len(p["text"]) for p in told[: told.index(piece)] if p["index"] == piece["index"])
    assert "abcd".startswith("".join(piece["text"] for piece in told if piece["index"] == 0))


def test_a_text_in_the_making_is_left_when_the_job_is_to_end():
    def leave() -> None:
        raise Stopped("cancel", 0)

    watch, _ = streamed(Notes(), obey=leave)
    watch.begin([wish()])
    with pytest.raises(Stopped):
        made(wish(), watch=watch)
