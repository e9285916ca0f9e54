"""Paths through the whole platform: measured at publish by the training's worker, taken by that of the artifacts."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module")
def paths(platform_up: Any, trained: dict[str, Any]) -> dict[str, Any]:
    """The table that the training's version was published with."""
    made = trained["result"]
    return platform_up.submitter.get(f"models/{made['model']}/versions/{made['version']}")["metrics"]["paths"]


def ran_on(platform_up: Any, job: dict[str, Any]) -> list[dict[str, Any]]:
    """What the manifests of a job's first artifacts say of how they were made."""
    client = platform_up.submitter
    found = client.get("artifacts", job=job["id"], limit=2)["results"]
    return [client.get(f"artifacts/{one['id']}/manifest")["ran_on"] for one in found]


def test_a_model_is_published_with_the_paths_of_its_machine(paths: dict[str, Any]) -> None:
    rows = {row["path"]: row for row in paths["rows"]}
    assert rows["onnxruntime_fp32"]["passes"]
    assert rows[paths["chosen"]["path"]]["passes"]
    assert {"1", "32"} <= set(rows["onnxruntime_fp32"]["ms"])


def test_the_card_of_the_model_says_on_which(platform_up: Any, trained: dict[str, Any], paths: dict[str, Any]) -> None:
    made = trained["result"]
    said = platform_up.submitter.content(f"models/{made['model']}/versions/{made['version']}/card").decode()
    assert f"is run on the path {paths['chosen']['path']}" in said.replace("\\", "")


def test_artifacts_are_made_on_the_chosen_path_and_their_manifests_say_so(
    platform_up: Any, paths: dict[str, Any], generated: dict[str, Any]
) -> None:
    assert generated["facts"]["path"] == paths["chosen"]["path"]
    assert generated["facts"]["path_why"] == paths["chosen"]["why"]
    assert [said["path"] for said in ran_on(platform_up, generated)] == [paths["chosen"]["path"]] * 2


def test_a_path_that_is_asked_for_outdoes_the_chosen_one_and_is_told(
    platform_up: Any, paths: dict[str, Any], approved: str
) -> None:
    passed = {row["path"] for row in paths["rows"] if row["passes"] and not row["path"].startswith("torch_")}
    asked = min(passed - {paths["chosen"]["path"]}, default="onnxruntime_fp32")
    body = {"kind": "generate", "model_version": approved, "count": 2, "seed": "11", "path": asked}
    job = platform_up.submitter.finished(platform_up.submitter.submit(body)["id"])
    said = ran_on(platform_up, job)
    assert [(one["path"], one["path_why"]) for one in said] == [(asked, "asked for")] * 2


def test_a_path_that_did_not_pass_is_refused_with_those_that_did(platform_up: Any, approved: str) -> None:
    body = {"kind": "generate", "model_version": approved, "count": 2, "path": "cuda_fp16"}
    said = platform_up.submitter.refusal("jobs", body)
    assert (said["code"], said["field"]) == ("path_unusable", "params.path")
    assert "onnxruntime_fp32" in said["expected"]
