"""Text through the whole platform: one body sends the lot; texts can be read as they grow, and checked afterwards."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from tests.english_like import english_like
from tests.story.test_story import artifacts, verdict

SMALL = {"steps": 8, "batch_size": 16, "width": 16, "layers": 1, "sample_every": 4, "checkpoint_every": 4}
PROMPT = "the "


@pytest.fixture(scope="module")
def prose(platform_up) -> dict[str, Any]:
    """The answer to an upload of one text; its ingest may still be running."""
    client = platform_up.submitter
    declaration = {"source": "made up", "licence": "CC0-1.0", "legal_basis": "none needed"}
    said = {"name": "prose", "modality": "text", "declaration": declaration, "options": {"length": 64}}
    dataset = client.post("datasets", {name: said[name] for name in ("name", "modality", "declaration")})
    data = ("the " + english_like(7, 3000)).encode("utf-16")
    answer = client.http.post(
        f"datasets/{dataset['id']}/versions",
        files={"file": ("prose.txt", data)}, data={"options": json.dumps(said["options"])},
    )  # fmt: skip
    return client.checked(answer).json()


@pytest.fixture(scope="module")
def pipeline(platform_up, prose) -> dict[str, dict[str, Any]]:
    """Train, evaluate and generate, sent in one body while the data may still be read; each job once it has ended."""
    client = platform_up.submitter
    body = {
        "kind": "train", "family": "lstm", "dataset_version": prose["id"], "params": SMALL, "name": "prose-lstm",
        "then": [
            {"kind": "evaluate", "count": 20},
            {"kind": "generate", "count": 5, "seed": "3", "params": {"prompt": PROMPT, "length": 3000}},
        ],
    }  # fmt: skip
    first = client.submit(body)
    jobs = [first, *(client.get(f"jobs/{one}") for one in first["then"])]
    return {job["kind"]: client.finished(job["id"]) for job in jobs}


def test_one_body_trains_measures_and_generates(pipeline):
    figures = pipeline["evaluate"]["result"]["metrics"]
    assert figures["trigram_divergence"]["unit"] == "bit"
    assert pipeline["generate"]["result"]["count"] == 5
    assert pipeline["generate"]["inputs"]["model"] == pipeline["train"]["result"]["model_version"]


def test_texts_begin_with_the_prompt_and_carry_their_proof_beside_them(platform_up, pipeline):
    client = platform_up.submitter
    found = artifacts(client, pipeline["generate"])
    assert len(found) == 5
    for one in found:
        assert one["media_type"] == "text/plain"
        assert one["stage"] == "draft"
        assert client.content(f"artifacts/{one['id']}/content").decode().startswith(PROMPT)
        assert client.content(f"artifacts/{one['id']}/credential")
        assert b"trainedAlgorithmicMedia" in client.content(f"artifacts/{one['id']}/label")


def test_what_grew_was_told_on_the_event_stream_and_is_what_was_released(platform_up, pipeline):
    client, job = platform_up.submitter, pipeline["generate"]
    told: dict[int, str] = {}
    for event in client.pages(f"jobs/{job['id']}/events", limit=100):
        for piece in event["data"].get("pieces", []) if event["type"] == "partial" else []:
            assert piece["at"] == len(told.get(piece["index"], ""))
            told[piece["index"]] = told.get(piece["index"], "") + piece["text"]
    assert told
    for one in artifacts(client, job):
        whole = client.content(f"artifacts/{one['id']}/content").decode()
        assert whole.startswith(told.get(one["index"], ""))


def test_a_text_with_its_credential_is_ours_and_a_changed_one_is_altered(platform_up, pipeline):
    client = platform_up.submitter
    archive = client.content(f"jobs/{pipeline['generate']['id']}/archive")
    with zipfile.ZipFile(io.BytesIO(archive)) as kept:
        text, credential = kept.read("000002.txt"), kept.read("000002.txt.c2pa")
    for changed, expected in ((b"", "ours"), (b"!", "altered")):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as sent:
            sent.writestr("a.txt", text + changed)
            sent.writestr("a.txt.c2pa", credential)
        assert verdict(client, "a.zip", out.getvalue())["verdict"] == expected


def test_a_sweep_of_temperatures_is_one_job_with_a_sheet(platform_up, pipeline):
    client, model = platform_up.submitter, pipeline["train"]["result"]["model_version"]
    body = {
        "kind": "generate", "model_version": model, "count": 2,
        "params": {"length": 40, "sweep": {"temperature": [0.2, 1.0, 3.0]}},
    }  # fmt: skip
    job = client.finished(client.submit(body)["id"])
    assert job["result"]["count"] == 6
    assert client.content(f"jobs/{job['id']}/sheet").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ({"prompt": "Ω"}, "unknown_characters", "params.prompt"),
        ({"temperature": 0}, "invalid_parameter", "params.temperature"),
        ({"warmth": 1}, "unknown_parameter", "params.warmth"),
        ({"interpolate": ["1", "2"]}, "not_interpolable", "params.interpolate"),
    ],
)
def test_what_the_model_cannot_do_is_refused_at_once(platform_up, pipeline, params, code, field):
    model = pipeline["train"]["result"]["model_version"]
    said = platform_up.submitter.refusal("jobs", {"kind": "generate", "model_version": model, "params": params})
    assert (said["code"], said["field"]) == (code, field)
