"""What schemathesis finds: no 5xx, no status, header, media type or body that the document has not, nothing let in."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.openapi.checks import JsonSchemaError

from tests.api.document_fit import resolved, sparse, validator
from tests.schema.conftest import Platform

CONFIG = Path(__file__).with_name("schemathesis.toml")
schemathesis.openapi.media_type("application/offset+octet-stream", st.binary(max_size=2000))


@schemathesis.hook
def filter_failure(context: Any, failure: Failure, case: Any, response: Any) -> bool:
    """A body with the `fields` that were asked for lacks what its schema requires; the rest of it must fit."""
    if not isinstance(failure, JsonSchemaError) or "fields" not in (case.query or {}) or response.status_code != 200:
        return True
    schema = resolved(case.operation.definition.raw["responses"]["200"])["content"]["application/json"]["schema"]
    return not validator(json.dumps(sparse(schema))).is_valid(response.json())


def faults(platform: Platform, *, examples: int, phases: tuple[str, ...]) -> tuple[dict[str, list[str]], int]:
    """Operation -> what is wrong with it, shortest first; and how many answers were looked at."""
    config = SchemathesisConfig.from_path(str(CONFIG))
    headers = {"Authorization": f"Bearer {platform.token}"}
    config.projects.default.update(headers=headers)
    for name in ("examples", "coverage", "fuzzing", "stateful"):
        phase = getattr(config.projects.default.phases, name)
        phase.enabled = name in phases
        phase.generation.max_examples = examples
    schema = schemathesis.openapi.from_url(f"{platform.url}/api/schema/?format=json", config=config)
    found: dict[str, set[str]] = defaultdict(set)
    looked_at = 0
    for event in from_schema(schema).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            found[event.label].update(inside(event.value))
        if isinstance(event, ScenarioFinished):
            looked_at += len(event.recorder.interactions)
            for case, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        operation = event.recorder.cases[case].value.operation.label
                        found[operation].add(described(check, event.recorder.interactions.get(case)))
    return {name: sorted(said, key=len) for name, said in sorted(found.items())}, looked_at


def inside(error: BaseException) -> Iterator[str]:
    """What went wrong, and what was wrong within it: a fault that a repetition did not meet is one too."""
    yield f"{type(error).__name__}: {error}"[:600]
    for one in getattr(error, "exceptions", ()):
        yield from inside(one)


def described(check: Any, interaction: Any) -> str:
    """A fault with the request that shows it."""
    asked = f"\n    {check.failure_info.code_sample}" if check.failure_info.code_sample else ""
    answer = ""
    if interaction is not None and interaction.response is not None:
        answer = f"\n    {interaction.response.status_code}: {interaction.response.content[:300]!r}"
    failure = check.failure_info.failure
    return f"{check.name}: {failure.title}: {failure.message[:300]}{asked[:600]}{answer}"


def told(found: dict[str, list[str]]) -> str:
    """Three of each operation, to read."""
    return "\n".join(f"{name}\n  " + "\n  ".join(said[:3]) for name, said in found.items())


def test_answers_are_as_the_document_says(platform: Platform) -> None:
    found, looked_at = faults(platform, examples=2, phases=("examples", "fuzzing", "stateful"))
    assert not found, told(found)
    assert looked_at > 300


@pytest.mark.api_long
def test_answers_are_as_the_document_says_at_length(platform: Platform) -> None:
    found, looked_at = faults(platform, examples=20, phases=("examples", "coverage", "fuzzing", "stateful"))
    assert not found, told(found)
    assert looked_at > 5000
