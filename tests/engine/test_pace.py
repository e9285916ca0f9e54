"""Which number format and layout a training takes: by what was measured, as asked, or as before."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.training import parts_of
from workers.contracts import Field, Spec
from workers.engine import pace
from workers.engine.device import Compute
from workers.engine.group import ALONE
from workers.engine.parameters import LoopParameters
from workers.families.dcgan import Dcgan
from workers.kinds.train import way_of

RULE = Compute("cpu", "bf16", 2, "auto, by whether the CPU has instructions for it")
LONG = LoopParameters(steps=pace.LEAST_STEPS)
WAYS = [("bf16", "channels_last"), ("bf16", "contiguous"), ("fp32", "channels_last"), ("fp32", "contiguous")]


@pytest.fixture
def times(monkeypatch) -> dict[tuple[str, str], float]:
    """Seconds of a step by way, instead of real ones; threads share them."""
    said = dict.fromkeys(WAYS, 1.0)
    monkeypatch.setattr(pace, "step_s", lambda way, *rest: said[way.precision, way.layout] / way.threads)
    return said


def chosen(loop: LoopParameters = LONG, rule: Compute = RULE) -> tuple[tuple[str, str], list[pace.Pace]]:
    way, found = pace.fastest(rule, Dcgan(), loop, parts_of(Dcgan), Dcgan.toy_spec)
    return (way.precision, way.layout), found


@pytest.mark.parametrize("way", WAYS)
def test_a_way_that_is_clearly_faster_is_taken(way, times):
    times[way] = 0.5
    assert chosen()[0] == way


@pytest.mark.parametrize("way", WAYS)
def test_a_way_that_is_hardly_faster_is_not_worth_another_choice(way, times):
    times[way] = 0.95
    assert chosen()[0] == WAYS[0]


def test_what_is_asked_for_is_not_tried(times):
    times[WAYS[3]] = 0.1
    asked = LoopParameters(steps=pace.LEAST_STEPS, precision="bf16")
    assert chosen(asked) == (WAYS[0], [])


def test_a_short_training_takes_the_way_of_the_rule(times):
    times[WAYS[3]] = 0.1
    assert chosen(LoopParameters(steps=pace.LEAST_STEPS - 1)) == (WAYS[0], [])


def test_without_hardware_for_it_bf16_is_not_tried():
    rule = replace(RULE, precision="fp32")
    assert [(way.precision, way.layout) for way in pace.ways(rule, Dcgan.toy_spec)] == WAYS[2:]


def test_items_without_pictures_have_one_layout():
    spec = Spec("text", (Field("text", "token", (16,), 5),))
    assert [way.layout for way in pace.ways(RULE, spec)] == ["channels_last"] * 2


def test_real_steps_are_taken_of_every_way():
    small = LONG.model_copy(update={"batch_size": 4})
    _, found = pace.fastest(replace(RULE, threads=1), Dcgan(**Dcgan.toy), small, parts_of(Dcgan), Dcgan.toy_spec)
    assert [(one.way.precision, one.way.layout) for one in found] == WAYS
    assert {one.way.threads for one in found} == {1}
    assert all(0 < one.step_s < 60 for one in found)


def test_a_way_on_which_memory_runs_out_is_not_taken(monkeypatch):
    def runs_out(**said: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pace, "Training", runs_out)
    assert pace.step_s(RULE, Dcgan(), LONG, parts_of(Dcgan), Dcgan.toy_spec, 4) == float("inf")


def test_a_second_attempt_without_a_saved_state_takes_the_way_of_the_first(times):
    times[WAYS[3]] = 0.1
    order = {"facts": {"precision": "fp32", "layout": "channels_last", "why": pace.WHY}}
    data = {"data": SimpleNamespace(spec=Dcgan.toy_spec)}
    way, paces = way_of(order, RULE, Dcgan(), LONG, data, ALONE)
    assert ((way.precision, way.layout, way.why), paces) == (("fp32", "channels_last", pace.WHY), {})


def test_what_was_measured_is_among_the_facts(times):
    data = {"data": SimpleNamespace(spec=Dcgan.toy_spec)}
    way, said = way_of({}, RULE, Dcgan(), LONG, data, ALONE)
    ways = [f"{number}, {layout}, 1 thread: 1e+03 ms a step" for number, layout in (*WAYS, WAYS[0])]
    assert said == {"paces": [*ways, "bf16, channels_last, 2 threads: 500 ms a step"]}
    assert way.why == pace.WHY


@pytest.mark.parametrize(("gain", "taken"), [(1.0, 8), (0.0, 1), (0.1, 1), (0.5, 8)])
def test_threads_are_as_many_as_pay(gain, taken, monkeypatch):
    monkeypatch.setattr(pace, "step_s", lambda way, *rest: way.threads**-gain)
    way, _ = pace.fastest(replace(RULE, threads=8), Dcgan(), LONG, parts_of(Dcgan), Dcgan.toy_spec)
    assert way.threads == taken


def test_threads_that_no_longer_pay_are_not_taken(monkeypatch):
    monkeypatch.setattr(pace, "step_s", lambda way, *rest: {1: 4.0, 2: 2.0, 4: 2.1, 6: 1.0}[way.threads])
    way, _ = pace.fastest(replace(RULE, threads=6), Dcgan(), LONG, parts_of(Dcgan), Dcgan.toy_spec)
    assert way.threads == 2


def test_where_no_step_can_be_made_the_threads_stay(monkeypatch):
    monkeypatch.setattr(pace, "step_s", lambda *said: float("inf"))
    way, _ = pace.fastest(RULE, Dcgan(), LONG, parts_of(Dcgan), Dcgan.toy_spec)
    assert way.threads == RULE.threads


def test_several_processes_keep_their_threads(times):
    way, found = pace.fastest(RULE, Dcgan(), LONG, parts_of(Dcgan), Dcgan.toy_spec, processes=2)
    assert (way.threads, len(found)) == (2, len(WAYS))


@pytest.mark.parametrize(("threads", "tried"), [(1, []), (2, [1, 2]), (3, [1, 2, 3]), (8, [1, 2, 4, 8])])
def test_threads_are_doubled(threads, tried):
    assert pace.counts(threads) == tried


@pytest.mark.parametrize(("accumulate", "micro_batch"), [(1, 0), (2, 32), (3, 22), (64, 1), (100, 1)])
def test_a_batch_in_so_many_parts(accumulate, micro_batch):
    assert LoopParameters(batch_size=64, accumulate=accumulate).micro_batch == micro_batch
