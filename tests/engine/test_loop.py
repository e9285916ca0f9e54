"""The loop: what it does when asked to save or leave, when a loss is no number, and in another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from models_store.errors import IntegrityFailure
from models_store.saved_state import ResumeRefused, refuse_unless_same
from tests.training import Notes, training
from workers.contracts import Fields, Nets, Phase, Stopped, Streams
from workers.engine import checkpoint
from workers.engine.loop import Diverged
from workers.families.dcgan import Dcgan

REPOSITORY = Path(__file__).parents[2]
GO_ON = """
import sys
from pathlib import Path
from tests.training import training
from workers.engine import checkpoint
from workers.families.dcgan import Dcgan
saved, folder = map(Path, sys.argv[1:])
begun = training(Dcgan, folder, steps=9)
begun.resume(*checkpoint.read(saved))
begun.run()
begun.save()
"""


class Broken(Dcgan):
    """Its generator loss is no number from the third step on."""

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        for phase in super().phases(nets, batch, rng):
            bad = "generator" in phase.losses and rng.step == 2
            yield Phase(
                phase.learns, {name: loss * float("nan") if bad else loss for name, loss in phase.losses.items()}
            )


class Seldom(Dcgan):
    """Its generator learns at every third step."""

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        for phase in super().phases(nets, batch, rng):
            if rng.step % 3 == 0 or phase.learns != ("generator",):
                yield phase


def stopped_at(step: int, folder: Path, want: str = "pause", **said: object) -> Path:
    wants = iter([""] * step + [want])
    with pytest.raises(Stopped) as stop:
        training(Dcgan, folder, wants=lambda: next(wants, ""), **said).run()
    assert (stop.value.why, stop.value.step) == (want, step)
    return folder / "checkpoints" / str(step)


def test_another_process_goes_on_to_the_same_bits(tmp_path):
    whole = training(Dcgan, tmp_path / "whole", steps=9)
    whole.run()
    whole.save()
    saved = stopped_at(4, tmp_path / "part", steps=9)
    command = [sys.executable, "-c", GO_ON, str(saved), str(tmp_path / "rest")]
    path = os.pathsep.join(str(REPOSITORY / part) for part in (".", "platform"))
    subprocess.run(command, check=True, cwd=REPOSITORY, env=os.environ | {"PYTHONPATH": path})
    one, other = (tmp_path / name / "checkpoints" / "9" for name in ("whole", "rest"))
    assert (one / "state.safetensors").read_bytes() == (other / "state.safetensors").read_bytes()
    assert (
        json.loads((one / "state.json").read_text())["state"] == json.loads((other / "state.json").read_text())["state"]
    )


def test_save_keeps_the_state_and_goes_on(tmp_path):
    wants, notes = iter(["", "save"]), Notes()
    training(Dcgan, tmp_path, steps=3, wants=lambda: next(wants, ""), report=notes).run()
    assert notes.checkpoints == [(1, "checkpoints/1")]
    assert notes.progressed[-1] == (3, 3, "steps")


@pytest.mark.parametrize("want", ["cancel", "pause", "yield"])
def test_asked_to_leave_it_saves_first(tmp_path, want):
    assert checkpoint.read(stopped_at(2, tmp_path, want))[1]["state"]["step"] == 2


def test_a_loss_that_is_no_number_stops_with_step_and_name(tmp_path):
    with pytest.raises(Diverged) as diverged:
        training(Broken, tmp_path).run()
    assert diverged.value.as_dict() | {"field": "generator", "step": 2, "code": "diverged"} == diverged.value.as_dict()


def test_a_phase_that_a_family_leaves_out_of_a_step_learns_nothing_in_it(tmp_path):
    notes = Notes()
    training(Seldom, tmp_path, steps=4, report=notes).run()
    assert [step for step, values in notes.metrics if "generator" in values] == [1, 4]


def test_the_series_stays_bounded(tmp_path):
    state = training(Dcgan, tmp_path, steps=3).run()
    long = training(Dcgan, tmp_path, steps=100_000)
    long.state.step = 99
    long.keep_series()
    assert [entry["step"] for entry in state.series] == [1, 2, 3]
    assert long.state.series == []


def test_the_newest_two_checkpoints_stay(tmp_path):
    training(Dcgan, tmp_path, steps=5, checkpoint_every=1).run()
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["3", "4"]


def test_a_checkpoint_cut_short_is_refused(tmp_path):
    file = stopped_at(1, tmp_path) / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(IntegrityFailure):
        checkpoint.read(file.parent)


def test_a_checkpoint_without_a_network_is_refused(tmp_path):
    saved = stopped_at(1, tmp_path)
    kept = {
        k: v for k, v in load_file(saved / "state.safetensors").items() if not k.startswith("nets/generator/project")
    }
    save_file(kept, saved / "state.safetensors")
    with pytest.raises(IntegrityFailure) as refused:
        training(Dcgan, tmp_path / "again").resume(*checkpoint.read(saved))
    assert refused.value.field == "nets.generator"


def test_another_state_version_is_refused_with_both():
    with pytest.raises(ResumeRefused) as refused:
        refuse_unless_same({"state_version": 1}, {"state_version": 2})
    assert (refused.value.field, refused.value.expected, refused.value.got) == ("resume.state_version", 2, 1)
