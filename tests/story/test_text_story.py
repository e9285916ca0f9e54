"""Text through the whole platform: one body sends the lot; texts can be read as they grow, and checked afterwards."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.story.test_story import artifacts, verdict

PROMPT = "the "  # as in conftest.py


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
