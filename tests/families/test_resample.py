"""The resampling baseline: it hands out real items, all alike, or mixes of two, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.stats import beta

from models_store.errors import InvalidInput
from tests.digits_fields import real_digits
from tests.training import Notes
from workers.contracts import Attempt, Field, Spec
from workers.engine.bundle import session
from workers.engine.device import Compute
from workers.engine.export import export_all
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.sources import Source
from workers.engine.streams import SeededStreams
from workers.families.resample import Resample
from workers.nets.item_table import ItemTable, Lookup
from workers.plugins import plugin

SPEC = Spec("image", (Field("image", "continuous", (1, 8, 8)),))


def stored(count: int, slots: int = 100, seed: str = "1") -> ItemTable:
    """A table of `count` drawn pictures, as bytes hold them."""
    table = ItemTable((1, 8, 8), slots)
    table.keep(SeededStreams(seed, 0).integers("pixels", 0, 256, count, 1, 8, 8) / 127.5 - 1)
    return table


def filled(folder: Path, *, steps: int, items: int, **said: Any) -> tuple[Resample, Any, torch.Tensor]:
    """A table filled by a training on digits, and those digits."""
    family, data = Resample(items=items, **said), real_digits().train.arrays["image"]
    training = Training(
        family=family, loop=LoopParameters(steps=steps, batch_size=50), spec=SPEC,
        sources={"data": Source({"image": data}, dict)},
        seed="3", compute=Compute("cpu", "fp32", 1), folder=folder, report=Notes(),
    )  # fmt: skip
    return family, training.run().exported(), data


def noise(count: int, width: int) -> torch.Tensor:
    return SeededStreams("4", 0).normal("noise", count, width)


def test_bootstrap_hands_out_real_items_as_bytes_hold_them(tmp_path):
    family, nets, data = filled(tmp_path, steps=4, items=100)
    made = family.graphs(nets, SPEC)["lookup"].module(noise(64, 1))
    as_bytes = [((value + 1) * 127.5).round().flatten(1) for value in (made, data)]
    assert torch.cdist(*as_bytes).min(1).values.max() < 1e-3


def test_the_table_keeps_the_first_items_of_the_seeded_order_each_once(tmp_path):
    _, nets, _ = filled(tmp_path, steps=4, items=100)
    assert int(nets["table"].filled) == 100
    assert len(nets["table"].items.unique(dim=0)) == 100


def test_a_table_that_was_not_filled_hands_out_what_it_has(tmp_path):
    family, nets, _ = filled(tmp_path, steps=1, items=5000)
    module = family.graphs(nets, SPEC)["lookup"].module
    assert module.items.shape == (50, 64)
    assert module(noise(64, 1)).std(0).max() > 0


def test_every_stored_item_is_equally_likely():
    rows = Lookup(stored(10)).row(noise(20_000, 1)[:, 0])
    counts = rows.unique(dim=0, return_counts=True)[1]
    assert len(counts) == 10
    assert ((counts - 2000).abs() < 5 * 2000**0.5).all()


def test_extreme_noise_still_finds_an_item():
    table = stored(7)
    made = Lookup(table)(torch.tensor([[-40.0], [40.0]]))
    torch.testing.assert_close(made, table.drawn(torch.tensor([0, 6])))


def test_a_mix_lies_on_the_line_between_two_items():
    table = stored(2)
    one, other = table.drawn(torch.tensor([0, 1]))
    made = Lookup(table, Resample(method="mixup", mixup_alpha=1.0).shares())(noise(200, 3))
    line = (one - other).flatten()
    share = (made - other).flatten(1) @ line / (line @ line)
    torch.testing.assert_close(made, other + share.view(-1, 1, 1, 1) * (one - other), atol=1e-5, rtol=0)
    assert share.min() >= 0
    assert share.max() <= 1


@pytest.mark.parametrize("alpha", [0.2, 0.4, 1.0, 8.0])
def test_shares_have_mean_and_variance_of_beta(alpha):
    shares = Resample(mixup_alpha=alpha).shares().double()
    assert shares.mean().item() == pytest.approx(0.5, abs=1e-6)
    assert shares.var(correction=0).item() == pytest.approx(beta(alpha, alpha).var(), rel=0.02)
    torch.testing.assert_close(shares + shares.flip(0), torch.ones_like(shares))


@pytest.mark.parametrize("method", ["bootstrap", "mixup"])
def test_onnx_takes_the_same_rows_for_any_noise(method, tmp_path):
    family, nets, _ = filled(tmp_path, steps=20, items=1000, method=method)
    graphs = family.graphs(nets, SPEC)
    export_all(graphs, tmp_path)
    drawn = noise(5000, graphs["lookup"].inputs[0].shape[0])
    (made,) = session(tmp_path / "lookup.onnx", "cpu", 1).run(["image"], {"noise": drawn.numpy()})
    torch.testing.assert_close(torch.from_numpy(made), graphs["lookup"].module(drawn), atol=1e-6, rtol=0)


def test_nothing_is_learned_and_the_reported_figure_is_the_distance_of_two_items():
    family = Resample(items=10)
    nets = family.build(SPEC)
    (phase,) = family.phases(nets, {"image": torch.ones(1, 1, 8, 8)}, SeededStreams("1", 0))
    assert phase.learns == ()
    assert phase.losses["distance"].item() == 0
    (phase,) = family.phases(nets, {"image": -torch.ones(6, 1, 8, 8)}, SeededStreams("2", 0))
    assert set(phase.losses["distance"].tolist()) <= {0.0, 2.0}
    assert not list(nets["table"].parameters())
    assert family.optimizers(nets) == {}


def test_a_training_job_draws_its_grids_and_leaves_a_bundle(tmp_path):
    notes, about = Notes(), {"seed": "5", "device": "cpu", "threads": 1}
    order = about | {"kind": "ingest", "inputs": {"builtin": "digits"}, "modality": "image", "params": {"size": 8}}
    plugin("kind", "ingest")().run(Attempt(tmp_path, order, notes, lambda: ""))
    inputs = {"data": {"path": str(tmp_path / "dataset")}}
    order = about | {"kind": "train", "family": "resample", "inputs": inputs, "params": {"steps": 3}}
    result = plugin("kind", "train")().run(Attempt(tmp_path, order, notes, lambda: ""))
    assert [step for step, _ in notes.samples] == [3]
    assert result["metrics"]["losses"].keys() == {"distance"}
    assert (tmp_path / "bundle" / "model" / "lookup.onnx").exists()


def test_a_table_too_large_to_export_is_refused_with_what_would_do():
    spec = Spec("image", (Field("image", "continuous", (3, 256, 256)),))
    with pytest.raises(InvalidInput) as refused:
        Resample().check(spec)
    assert refused.value.field == "params.items"
    Resample(items=int(refused.value.expected.rpartition(" ")[2])).check(spec)


def test_its_summary_says_in_both_languages_that_real_items_are_handed_out():
    assert "real items" in Resample.title
    assert "IS training data" in Resample.summary
    assert "真实样本" in Resample.title_zh
    assert "输出就是训练数据本身" in Resample.summary_zh
