"""A training that was interrupted, however and wherever, goes on to the very bits that it would have reached.

Over every family that is installed and the toys (one has `n_critic` 3), with the averages, optimisers and defaults of
the loop that they really have; dcgan's toy augments its data. Trainings end amid an epoch: 30 items, batches of 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.contract.toys.plugged import toys
from tests.training import Notes, training
from workers.contracts import Stopped
from workers.engine import checkpoint, promise
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.plugins import plugins

FAMILIES = [pytest.param(cls, id=name) for name, cls in sorted({**plugins("family"), **toys("family")}.items())]
pytestmark = [pytest.mark.parametrize("family", FAMILIES), pytest.mark.usefixtures("toys_installed")]
STEPS, SAVED_EVERY = 11, 4
Trace = list[tuple[int, dict[str, float]]]


class Killed(Exception):
    """Nothing was saved, nothing was said."""


def begun(family: Any, folder: Path, compute: Compute, wants: Callable[[], str] = lambda: "") -> Training:
    """With an own reporter, and with the defaults of family and loop but for steps and batch size."""
    said = {"steps": STEPS, "checkpoint_every": SAVED_EVERY}
    return training(family, folder, report=Notes(), wants=wants, compute=compute, **said)


def killed_at(step: int) -> Callable[[], str]:
    asked = iter(range(step))

    def wants() -> str:
        if next(asked, None) is None:
            raise Killed
        return ""

    return wants


def asked(want: str, step: int) -> Callable[[], str]:
    words = iter([""] * step + [want])
    return lambda: next(words, "")


def interrupted(family: Any, folder: Path, compute: Compute, stops: Iterable[Callable[[], str]]) -> tuple[Any, Trace]:
    """The end of a training that was stopped so often, and its losses as somebody saw them, by step."""
    seen: dict[int, dict[str, float]] = {}
    saved: Path | None = None
    for place, wants in enumerate([*stops, lambda: ""]):
        one = begun(family, folder / str(place), compute, wants)
        if saved:
            one.resume(*checkpoint.read(saved))
        try:
            one.run()
        except (Stopped, Killed):
            seen |= dict(one.report.metrics)
        left = [Path(one.folder, name) for _, name in one.report.checkpoints]
        saved = left[-1] if left else saved
    return one.state, sorted((seen | dict(one.report.metrics)).items())


@pytest.mark.parametrize("precision", ["fp32", "auto"])
@pytest.mark.parametrize("micro_batch", [0, 3])
def test_pause_yield_and_kill_leave_no_trace(family, tmp_path, precision, micro_batch):
    compute = Compute.choose("cpu", precision, 1).in_parts(micro_batch)
    whole = begun(family, tmp_path / "whole", compute)
    end = whole.run()
    stops = [asked("pause", 2), killed_at(5), asked("yield", 1)]  # at 2; at 7, back to 4; at 5
    state, trace = interrupted(family, tmp_path, compute, stops)
    assert trace == whole.report.metrics
    assert state.series == end.series
    found, expected = state.tensors(), end.tensors()
    assert found.keys() == expected.keys()
    assert [name for name in found if not torch.equal(found[name], expected[name])] == []
    assert state.numbers() == end.numbers()


def test_what_it_rests_on_names_the_files_of_the_family(family):
    made = family(**family.toy)
    files = promise.code_of(family, made.build(family.toy_spec))
    assert Path(__import__(family.__module__, fromlist=["x"]).__file__) in files
    assert not [file for file in files if "site-packages" in file.parts]
