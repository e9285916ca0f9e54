"""Paths measured at publish: what passes, what is chosen, and that a bundle runs on any machine."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training import Notes
from workers.contracts import Attempt, Field, Spec, Stopped
from workers.engine import bundle_files
from workers.engine.bundle import Bundle
from workers.engine.device import Compute
from workers.engine.parameters import split
from workers.engine.parity import apart
from workers.engine.paths import measuring, opening, quality
from workers.engine.paths.candidates import BASELINE, NAMES, PathMissing
from workers.engine.paths.choosing import PathUnusable, choice
from workers.engine.paths.measuring import Measure
from workers.engine.paths.table import Row, choose, usable
from workers.engine.sampler import sample
from workers.engine.training_state import TrainingState
from workers.engine.wishes import plain
from workers.kinds.generate import Generate
from workers.kinds.train import measure_of
from workers.plugins import plugin

SPEC = Spec("image", (Field("image", "continuous", (1, 16, 16)),))
HAS_OPENVINO = find_spec("openvino") is not None
PASSED = Row("openvino_bf16", 2, {"32": 1.0}, passes=True)
BASE = Row("onnxruntime_fp32", 2, {"32": 2.0}, passes=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle whose paths were measured for two threads within no time."""
    family, folder = plugin("family", "dcgan")(latent_dim=8, width=4), tmp_path_factory.mktemp("paths")
    nets = TrainingState.begin(family, SPEC, "1", Compute("cpu", "fp32", 1)).exported()
    with torch.no_grad():  # fresh weights of 0.02 make items that are all alike
        for weight in nets["generator"].parameters():
            if weight.dim() > 1:
                weight.mul_(4)
    bundle_files.write(
        folder, family=family, nets=nets, spec=SPEC, made=SPEC, figures={}, measure=Measure(0.01, 2, "cpu", "x"),
        preprocess={"modality": "image", "params": plugin("modality", "image")(size=16).model_dump(mode="json")},
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def table(published: Path) -> dict[str, Any]:
    return json.loads((published / "metrics.json").read_text(encoding="utf-8"))["paths"]


def with_chosen(published: Path, place: Path, path: str) -> Path:
    """A copy of the bundle that says another path was chosen."""
    shutil.copytree(published, place)
    said = json.loads((place / "metrics.json").read_text(encoding="utf-8"))
    said["paths"]["chosen"] = {"path": path, "threads": 2, "faster": 2.0, "why": "a test"}
    (place / "metrics.json").write_text(json.dumps(said), encoding="utf-8")
    return place


def images(bundle: Bundle) -> np.ndarray:
    return np.concatenate([fields["image"].numpy() for _, fields in sample(bundle, plain("1", range(3)))])


def test_the_table_names_every_path_of_this_device_with_a_verdict(table: dict[str, Any]):
    named = {row["path"] for row in table["rows"]}
    assert named == {name for name, one in NAMES.items() if one.device == "cpu"}
    assert all(row["passes"] or row["why"] for row in table["rows"])


def test_a_graph_that_sampling_never_calls_does_not_keep_the_others_from_eight_bits(tmp_path: Path):
    family, _ = split(plugin("family", "vae"), {"network": "fully_connected", "layers": "32", "latent_dim": 4})
    nets = TrainingState.begin(family, SPEC, "1", Compute("cpu", "fp32", 1)).exported()
    metrics = bundle_files.write(
        tmp_path, family=family, nets=nets, spec=SPEC, made=SPEC, figures={}, measure=Measure(0.01, 1, "cpu", "x"),
        preprocess={"modality": "image", "params": plugin("modality", "image")(size=16).model_dump(mode="json")},
    )  # fmt: skip
    (row,) = [row for row in metrics["paths"]["rows"] if row["path"] == "onnxruntime_int8"]
    assert "apart" in row, row["why"]  # it was opened and compared


def test_what_passes_was_timed_and_is_within_its_tolerance(table: dict[str, Any]):
    for row in (row for row in table["rows"] if row["passes"]):
        assert set(row["ms"]) == {"1", "32"}
        assert row["apart"] <= row["tolerance"]


def test_torch_stands_beside_and_is_never_chosen():
    assert choose([BASE, Row("torch_bf16", 2, {"32": 0.1}, passes=True)], 32, 2)["path"] == BASELINE.name


def test_the_fastest_path_that_passes_is_chosen():
    slower = Row("openvino_fp32", 2, {"32": 1.5}, passes=True)
    assert choose([BASE, slower, PASSED], 32, 2) | {"why": ""} == {
        "path": "openvino_bf16", "threads": 2, "faster": 2.0, "why": "",
    }  # fmt: skip


def test_a_faster_path_that_does_not_pass_is_not_chosen():
    assert choose([BASE, replace(PASSED, passes=False, why="too far")], 32, 2)["path"] == BASELINE.name


def test_a_path_hardly_faster_is_not_worth_leaving_the_baseline():
    assert choose([BASE, replace(PASSED, ms={"32": 1.9})], 32, 2)["path"] == BASELINE.name


def test_every_onnx_path_can_be_asked_for_by_a_job():
    offered = Generate.model_json_schema()["properties"]["path"]["enum"]
    assert set(offered) == {"", *(name for name, one in NAMES.items() if one.is_onnx)}


def test_only_onnx_paths_that_passed_may_be_asked_for():
    rows = [BASE, PASSED, Row("torch_fp32", 2, {}, passes=True), Row("openvino_fp32", 2, {}, why="no")]
    rows.append(Row("of_a_later_version", 2, {}, passes=True))
    said = {"rows": [row.as_dict() for row in rows]}
    assert usable(said) == ["onnxruntime_fp32", "openvino_bf16"]
    with pytest.raises(PathUnusable) as refused:
        choice(said, asked="torch_fp32")
    assert refused.value.as_dict()["code"] == "path_unusable"


def test_a_bundle_without_a_table_runs_on_the_baseline():
    assert choice({}, threads=2).candidate is BASELINE


@pytest.mark.parametrize("name", ["torch_fp32", "of_a_later_version", ["onnxruntime_fp32"], None])
def test_a_chosen_path_that_is_none_to_generate_on_is_passed_over(name):
    found = choice({"chosen": {"path": name, "threads": 2, "why": "by hand"}}, threads=2)
    assert (found.candidate, found.threads) == (BASELINE, 2)
    assert f"{name} is not known here" in found.why


def test_what_was_measured_on_a_gpu_says_nothing_of_a_cpu():
    chosen = {"path": "cuda_fp16", "threads": 2, "why": ""}
    assert choice({"device": "cuda:0", "chosen": chosen}, device="cpu").candidate is BASELINE


def test_a_machine_without_the_runtime_falls_back_and_says_so(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    place = with_chosen(published, tmp_path / "b", "openvino_fp32")
    facts = Bundle.open(place, "cpu", 1).facts()
    assert facts["path"] == BASELINE.name
    assert "OpenVINO is not installed" in facts["path_why"]


def test_a_path_that_is_asked_for_is_never_replaced(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    monkeypatch.setattr("workers.engine.paths.choosing.usable", lambda said: ["openvino_fp32"])
    with pytest.raises(PathMissing):
        Bundle.open(published, "cpu", 1, asked="openvino_fp32")


def test_an_asked_for_path_outdoes_the_chosen_one(published: Path, tmp_path: Path):
    place = with_chosen(published, tmp_path / "b", "openvino_fp32")
    assert Bundle.open(place, "cpu", 1, asked=BASELINE.name).way is BASELINE


@pytest.mark.skipif(not HAS_OPENVINO, reason="openvino is not installed")
def test_an_item_in_another_runtime_is_the_item_of_the_baseline(published: Path, tmp_path: Path):
    place = with_chosen(published, tmp_path / "b", "openvino_fp32")
    bundle = Bundle.open(place, "cpu", 1)
    assert bundle.way.name == "openvino_fp32"
    np.testing.assert_allclose(images(bundle), images(Bundle.open(place, "cpu", 1, BASELINE.name)), atol=1e-4)


@pytest.mark.skipif(not HAS_OPENVINO, reason="openvino is not installed")
def test_what_another_runtime_made_stays_whatever_it_is_called_with_next(published: Path):
    run = opening.opened(published, NAMES["openvino_fp32"], "generator")
    noise = np.random.default_rng(1).standard_normal((2, 3, 8), np.float32)
    noise.flags.writeable = False
    (first,) = run.run(None, {"noise": noise[0]})
    kept = first.copy()
    (other,) = run.run(["image"], {"noise": np.asfortranarray(noise[1])})
    np.testing.assert_array_equal(first, kept)
    assert not np.array_equal(other, kept)
    np.testing.assert_array_equal(run.run(["image"], {"noise": noise[0]})[0], kept)


def test_same_is_one_for_the_same_items_and_nothing_for_those_of_a_neighbour():
    items = {"image": torch.randn(8, 1, 4, 4, generator=torch.Generator().manual_seed(1))}
    assert quality.same(items, items) == 1.0
    assert quality.same(items, {"image": items["image"].roll(1, 0)}) == 0.0


def test_same_falls_as_noise_grows():
    items = torch.randn(8, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    noise = torch.randn(8, 1, 4, 4, generator=torch.Generator().manual_seed(2))
    found = [quality.same({"x": items}, {"x": items + size * noise}) for size in (0.01, 0.1, 0.3)]
    assert found == sorted(found, reverse=True)


def test_a_not_a_number_passes_no_tolerance():
    one, two = np.ones(3, np.float32), np.array([1, np.nan, 1], np.float32)
    assert not apart(one, two, relative=True) <= 1.0
    assert not apart(one, two, relative=False) <= 1.0


def test_other_tokens_than_those_of_torch_leave_a_row_that_is_json():
    said = Row("openvino_bf16", 1, {}, apart=float("inf"), tolerance=0.02).as_dict()
    assert "apart" not in json.loads(json.dumps(said, allow_nan=False))


def test_a_path_whose_items_depend_on_their_company_does_not_pass():
    class Together:
        """Takes the mean over the batch into each item, as scales that are worked out for each batch do."""

        def run(self, names: Any, fed: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [fed["noise"] - fed["noise"].mean(0)]

        def get_providers(self) -> list[str]:
            return []

    family = plugin("family", "dcgan")(latent_dim=8, width=4)
    graphs = family.graphs(family.build(SPEC), SPEC)
    found = measuring.Measurement(Path(), graphs, None, 1e-4, Measure(1.0, 1))  # type: ignore[arg-type]
    assert not found._alone("generator", Together())


def test_graphs_that_no_passing_path_runs_are_not_in_the_bundle(published: Path, table: dict[str, Any]):
    kept = {measuring.GRAPHS_OF[row["path"]] for row in table["rows"] if row["passes"]}
    folders = {path.parent.relative_to(published).as_posix() for path in published.rglob("*.onnx")}
    assert folders <= kept


def test_a_training_measures_paths_where_its_order_says_for_how_long():
    compute = Compute("cpu", "fp32", 1)
    assert measure_of(Attempt(Path(), {"threads": 2}, Notes(), str), compute, 9) is None
    asked = measure_of(Attempt(Path(), {"threads": 2, "measure_s": 5}, Notes(), str), compute, 9)
    assert asked is not None
    assert (asked.seconds, asked.threads) == (5, 2)


def test_measuring_is_left_where_nobody_wants_the_model_any_more():
    wants = iter(["pause", "", "cancel"])
    asked = measure_of(
        Attempt(Path(), {"threads": 2, "measure_s": 5}, Notes(), lambda: next(wants)), Compute("cpu", "fp32", 1), 9
    )
    assert asked is not None
    with pytest.raises(Stopped) as left:
        measuring.Measurement(Path(), {}, None, 1e-4, asked).run()  # type: ignore[arg-type]
    assert (left.value.why, left.value.step) == ("cancel", 9)
