"""What the demo does by itself: pictures as they come back from the world, and the check of a log proof."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image, PngImagePlugin

from deploy import demo_pictures, demo_proof
from deploy.demo_client import Client
from deploy.demo_report import Report, quality
from deploy.errors import StepFailed
from deploy.progress import Progress
from models_store import evidence, merkle
from models_store.canonical import canonical

DIGEST = "ab" * 32
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def png(mode: str) -> bytes:
    """A gradient with a text chunk."""
    said = PngImagePlugin.PngInfo()
    said.add_text("label", "kept")
    out = io.BytesIO()
    Image.linear_gradient("L").resize((32, 32)).convert(mode).save(out, "PNG", pnginfo=said)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    """A picture as an array."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def proof_of(position: int, size: int) -> dict[str, Any]:
    """A proof as the store writes it: one of `size` items, whose chunk is the third of five leaves."""
    items = [{"artifact": str(number), "index": number, "sha256": DIGEST} for number in range(size)]
    root, _ = evidence.chunk(items)
    leaves = [canonical({"v": 1, "n": number, "items_root": root}) for number in range(5)]
    node = merkle.tree(leaves)
    head: dict[str, Any] = {"size": 5, "root": merkle.root(node, 5).hex(), "at": "2026-01-01T00:00:00+00:00"}
    signature = KEY.sign(evidence.head_bytes(**head)).hex()
    path = [step.hex() for step in merkle.inclusion_proof(node, 2, 5)]
    log = {
        "leaf": leaves[2].decode(),
        "index": 2,
        "tree_size": 5,
        "path": path,
        "head": head | {"signature": signature},
    }
    return evidence.artifact(items, position, log)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_exactly_one_pixel_is_changed(mode: str) -> None:
    before = png(mode)
    differs = (pixels(before) != pixels(demo_pictures.changed_pixel(before))).any(axis=2)
    assert np.argwhere(differs).tolist() == [[31, 31]]


def test_everything_but_the_pixels_is_kept() -> None:
    before, after = (list(demo_pictures.chunks(data)) for data in (png("L"), demo_pictures.changed_pixel(png("L"))))
    assert [part for part in before if part[0] != b"IDAT"] == [part for part in after if part[0] != b"IDAT"]


def test_a_jpeg_copy_looks_the_same_and_says_nothing() -> None:
    copy = Image.open(io.BytesIO(demo_pictures.jpeg_copy(png("L"))))
    assert np.abs(np.asarray(copy).astype(int) - pixels(png("L"))).mean() < 4
    assert "label" not in copy.info


def test_a_contact_sheet_has_a_cell_for_each_picture(tmp_path: Path) -> None:
    demo_pictures.contact_sheet([png("L")] * 5, tmp_path / "sheet.png", cell_px=10, gap_px=2)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (38, 26)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_proof_of_the_store_convinces_the_client(size: int) -> None:
    for position in range(size):
        demo_proof.check_artifact(proof_of(position, size), DIGEST, PUBLIC_PEM)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("item", "index"), 9),
        (("position",), 1),
        (("log", "index"), 1),
        (("log", "head", "size"), 6),
        (("log", "head", "at"), "2027-01-01T00:00:00+00:00"),
        (("log", "head", "root"), "00" * 32),
    ],
)
def test_a_changed_proof_does_not_convince(place: tuple[str, ...], value: Any) -> None:
    proof = json.loads(json.dumps(proof_of(0, 7)))
    inner = proof
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(StepFailed):
        demo_proof.check_artifact(proof, DIGEST, PUBLIC_PEM)


def test_a_proof_of_another_file_does_not_convince() -> None:
    with pytest.raises(StepFailed, match="another file"):
        demo_proof.check_artifact(proof_of(0, 7), "cd" * 32, PUBLIC_PEM)


def test_the_report_has_the_shape_that_is_promised() -> None:
    said = Report(Progress()).as_dict(ok=False)
    assert list(said) == ["ok", "seconds", "train", "quality", "generate", "verify", "audit"]
    assert list(said["seconds"]) == ["total", "setup", "ingest", "train", "approve", "generate", "verify"]


def test_class_shares_stand_in_the_order_of_the_classes() -> None:
    names = ("classifier_accuracy", "confident_share", "precision", "recall", "class_share_1", "class_share_0")
    metrics = {name: {"value": float(number)} for number, name in enumerate(names)}
    assert quality(metrics)["class_shares"] == [5.0, 4.0]


def client(answers: list[httpx.Response]) -> Client:
    """A client whose server gives these answers in turn."""
    made = Client("http://127.0.0.1", "km_x")
    made.http = httpx.Client(base_url="http://127.0.0.1", transport=httpx.MockTransport(lambda _: answers.pop(0)))
    return made


def test_a_failed_job_is_told_with_its_own_reason() -> None:
    job = {
        "id": "7",
        "kind": "train",
        "state": "failed",
        "error": {"code": "oom", "detail": "out of memory at batch 64"},
    }
    with pytest.raises(StepFailed, match=r"Job 7 \(train\) ended failed: out of memory at batch 64"):
        client([httpx.Response(200, json=job)]).finished("7")


def test_a_refusal_is_told_with_field_and_status() -> None:
    problem = {"code": "invalid_parameter", "detail": "too many", "field": "params.steps"}
    with pytest.raises(StepFailed, match=r"422: too many \(field params.steps\)"):
        client([httpx.Response(422, json=problem)]).post("jobs", {})


def test_two_jobs_under_one_key_are_a_failure() -> None:
    with pytest.raises(StepFailed, match="made two jobs"):
        client([httpx.Response(202, json={"id": "1"}), httpx.Response(202, json={"id": "2"})]).submit({})
