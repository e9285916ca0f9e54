"""Guards through the whole platform: what was looked at, what was withheld, and pairs for whoever may see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.demo_client import StepFailed
from deploy.demo_platform import manage


@pytest.fixture
def policy(platform_up: Any) -> Iterator[Any]:
    """`policy(name, **params)` holds in the project until the test is over."""
    client, held = platform_up.submitter, list[str]()
    project = client.get("projects")["results"][0]["id"]

    def put(name: str, **params: Any) -> None:
        address = f"projects/{project}/policies/{name}"
        client.checked(client.http.put(address, json={"params": params}))
        held.append(address)

    yield put
    for address in held:
        client.checked(client.http.delete(address))


def test_what_was_made_was_looked_at_and_says_against_what(platform_up: Any, generated: dict[str, Any]) -> None:
    said = generated["result"]["near_copies"]
    assert (said["checked"], said["near"]) == (70, 0)
    assert said["n"] > 100
    assert said["quantile"] == pytest.approx(1 / (said["n"] + 1))
    assert 0.04 < said["high"] < 0.06


def test_pairs_are_for_the_people_of_the_data(platform_up: Any, trained: dict[str, Any]) -> None:
    client = platform_up.submitter
    body = {
        "kind": "evaluate",
        "model_version": trained["result"]["model_version"],
        "count": 20,
        "metrics": ["near_copies"],
    }
    job = client.finished(client.submit(body)["id"])
    assert job["result"]["metrics"]["near_copies"]["n"] == 20
    assert client.content(f"jobs/{job['id']}/near-copies").startswith(b"\x89PNG")
    manage(platform_up.home, "adduser", "vera", "--project", "studio", "--role", "viewer", "--quiet")
    viewer = type(client)(platform_up.url, manage(platform_up.home, "token", "vera"))
    assert viewer.http.get(f"jobs/{job['id']}").status_code == 200
    assert viewer.http.get(f"jobs/{job['id']}/near-copies").status_code == 404
    viewer.http.close()


def test_texts_with_a_listed_word_are_withheld_and_not_told_while_they_grow(
    platform_up: Any, pipeline: dict[str, dict[str, Any]], policy: Any
) -> None:
    client = platform_up.submitter
    policy("safety_words", words=[], patterns=["th"])  # the prompt below holds it
    model = pipeline["train"]["result"]["model_version"]
    body = {"kind": "generate", "model_version": model, "count": 4, "params": {"prompt": "the ", "length": 300}}
    job = client.submit(body)["id"]
    with pytest.raises(StepFailed, match="safety_words") as stopped:
        client.finished(job)
    assert stopped.value.got == "all_withheld"
    assert not [event for event in client.pages(f"jobs/{job}/events", limit=100) if event["type"] == "partial"]
    assert list(client.pages("artifacts", job=job, limit=10)) == []


def test_a_limit_lets_through_what_makes_no_near_copies(platform_up: Any, approved: str, policy: Any) -> None:
    client = platform_up.submitter
    policy("near_copy_limit", max_rate=0.0, check_all=True, withhold=True)
    body = {"kind": "generate", "model_version": approved, "count": 300, "seed": "5"}
    result = client.finished(client.submit(body)["id"])["result"]
    assert (result["count"], result["near_copies"]["checked"], "withheld" in result) == (300, 300, False)
