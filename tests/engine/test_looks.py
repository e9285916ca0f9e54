"""Looks at a training while it goes on: collapse is seen, the best weights are kept, and no step is changed by it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tests.training import drawn_data, training
from workers.contracts import Sample, Stopped
from workers.engine import checkpoint
from workers.engine.looking import while_training
from workers.engine.looks import Collapsed, Looks, Spread, spread
from workers.engine.loop import Training
from workers.engine.losses import Diverged
from workers.engine.sources import Source
from workers.families.dcgan import Dcgan
from workers.families.ddpm import Ddpm


def grid(width: float) -> dict[str, torch.Tensor]:
    return {"image": width * torch.linspace(-1, 1, 20)[:, None].expand(20, 9)}


OF_DATA = spread(grid(1.0))


class Told:
    """A metric (contracts.Metric) that finds what it was told, look after look."""

    headline, better = "told", "lower"
    found: list[float] = []

    def measure(self, real, made, seed):
        return {"told": SimpleNamespace(value=self.found.pop(0))}


def scheduled(**said) -> Looks:
    return Looks(Spread(), lambda nets, count, heed: {}, Sample({}), (Told,), 2, 50, **said)


def begun(folder, looks, **said):
    made = training(Dcgan, folder, steps=6, **said)
    made.looks = looks
    return made


def test_spread_grows_with_the_differences_and_not_with_the_mean():
    assert spread(grid(2.0)) == pytest.approx(2 * spread(grid(1.0)))
    assert spread({"image": grid(1.0)["image"] + 5}) == pytest.approx(spread(grid(1.0)))
    assert spread({"image": torch.ones(8, 4), "kind": torch.arange(8)}) == 0
    assert spread({"column": torch.tensor([1.0, -1.0])}) == pytest.approx(2**0.5)


def test_samples_that_become_the_same_are_a_collapse_at_the_second_look():
    seen = Spread(OF_DATA, sound_step=15)
    for step, width in ((10, 0.5), (20, 0.9), (30, 0.05)):
        seen.look(step, grid(width))
    assert seen.suspicious
    with pytest.raises(Collapsed, match=r"at step 40 they differ 4% .* at step 20 it was 90%. Kept is .* step 15\."):
        seen.look(40, grid(0.04))


@pytest.mark.parametrize(
    ("sound", "kept"), [(250, "Kept is the checkpoint of step 250."), (0, "No checkpoint is kept.")]
)
def test_a_divergence_says_what_is_kept_and_what_to_do(sound, kept):
    said = Spread(sound_step=sound).advised(Diverged("Loss 'x' is nan at step 300.", field="x", got="nan", step=300))
    assert said.detail.startswith(f"Loss 'x' is nan at step 300. {kept} Train again")
    assert (said.as_dict()["step"], said.as_dict()["checkpoint"], said.code) == (300, sound, "diverged")


def test_one_bad_look_is_forgiven_when_the_next_is_good():
    seen = Spread(OF_DATA)
    for step, width in enumerate((0.9, 0.05, 0.8, 0.05, 0.8)):
        seen.look(step, grid(width))
    assert not seen.suspicious


@pytest.mark.parametrize("widths", [(0.01, 0.02, 0.01, 0.05), (0.9, 0.5, 0.3, 0.25)])
def test_what_begins_alike_or_narrows_a_little_has_not_collapsed(widths):
    seen = Spread(OF_DATA)
    for step, width in enumerate(widths):
        seen.look(step, grid(width))
    assert not seen.suspicious


def test_constant_data_cannot_lose_their_spread():
    seen = Spread(spread({"image": torch.zeros(20, 9)}))
    assert [seen.look(step, grid(0.0)) for step in range(4)] == [1.0] * 4


def test_no_checkpoint_follows_a_bad_look(tmp_path):
    widths = iter((0.9, 0.01, 0.8, 0.9, 0.9, 0.9))
    made = begun(tmp_path, Looks(Spread(OF_DATA)), sample_every=1, checkpoint_every=1)
    made.draw = lambda nets, file, heed: grid(next(widths))
    made.run()
    assert [step for step, _ in made.report.checkpoints] == [1, 3, 4, 5]
    assert made.looks.spread.sound_step == 5


@pytest.mark.parametrize(("better", "step"), [("lower", 4), ("higher", 2)])
def test_the_weights_that_were_evaluated_best_are_put_back(tmp_path, monkeypatch, better, step):
    monkeypatch.setattr(Told, "better", better)
    monkeypatch.setattr(Told, "found", [0.9, 0.2, 0.5])
    made, kept = begun(tmp_path, scheduled(keep="best")), {}
    look = made.looks.look

    def seen(at, nets, heed):
        kept[at] = {name: value.clone() for name, value in nets["generator"].state_dict().items()}
        return look(at, nets, heed)

    made.looks.look = seen
    state = made.run()
    assert [values["told"] for _, values in made.report.metrics if "told" in values] == [0.9, 0.2, 0.5]
    assert made.looks.choose(state.exported(), state.step) == step
    now = state.exported()["generator"].state_dict()
    assert all(torch.equal(now[name], value) for name, value in kept[step].items())
    assert not all(torch.equal(now[name], value) for name, value in kept[6].items())


def test_the_last_weights_stay_where_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(Told, "found", [0.1])
    looks = scheduled(keep="last")
    looks.look(2, {"generator": nn.Linear(2, 2)})
    assert looks.choose({}, 6) == 6


def test_a_resumed_training_remembers_its_best_weights_and_its_spread(tmp_path, monkeypatch):
    monkeypatch.setattr(Told, "found", [0.1, 0.5, 0.6])
    first = begun(tmp_path / "one", scheduled(keep="best"), checkpoint_every=5)
    first.looks.spread = Spread(OF_DATA, best=0.8, best_step=2)
    first.run()
    again = begun(tmp_path / "two", scheduled(keep="best"))
    again.resume(*checkpoint.read(tmp_path / "one" / "checkpoints" / "5"))
    assert (again.looks.best, again.looks.best_step, again.looks.spread.best) == (0.1, 2, 0.8)
    assert again.looks.weights.keys() == first.looks.weights.keys()
    assert all(torch.equal(again.looks.weights[name], value) for name, value in first.looks.weights.items())


def test_looks_change_no_step(tmp_path, monkeypatch):
    monkeypatch.setattr(Told, "found", [0.1, 0.2, 0.3])
    plain, seen = begun(tmp_path / "plain", Looks()), begun(tmp_path / "seen", scheduled(keep="best"))
    assert plain.run().tensors().keys() == seen.run().tensors().keys()
    ends = (one.state.tensors() for one in (plain, seen))
    one, other = ends
    assert all(torch.equal(one[name], other[name]) for name in one)


class Mean:
    """A metric that tells what was made."""

    headline, better = "mean", "higher"

    def measure(self, real, made, seed):
        return {"mean": SimpleNamespace(value=float(made.fields["image"].mean()))}


def seen_often(folder, wants) -> Training:
    """Two steps with unseen items, a grid and figures after each; a look asks three times."""

    def slow(nets, count, heed):
        for _ in range(3):
            heed()
        weights = torch.cat([one.flatten() for one in next(iter(nets.values())).parameters()])
        return {"image": weights[: 9 * count].reshape(count, 9)}

    made = training(Ddpm, folder, steps=2, sample_every=1, checkpoint_every=1, wants=wants)
    made.looks = Looks(Spread(OF_DATA), slow, Sample({}), (Mean,), 1, 8, "best")
    made.draw = lambda nets, file, heed: slow(nets, 20, heed)
    made.holdout = {"data": Source(drawn_data(Ddpm.toy_spec, 10), dict)}
    return made


def test_asked_at_any_moment_a_training_loses_no_step_and_no_figure(tmp_path):
    asks = []
    whole = seen_often(tmp_path / "whole", lambda: asks.append("") or "")
    end = whole.run().tensors()
    assert len(asks) == 2 * (1 + 2 + 3 + 4)  # before a step, amid its scores, its grid and its figures
    for moment in range(len(asks)):
        words = iter([""] * moment + ["pause"])
        first = seen_often(tmp_path / f"{moment} first", lambda words=words: next(words, ""))
        with pytest.raises(Stopped) as stopped:
            first.run()
        saved, place = first.report.checkpoints[-1]
        assert (saved, first.state.step) == (stopped.value.step, stopped.value.step)
        rest = seen_often(tmp_path / f"{moment} rest", lambda: "")
        rest.resume(*checkpoint.read(first.folder / place))
        state = rest.run()
        assert first.report.metrics + rest.report.metrics == whole.report.metrics, moment
        assert first.report.samples + rest.report.samples == whole.report.samples
        assert (rest.looks.best, rest.looks.best_step) == (whole.looks.best, whole.looks.best_step)
        assert rest.looks.spread.best == whole.looks.spread.best
        assert state.step == 2
        assert all(torch.equal(one, end[name]) for name, one in state.tensors().items()), moment


class Killed(Exception):
    """Nothing more is saved, nothing more is said."""


def test_a_training_killed_while_figures_are_measured_loses_no_step(tmp_path, monkeypatch):
    whole = seen_often(tmp_path / "whole", lambda: "")
    whole.run()
    first, rest = seen_often(tmp_path / "first", lambda: ""), seen_often(tmp_path / "rest", lambda: "")
    with monkeypatch.context() as dying:
        dying.setattr(Mean, "measure", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            first.run()
    saved, place = first.report.checkpoints[-1]
    assert saved == first.state.step == 1
    rest.resume(*checkpoint.read(first.folder / place))
    rest.run()
    assert [step for step, _ in rest.report.checkpoints] == [1, 2]  # the first by the schedule, after the look
    assert first.report.metrics + rest.report.metrics == whole.report.metrics


def test_a_wish_to_save_does_not_end_a_look(tmp_path):
    made = seen_often(tmp_path, lambda: "save")
    assert made.run().step == 2


def test_one_metric_of_each_kind_of_thing_judges():
    assert [metric.name for metric in while_training("image")] == ["kid", "fid"]
    assert [metric.name for metric in while_training("text")] == ["ngrams"]
    assert while_training("smell") == ()
