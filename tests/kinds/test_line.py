"""How the line reports what it released: the file, and what stands beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models_store.canonical import digest
from models_store.keys import Keyring
from models_store.signing import sign_es256
from tests.home import HOME
from tests.marks.marked import code_points, digits, release_order
from tests.training import Notes
from workers.contracts import Attempt
from workers.engine.line import Line
from workers.engine.wishes import plain
from workers.marks import c2pa_credential
from workers.plugins import plugin

KEYRING = Keyring.load(HOME / "keys")


def line_of(folder: Path) -> tuple[Line, Notes]:
    """A line of two items."""
    model = dict.fromkeys(("model_version", "model_name", "stage"), "m")
    release = release_order(KEYRING.credential_chain_pem) | {"models": {"model": model}}
    sign, notes = partial(sign_es256, KEYRING.credential), Notes()
    attempt = Attempt(folder, {"seed": "5", "release": release}, notes, lambda: "", {"mark_key": "ab" * 32}, sign)
    return Line(attempt, 2, 0), notes


def reported(folder: Path, modality: str, items: list[Any]) -> list[dict[str, Any]]:
    """Two items through the line."""
    line, notes = line_of(folder)
    line.add("model", plugin("modality", modality)(), plain("5", range(len(items))), items)
    line.flush()
    (chunk,) = notes.chunks
    return chunk


@pytest.fixture
def texts(tmp_path: Path) -> list[dict[str, Any]]:
    """What is reported of two texts, one of them empty."""
    return reported(tmp_path, "text", [code_points("Enter Hamlet"), code_points("")])


def test_a_text_is_reported_with_the_two_files_beside_it(texts: list[dict[str, Any]], tmp_path: Path) -> None:
    first = texts[0]
    assert (first["file"], first["media_type"]) == ("out/000000.txt", "text/plain")
    assert {name: said["file"] for name, said in first["sidecars"].items()} == {
        "c2pa": "out/000000.txt.c2pa", "xmp": "out/000000.txt.xmp",
    }  # fmt: skip
    for said in (first, *first["sidecars"].values()):
        data = (tmp_path / said["file"]).read_bytes()
        assert (len(data), digest(data)) == (said["size"], said["sha256"])


def test_the_files_of_every_text_agree_with_each_other(texts: list[dict[str, Any]], tmp_path: Path) -> None:
    states = []
    for item in texts:
        data, credential = ((tmp_path / said["file"]).read_bytes() for said in (item, item["sidecars"]["c2pa"]))
        states.append(c2pa_credential.read(data, "text/plain", KEYRING.root_pem, credential)["state"])
    assert states == ["Trusted", "Trusted"]


def test_a_picture_is_reported_without_sidecars_as_one_file(tmp_path: Path) -> None:
    items = reported(tmp_path, "image", digits(2, 32))
    assert [(item["file"], item["sidecars"]) for item in items] == [("out/000000.png", {}), ("out/000001.png", {})]
    assert len(list((tmp_path / "out").iterdir())) == 2
