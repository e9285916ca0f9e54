"""The OpenAPI document is valid, complete, and the same for everybody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.test import Client
from drf_spectacular.validation import validate_schema

from api import document as writing
from api.operation_names import name_of
from api.refusals import EVERYWHERE
from api.tags import TAGS
from models_store.errors import ProductError
from tests.api.document_fit import document, resolved, validator

ROOT = Path(__file__).resolve().parents[2]
NOT_ANSWERED = {  # codes of errors that no answer of REST carries, and where they are seen
    "last_owner": "pages of members",
    "own_account": "pages of people",
    "lease_lost": "workers",
    "owner_gone": "recurring jobs",
    "not_canonical": "manifests that are written",
    "unreadable_manifest": "bundles that are read by workers",
}
CODES = re.compile(r"""code(?::[^=]+)?(?:, http_status(?:, retry)?)? ?= ?"([a-z_]+)\"""")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Method and path, and what is said of them."""
    for path, item in document()["paths"].items():
        for method, said in item.items():
            yield f"{method.upper()} {path}", said


def walk(said: Any) -> Iterator[dict[str, Any]]:
    """Every object of a piece of the document."""
    if isinstance(said, dict):
        yield said
    for one in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from walk(one)


def codes_said() -> set[str]:
    """All codes that the document has."""
    answers = (resolved(one) for _, said in operations() for one in said["responses"].values())
    return {code for answer in answers for code in answer.get("x-codes", ())}


def test_it_is_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1.")
    validate_schema(document())


def test_each_schema_is_json_schema_2020_12() -> None:
    for schema in document()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for one in walk(document()["paths"]):
        if isinstance(one.get("schema"), dict):
            jsonschema.Draft202012Validator.check_schema(one["schema"])


def test_each_reference_leads_somewhere() -> None:
    for one in walk(document()):
        if isinstance(one.get("$ref"), str):
            assert resolved(one)


@pytest.mark.parametrize("part", ["schemas", "responses", "headers", "links"])
def test_no_component_is_left_over(part: str) -> None:
    text = json.dumps(document())
    assert [name for name in document()["components"][part] if f'"#/components/{part}/{name}"' not in text] == []


def test_each_example_fits_its_schema() -> None:
    wrong, seen = {}, 0
    for name, schema in document()["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            seen += 1
            if found := [str(one.message) for one in validator(json.dumps(schema)).iter_errors(example)]:
                wrong[name] = found
    for one in walk(document()["components"]["responses"]):
        if "example" in one and "schema" in one:
            seen += 1
            if not validator(json.dumps(one["schema"])).is_valid(one["example"]):
                wrong[json.dumps(one["example"])] = ["not a problem"]
    assert wrong == {}
    assert seen > 100


def test_each_body_that_is_sent_has_an_example() -> None:
    lacking = set()
    for name, said in operations():
        for kind, body in said.get("requestBody", {}).get("content", {}).items():
            schema = resolved(body["schema"])
            parts = [resolved(one) for one in schema.get("oneOf", [schema])]
            if kind == "application/json" and not all("examples" in one for one in parts):
                lacking.add(name)
    assert lacking == set()


def test_each_operation_says_what_it_does_and_who_may_ask() -> None:
    for name, said in operations():
        assert said["summary"], name
        assert said.get("description"), name
        assert set(said["tags"]) <= set(TAGS), name
        assert {"token": [said["security"][0]["token"][0]]} in said["security"] or {} in said["security"], name
        assert set(said["responses"]) >= {str(status) for status in EVERYWHERE} or {} in said["security"], name
        assert "default" not in said["responses"], name


def test_each_part_of_a_path_and_each_word_of_a_query_is_explained_or_typed() -> None:
    for name, said in operations():
        for one in said["parameters"]:
            assert one.get("description") or set(one["schema"]) > {"type"} or one["in"] == "query", (name, one)
            if one["in"] == "path":
                assert one["required"], name
                assert one.get("description"), (name, one)


def test_names_of_operations_are_unique_and_good_for_functions() -> None:
    names = [said["operationId"] for _, said in operations()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name)] == []


@pytest.mark.parametrize(
    ("method", "path", "listed", "name"),
    [
        ("GET", "/jobs", True, "list_jobs"),
        ("GET", "/jobs/{id}", False, "get_job"),
        ("POST", "/jobs", False, "submit_job"),
        ("POST", "/jobs/{id}/cancel", False, "cancel_job"),
        ("GET", "/jobs/{id}/archive/proof", False, "get_job_archive_proof"),
        ("GET", "/jobs/{id}/samples/{step}", False, "get_job_sample"),
        ("POST", "/models/{id}/versions/{number}/approve", False, "approve_model_version"),
        ("POST", "/legal-holds", False, "create_legal_hold"),
        ("DELETE", "/projects/{id}/members/{name}", False, "delete_project_member"),
        ("POST", "/projects/{id}/invitations", False, "create_project_invitation"),
        ("GET", "/datasets/{id}/versions/{number}/{picture}", False, "get_dataset_version_picture"),
    ],
)
def test_an_operation_is_named_by_its_path(method: str, path: str, listed: bool, name: str) -> None:
    assert name_of(method, path, listed=listed) == name


def test_each_code_that_is_said_is_one_that_the_platform_has() -> None:
    text = "\n".join(file.read_text() for root in ("platform", "models_store") for file in (ROOT / root).rglob("*.py"))
    made = {f"unknown_{kind}" for kind in ("kind", "family", "metric", "modality")}  # of plug-ins: catalog/plugins.py
    own = text.replace((ROOT / "platform/api/refusals.py").read_text(), "")
    assert {code for code in codes_said() - made if f'"{code}"' not in own} == set()


def test_each_code_that_the_platform_has_is_said() -> None:
    def below(kind: type[ProductError]) -> Iterator[type[ProductError]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    ours = [
        one for one in below(ProductError) if not one.__module__.startswith(("workers", "tests", "kilnmark", "desk"))
    ]
    had = {one.code for one in ours if one.http_status < 500}
    assert had - codes_said() - set(NOT_ANSWERED) == set()


def test_bodies_that_are_sent_name_all_they_may_have() -> None:
    """Unknown fields are refused, so a schema that lets them through is not exact; a job has those of its kind."""
    open_ones = set()
    for _, said in operations():
        for body in said.get("requestBody", {}).get("content", {}).values():
            schema = resolved(body["schema"])
            for one in schema.get("oneOf", [schema]):
                if resolved(one).get("additionalProperties", True) is not False and "properties" in resolved(one):
                    open_ones.add(one.get("$ref") or body["schema"]["$ref"])
    assert open_ones == {"#/components/schemas/JobRequest"}


def test_what_was_made_leads_to_what_can_be_done_with_it(db: None) -> None:
    links = document()["paths"]["/api/v1/jobs"]["post"]["responses"]["202"]["links"]
    assert {"get_job", "cancel_job", "list_job_events"} <= set(links)
    assert resolved(links["get_job"]) == {"operationId": "get_job", "parameters": {"id": "$response.body#/id"}}


def test_events_are_told_as_json_and_as_a_stream() -> None:
    answer = document()["paths"]["/api/v1/jobs/{id}/events"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["application/json", "text/event-stream"]


def test_it_is_made_once_and_not_sent_to_whoever_has_it(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Client().get("/api/schema/?format=json")
    monkeypatch.setattr(writing, "SchemaGenerator", None)
    assert Client().get("/api/schema/?format=json").content == first.content
    again = Client(headers={"If-None-Match": first["ETag"]}).get("/api/schema/?format=json")
    assert (again.status_code, again.content) == (304, b"")


def test_yaml_and_json_say_the_same_in_every_language(db: None) -> None:
    chinese = Client(headers={"Accept-Language": "zh-hans"})
    chinese.cookies["django_language"] = "zh-hans"
    said = yaml.load(chinese.get("/api/schema/").content, yaml.CSafeLoader)
    assert said == chinese.get("/api/schema/", headers={"Accept": "application/json"}).json() == document()


def test_a_form_that_there_is_not_is_a_problem(db: None) -> None:
    answer = Client().get("/api/schema/?format=xml")
    assert (answer.status_code, answer.json()["code"], answer.json()["expected"]) == (
        422, "invalid_input", ["json", "yaml"],
    )  # fmt: skip
