"""The one story, end to end: data, training, approval, artifacts, verdicts, proof; and what it survives."""

from __future__ import annotations

import io
import os
import signal
import time
import zipfile
from pathlib import Path

import httpx
import pytest

from deploy import demo_pictures, demo_proof
from models_store.bundle import verify_bundle
from models_store.keys import Keyring
from workers.marks import c2pa_credential

PATIENCE_S = 60.0


def until(true):
    """What `true` says as soon as it says something; fails after the deadline."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if said := true():
            return said
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def engine_of(worker: int) -> int:
    """The one child of a worker process, whichever of its threads started it."""
    found = [pid for task in Path(f"/proc/{worker}/task").iterdir() for pid in (task / "children").read_text().split()]
    assert len(found) == 1, found
    return int(found[0])


def verdict(client, name: str, data: bytes) -> dict:
    said = client.upload("verify", name, data)
    return said if "verdict" in said else client.finished(said["job"]["id"])["result"]


def artifacts(client, job: dict) -> list[dict]:
    return sorted(client.pages("artifacts", job=job["id"], limit=50), key=lambda one: one["index"])


@pytest.fixture(scope="module")
def original(platform_up, generated) -> bytes:
    first = artifacts(platform_up.submitter, generated)[0]
    return platform_up.submitter.content(f"artifacts/{first['id']}/content")


def test_a_training_says_where_it_ran_and_shows_its_samples(platform_up, trained):
    assert trained["facts"]["device"] == "cpu"
    assert trained["progress"]["done"] == trained["progress"]["total"] == 12
    samples = platform_up.submitter.get(f"jobs/{trained['id']}/samples")
    assert [one["step"] for one in samples["results"]] == [6, 12]


def test_a_bundle_is_complete_and_its_signature_holds(platform_up, trained, tmp_path):
    made = trained["result"]
    path = f"models/{made['model']}/versions/{made['version']}/bundle"
    with zipfile.ZipFile(io.BytesIO(platform_up.submitter.content(path))) as bundle:
        bundle.extractall(tmp_path)
    manifest = verify_bundle(tmp_path, Keyring.load(platform_up.home.path / "keys").bundle.public)
    assert {"model/generator.onnx", "weights.safetensors", "card.md", "card.zh.md"} <= set(manifest.files)


def test_every_artifact_is_there_once_with_its_marks(platform_up, generated):
    found = artifacts(platform_up.submitter, generated)
    assert [one["index"] for one in found] == list(range(70))
    assert {one["stage"] for one in found} == {"approved"}
    assert all(one["marks"]["c2pa"]["state"] == "signed" for one in found)


def test_a_credential_names_the_manifest_of_its_job(platform_up, generated, original):
    keyring = Keyring.load(platform_up.home.path / "keys")
    claims = c2pa_credential.read(original, "image/png", keyring.root_pem)["claims"]
    assert claims["manifest_digest"] == platform_up.submitter.get(f"jobs/{generated['id']}/manifest")["digest"]


def test_an_original_is_ours_under_any_name(platform_up, original):
    for name in ("000000.png", "holiday.jpg"):
        said = verdict(platform_up.submitter, name, original)
        assert (said["verdict"], said["c2pa_state"]) == ("ours", "Trusted")
        assert said["log_proof"]


def test_a_changed_pixel_is_altered(platform_up, original):
    said = verdict(platform_up.submitter, "a.png", demo_pictures.changed_pixel(original))
    assert (said["verdict"], said["c2pa_state"]) == ("altered", "Invalid")


def test_a_foreign_picture_is_no_evidence(platform_up):
    said = verdict(platform_up.submitter, "a.png", demo_pictures.foreign(16))
    assert said["verdict"] == "no_evidence"


def test_the_archive_is_ours(platform_up, generated):
    archive = platform_up.submitter.content(f"jobs/{generated['id']}/archive")
    said = verdict(platform_up.submitter, "a.zip", archive)
    assert said["verdict"] == "ours"


def test_an_archive_with_one_changed_member_is_altered(platform_up, generated):
    archive = platform_up.submitter.content(f"jobs/{generated['id']}/archive")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, demo_pictures.changed_pixel(data) if name == "000003.png" else data)
    said = verdict(platform_up.submitter, "a.zip", out.getvalue())
    assert said["verdict"] == "altered"


def test_a_training_hands_out_an_event_file_for_tensorboard(platform_up, trained):
    path = trained["links"]["tensorboard"].partition("/api/v1/")[2]
    assert b"brain.Event:2" in platform_up.submitter.content(path)


def test_the_log_holds_an_artifact_and_anyone_can_check_it(platform_up, generated):
    first = artifacts(platform_up.submitter, generated)[0]
    answer = until(lambda: (a := platform_up.submitter.http.get(f"artifacts/{first['id']}/proof")).is_success and a)
    head = platform_up.submitter.get("audit/tree-head")
    demo_proof.check_head(head, head["public_key"])
    demo_proof.check_artifact(answer.json(), first["sha256"], head["public_key"])


def test_a_bad_upload_fails_with_a_code_and_is_not_lost(platform_up, data):
    dataset = platform_up.submitter.get("datasets")["results"][0]["id"]
    said = platform_up.submitter.upload(f"datasets/{dataset}/versions", "pictures.zip", b"PK\x05\x06 this is no zip")
    job = platform_up.submitter.get(f"jobs/{said['job']['id']}", wait=30)
    assert job["state"] == "failed"
    assert job["error"]["code"] == "zip_corrupt"
    assert platform_up.submitter.get(f"datasets/{dataset}/versions/{2}")["state"] == "failed"


def test_a_training_whose_engine_is_killed_goes_on_where_it_was(platform_up, data):
    params = {"steps": 4000, "batch_size": 16, "width": 4, "latent_dim": 8, "checkpoint_every": 100}
    body = {"kind": "train", "dataset_version": data, "family": "dcgan", "params": params, "name": "killed"}
    job = platform_up.submitter.submit(body)
    path = f"jobs/{job['id']}"
    until(lambda: platform_up.submitter.get(path)["checkpoint_step"])
    worker = platform_up.pid("train")
    os.kill(engine_of(worker), signal.SIGKILL)
    until(lambda: platform_up.submitter.get(path)["attempts"] == 2)
    reasons = [one["data"].get("reason", "") for one in platform_up.submitter.pages(f"{path}/events", type="state")]
    assert "starts again: the engine ended by signal SIGKILL" in reasons
    until(lambda: "goes on from step" in platform_up.submitter.http.get(f"{path}/logs").text)
    assert platform_up.pid("train") == worker
    platform_up.submitter.post(f"{path}/cancel")
    until(lambda: platform_up.submitter.get(path)["state"] == "cancelled")


def test_jobs_run_while_the_broker_is_away(platform_up, approved):
    os.kill(platform_up.pid("valkey"), signal.SIGSTOP)
    try:
        body = {"kind": "generate", "model_version": approved, "count": 2}
        answer = platform_up.submitter.http.post("jobs", json=body)
        assert answer.status_code == 202
        job = platform_up.submitter.finished(answer.json()["id"])
        assert job["result"]["count"] == 2
    finally:
        os.kill(platform_up.pid("valkey"), signal.SIGCONT)


def test_web_and_worker_parents_are_small_and_know_no_torch(platform_up):
    limits_mb = {"web": 170, "train": 150, "generate": 150, "io": 150}
    for name, limit in limits_mb.items():
        pid = platform_up.pid(name)
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        resident_mb = int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
        assert resident_mb <= limit, f"{name} holds {resident_mb:.0f} MB"
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "libtorch" not in maps, name
        assert "onnxruntime" not in maps, name


def test_nobody_gets_in_without_a_token(platform_up):
    answer = httpx.get(f"{platform_up.url}/api/v1/jobs")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
