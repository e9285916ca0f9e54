"""The engine's kinds one after the other, as a parent drives them: ingest, train, evaluate, generate."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models_store.errors import IntegrityFailure, InvalidInput
from models_store.keys import Keyring
from models_store.saved_state import ResumeRefused
from models_store.signing import sign_es256
from tests.home import HOME
from tests.training import Notes
from workers.contracts import Attempt, Stopped
from workers.engine.bundle import Bundle
from workers.engine.parameters import kind_of

PARAMS = {
    "steps": 6, "batch_size": 16, "latent_dim": 8, "width": 4, "sample_every": 3, "checkpoint_every": 2,
    "precision": "fp32", "generator_lr": 0.05,
}  # fmt: skip
AS = {"model_version": "m", "model_name": "digits@1", "stage": "draft"}
RELEASE = {"job": "j", "project": "p", "producer": "Kilnmark", "models": {"model": AS, "model_2": AS}}


def attempt(folder: Path, wants: Any = lambda: "", **order: Any) -> Attempt:
    folder.mkdir(parents=True, exist_ok=True)
    keyring = Keyring.load(HOME / "keys")
    said = {"job": "j", "seed": "5", "device": "cpu", "threads": 1} | order
    if said["kind"] == "generate":
        said["release"] = RELEASE | {"certificates_pem": keyring.credential_chain_pem}
    sign = partial(sign_es256, keyring.credential)
    return Attempt(folder, said, Notes(), wants, {"mark_key": "ab" * 32}, sign)


def run(made: Attempt) -> dict[str, Any]:
    return kind_of(made.order).run(made)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("ingest")
    order = {"kind": "ingest", "modality": "image", "params": {"size": 16}, "inputs": {"builtin": "digits"}}
    return {"data": {"path": str(folder / run(attempt(folder, **order))["dataset"])}}


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> tuple[Attempt, dict[str, Any]]:
    made = attempt(tmp_path_factory.mktemp("train"), kind="train", family="dcgan", params=PARAMS, inputs=data)
    return made, run(made)


@pytest.fixture(scope="module")
def model(trained) -> dict[str, Any]:
    return {"model": {"path": str(trained[0].folder / trained[1]["bundle"])}}


def generated(folder: Path, model: dict[str, Any], **order: Any) -> tuple[Attempt, dict[str, Any]]:
    made = attempt(folder, kind="generate", inputs=model, **order)
    return made, run(made)


@pytest.fixture(autouse=True)
def taught_briefly(monkeypatch):
    """That a figure is measured is claimed here, and not how well the recogniser behind it knows digits."""
    monkeypatch.setattr("workers.metrics.recognition.UPDATES", 10)


def items(made: Attempt) -> list[dict[str, Any]]:
    return [item for chunk in made.report.chunks for item in chunk]


def test_a_training_leaves_an_event_file_for_tensorboard(trained):
    made, result = trained
    assert (made.folder / result["tensorboard"]).read_bytes().count(b"samples") == len(made.report.samples)


def test_a_training_leaves_a_bundle_grids_and_figures(trained):
    made, result = trained
    bundle = made.folder / result["bundle"]
    files = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert files == {
        "model/generator.onnx", "weights.safetensors", "preprocess.json", "metrics.json", "graphs.json",
    }  # fmt: skip
    assert result["metrics"]["parity"]["max_abs_diff"] <= 1e-4
    assert [step for step, _ in made.report.samples] == [3, 6]
    assert all((made.folder / file).exists() for _, file in made.report.samples)
    assert made.report.said["precision"] == "fp32"


def test_a_resumed_training_exports_the_same_weights(trained, data, tmp_path):
    wants = iter(["", "", "", "yield"])
    first = attempt(
        tmp_path / "first", lambda: next(wants, ""), kind="train", family="dcgan", params=PARAMS, inputs=data
    )
    with pytest.raises(Stopped):
        run(first)
    resume = str(first.folder / first.report.checkpoints[-1][1])
    second = attempt(tmp_path / "second", kind="train", family="dcgan", params=PARAMS, inputs=data, resume=resume)
    result = run(second)
    one, two = (made.folder / "bundle" / "weights.safetensors" for made in (trained[0], second))
    assert one.read_bytes() == two.read_bytes()
    assert result["steps"] == 6


def test_a_state_of_another_training_is_refused_with_the_difference(data, tmp_path):
    wants = iter(["", "pause"])
    first = attempt(tmp_path / "a", lambda: next(wants, ""), kind="train", family="dcgan", params=PARAMS, inputs=data)
    with pytest.raises(Stopped):
        run(first)
    resume = str(first.folder / first.report.checkpoints[-1][1])
    other = PARAMS | {"latent_dim": 9}
    with pytest.raises(ResumeRefused) as refused:
        run(attempt(tmp_path / "b", kind="train", family="dcgan", params=other, inputs=data, resume=resume))
    assert refused.value.field == "resume.params"


def test_data_of_a_size_the_family_cannot_learn_are_refused(tmp_path):
    order = {"kind": "ingest", "modality": "image", "params": {"size": 24}, "inputs": {"builtin": "digits"}}
    made = attempt(tmp_path / "data", **order)
    data = {"data": {"path": str(made.folder / run(made)["dataset"])}}
    with pytest.raises(InvalidInput) as refused:
        run(attempt(tmp_path / "train", kind="train", family="dcgan", params=PARAMS, inputs=data))
    assert refused.value.field == "data"


def test_the_same_seed_makes_the_same_content_and_another_does_not(model, tmp_path):
    one, _ = generated(tmp_path / "a", model, params={"count": 3})
    again, _ = generated(tmp_path / "b", model, params={"count": 3})
    other, _ = generated(tmp_path / "c", model, params={"count": 3}, seed="6")
    digests = [[item["content_sha256"] for item in items(made)] for made in (one, again, other)]
    assert digests[0] == digests[1]
    assert not set(digests[0]) & set(digests[2])


def test_an_artifact_does_not_depend_on_those_made_beside_it(model, tmp_path):
    whole, _ = generated(tmp_path / "whole", model, params={"count": 70})
    rest, result = generated(tmp_path / "rest", model, params={"count": 70}, done=list(range(65)))
    found = {item["index"]: item["content_sha256"] for item in items(whole)}
    assert [(item["index"], item["content_sha256"]) for item in items(rest)] == [
        (index, found[index]) for index in range(65, 70)
    ]
    assert result["count"] == 70


def test_artifacts_come_in_chunks_with_marks_and_files(model, tmp_path):
    made, result = generated(tmp_path / "a", model, params={"count": 70})
    assert [len(chunk) for chunk in made.report.chunks] == [64, 6]
    first = items(made)[0]
    assert (made.folder / first["file"]).stat().st_size == first["size"]
    assert {"watermark", "label", "c2pa", "fingerprint"} <= first["marks"].keys()
    assert first["seed"] == "5"
    assert (made.folder / result["sheet"]).exists()


@pytest.mark.parametrize("kind", ["generate", "evaluate"])
def test_the_device_is_told_as_ordered_and_beside_it_what_really_runs(kind, model, data, tmp_path):
    params = {"count": 10} | ({"metrics": ["precision_recall"]} if kind == "evaluate" else {})
    made = attempt(tmp_path / "f", kind=kind, inputs=model | data, params=params)
    run(made)
    assert (made.report.said["device"], made.report.said["provider"]) == ("cpu", "CPUExecutionProvider")


def test_a_stop_reports_what_is_finished(model, tmp_path):
    wants = iter(["", "yield"])
    made = attempt(tmp_path / "a", lambda: next(wants, ""), kind="generate", inputs=model, params={"count": 70})
    with pytest.raises(Stopped):
        run(made)
    assert [item["index"] for item in items(made)] == list(range(32))


def test_nothing_is_generated_without_a_key(model, tmp_path):
    made = attempt(tmp_path / "a", kind="generate", inputs=model, params={"count": 1})
    bare = Attempt(made.folder, made.order, made.report, made.wants, {}, None)
    with pytest.raises(InvalidInput):
        run(bare)


def test_figures_are_measured_on_samples(model, data, tmp_path):
    made = attempt(
        tmp_path / "e", kind="evaluate", inputs=model | data, params={"count": 50, "metrics": ["precision_recall"]}
    )
    figures = run(made)["metrics"]
    assert set(figures) == {"precision", "recall"}
    assert figures["precision"]["n"] == 50


def test_an_unknown_metric_is_refused_with_those_there_are(model, data, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        run(attempt(tmp_path / "e", kind="evaluate", inputs=model | data, params={"count": 50, "metrics": ["beauty"]}))
    assert "classifier" in refused.value.expected


def test_a_damaged_model_file_is_refused_by_name(model, tmp_path):
    copy = tmp_path / "bundle"
    shutil.copytree(model["model"]["path"], copy)
    (copy / "model" / "generator.onnx").write_bytes(b"not a model")
    with pytest.raises(IntegrityFailure) as refused:
        Bundle.open(copy)
    assert refused.value.field == "generator.onnx"


def test_graphs_say_family_parameters_and_ports(trained):
    made, result = trained
    said = json.loads((made.folder / result["bundle"] / "graphs.json").read_text())
    assert said["family"] == "dcgan"
    assert said["graphs"]["generator"]["inputs"][0]["name"] == "noise"


def test_one_of_many_is_made_again_by_its_seed_and_number(model, tmp_path):
    many, _ = generated(tmp_path / "many", model, seed="77", params={"count": 6})
    one, _ = generated(tmp_path / "one", model, seed="77", params={"count": 1, "first": 4})
    (again,) = items(one)
    assert again["content_sha256"] == items(many)[4]["content_sha256"]
    assert again["content_sha256"] != items(many)[0]["content_sha256"]
    assert again["index"] == 0


def test_a_path_between_seeds_has_no_first_number(model, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        generated(tmp_path, model, params={"count": 3, "first": 1, "interpolate": ["1", "2"]})
    assert refused.value.field == "params.first"
