"""The table of paths on the page of a model version, and a job that asks for a path which did not pass."""

from __future__ import annotations

import pytest
from django import forms

from accounts.models import Project, User
from catalog.measured_paths import chosen_path, usable_paths
from catalog.models import ModelVersion
from desk.job.run_path import narrowed
from desk.model.paths import paths, taken_said
from jobs.controls import _way
from models_store.errors import InvalidInput
from tests import builders

pytestmark = pytest.mark.django_db
ROWS = [
    {"path": "onnxruntime_fp32", "threads": 2, "ms": {"1": 0.6, "32": 18.0}, "apart": 1e-7, "passes": True},
    {"path": "openvino_bf16", "threads": 2, "ms": {"1": 0.5, "32": 5.0}, "apart": 0.004, "same": 0.99, "passes": True},
    {"path": "onnxruntime_int8", "threads": 2, "ms": {}, "passes": False, "why": "whole items come out too unlike"},
    {"path": "torch_bf16", "threads": 2, "ms": {"1": 1.5, "32": 6.0}, "apart": 0.005, "passes": True},
]
CHOSEN = {"path": "openvino_bf16", "threads": 2, "faster": 3.6, "why": "measured"}


@pytest.fixture
def version(project: Project, submitter: User) -> ModelVersion:
    said = {"version": 1, "batch": 32, "threads": 2, "processor": "A processor", "rows": ROWS, "chosen": CHOSEN}
    return builders.model_version(project, submitter, metrics={"paths": said})


def test_the_table_begins_with_the_fastest_and_ends_with_what_was_not_timed(version: ModelVersion) -> None:
    rows = paths(version)["rows"]
    assert [row["batch"] for row in rows] == ["5", "6", "18", "–"]
    assert [row["taken"] for row in rows] == [True, False, False, False]
    assert rows[-1]["why"] == ROWS[2]["why"]


def test_a_model_from_before_paths_were_measured_has_no_table(project: Project, submitter: User) -> None:
    bare = builders.model_version(project, submitter, "bare")
    assert (paths(bare), usable_paths(bare), chosen_path(bare)) == ({}, ["onnxruntime_fp32"], {})


def test_the_form_says_which_path_is_taken_and_why_and_offers_those_that_passed(
    version: ModelVersion, project: Project, submitter: User
) -> None:
    field = forms.ChoiceField(choices=[("", "open"), *((row["path"], row["path"]) for row in ROWS)])
    narrowed(field, version, "")
    assert field.choices == [
        ("", "as published"),
        ("onnxruntime_fp32", "ONNX Runtime, 32 bits (18 ms for 32 items)"),
        ("openvino_bf16", "OpenVINO, 16 bits (5 ms for 32 items)"),
    ]
    assert "OpenVINO, 16 bits: when it was published, that was 3.6 times as fast" in field.help_text
    narrowed(field, version, "onnxruntime_int8")  # a clone asks for it: the refusal stands beside the field
    assert field.choices[-1] == ("onnxruntime_int8", "ONNX Runtime, 8 bits")
    assert "no other way was measured" in taken_said(builders.model_version(project, submitter, "bare"))


def test_a_path_that_did_not_pass_or_is_torch_is_refused_with_those_that_did(version: ModelVersion) -> None:
    for asked in ("onnxruntime_int8", "torch_bf16"):
        with pytest.raises(InvalidInput) as refused:
            _way({"path": asked}, {"model": version})
        said = refused.value.as_dict()
        assert (said["code"], said["expected"]) == ("path_unusable", ["onnxruntime_fp32", "openvino_bf16"])


def test_a_path_that_passed_and_none_at_all_are_taken(version: ModelVersion) -> None:
    _way({"path": "openvino_bf16"}, {"model": version})
    _way({"path": ""}, {"model": version})
