"""An estimate counts what there is, measures a few steps, and tells what follows for batches that it did not try."""

from __future__ import annotations

import resource
from typing import Any

import pytest

from tests.contract.toys.attempts import attempt, run
from tests.contract.toys.plugged import plugged, toys
from tests.training import parts_of
from workers.engine import memory, probe
from workers.engine.probe import Need, halves, measured, predicted
from workers.families.dcgan import Dcgan
from workers.kinds import estimate
from workers.plugins import plugins

FAMILIES = [pytest.param(cls, id=name) for name, cls in sorted({**plugins("family"), **toys("family")}.items())]
PICTURE = {"modality": "image", "fields": [{"name": "image", "kind": "continuous", "shape": [1, 32, 32]}]}


@pytest.fixture(scope="module")
def toys_there():
    with plugged():
        yield


def asked(folder: Any, family: str, specs: dict[str, Any], **params: Any) -> dict[str, Any]:
    return run(attempt(folder, "estimate", family=family, specs=specs, params={"precision": "fp32"} | params))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_estimated(family, tmp_path, toys_there):
    specs = {role: part.as_dict() for role, part in parts_of(family).items()}
    said = asked(tmp_path, family.name, specs, steps=10, batch_size=8, **family.toy)
    assert said["fits"]
    assert said["suggested_batch"] == 8
    nets = family(**family.toy).build(family.toy_spec)
    assert said["parameters"] == {n: sum(w.numel() for w in net.parameters()) for n, net in nets.items()}
    assert [row["batch_size"] for row in said["batches"]] == [8, 4, 2, 1]
    assert said["train_s"] == pytest.approx(10 * said["step_s"], abs=0.06)
    assert said["load"] >= 0


def test_the_way_of_an_earlier_training_outdoes_the_rule_of_the_hardware_unless_a_format_is_asked_for(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(estimate, "memory_of", lambda compute: 1 << 10)  # nothing needs to be tried
    way = {"precision": "bf16", "layout": "contiguous"}
    for precision, found in (("auto", ("bf16", "contiguous")), ("fp32", ("fp32", "channels_last"))):
        params = {"precision": precision, **Dcgan.toy}
        specs = {"data": Dcgan.toy_spec.as_dict()}
        said = run(attempt(tmp_path / precision, "estimate", family="dcgan", specs=specs, params=params, way=way))
        assert (said["precision"], said["layout"]) == found


def test_networks_that_are_larger_than_the_memory_are_told_without_being_built(tmp_path, monkeypatch):
    monkeypatch.setattr(estimate, "memory_of", lambda compute: 1 << 20)
    said = asked(tmp_path, "dcgan", {"data": PICTURE}, width=32)
    assert (said["fits"], said["suggested_batch"], said["batches"]) == (False, None, [])


def test_a_larger_batch_takes_more_and_half_of_it_is_suggested_where_only_that_fits():
    sizes = {"weights": 100, "gradients": 100}
    found = [Need(8, 1000, 0.1), Need(16, 1800, 0.2)]
    said = estimate.answer(found, 64, 10, room_bytes=4000, sizes=sizes)
    assert [(row["batch_size"], row["memory_bytes"], row["measured"]) for row in said["batches"]][:4] == [
        (64, 6600, False), (32, 3400, False), (16, 1800, True), (8, 1000, True),
    ]  # fmt: skip
    assert (said["fits"], said["suggested_batch"]) == (False, 32)
    assert said["bytes"]["activations"] == 6600 - 200
    assert said["train_s"] == pytest.approx(8.0)


def test_what_would_take_too_long_or_too_much_is_not_tried():
    def need(size: int) -> Need:
        return Need(size, 100 * size, 1.0 * size)

    assert [one.batch_size for one in measured(need, 64, free_bytes=1700, budget_s=10**6)] == [1, 8]
    assert [one.batch_size for one in measured(need, 64, free_bytes=10**9, budget_s=40)] == [1, 8]
    assert [one.batch_size for one in measured(need, 64, free_bytes=20000, budget_s=10**6)] == [1, 8, 64]


def test_where_memory_runs_out_the_smaller_ones_tell():
    def need(size: int) -> Need:
        if size > 8:
            raise MemoryError
        return Need(size, size, 0.0)

    assert [one.batch_size for one in measured(need, 64, free_bytes=10**9)] == [1, 8]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_halves_end_at_one(size):
    assert halves(size)[0] == size
    assert halves(size)[-1] == 1


def test_a_line_through_what_was_measured_meets_it():
    found = [Need(2, 30, 0.3), Need(4, 50, 0.5)]
    assert predicted(found, 4).memory_bytes == 50
    assert predicted(found, 8).memory_bytes == 90


def test_items_are_like_those_of_the_data():
    items = probe.items_of(Dcgan.toy_spec, 5)
    assert items["image"].shape == (5, 1, 16, 16)
    assert set(items["condition"].tolist()) <= {0, 1}


def test_a_limit_of_the_process_counts_as_its_memory(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda what: (123 << 20, 123 << 20))
    assert memory.there_is() == 123 << 20


def test_errors_of_memory_are_known_from_others():
    assert memory.ran_out(MemoryError())
    assert memory.ran_out(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"))
    assert memory.ran_out(OSError(12, "Cannot allocate memory"))
    assert not memory.ran_out(OSError(28, "No space left on device"))
    assert not memory.ran_out(RuntimeError("size mismatch"))
