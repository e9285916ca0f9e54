"""What a submission is refused for names the place, the bounds and what came."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Project, User
from catalog.models import DatasetVersion
from jobs.models import Job
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
STEPS = {"type": "integer", "minimum": 1, "maximum": 1_000_000}


@pytest.fixture
def data(project: Project, submitter: User) -> DatasetVersion:
    """A version that is ready."""
    return builders.dataset_version(project, submitter)


@pytest.mark.parametrize(
    ("change", "code", "field", "expected", "got"),
    [
        ({"kind": ""}, "invalid_input", "kind", ["generate", "train"], ""),
        ({"kind": "paint"}, "unknown_kind", "kind", ["generate", "ingest", "train", "verify"], "paint"),
        ({"family": "dcgna"}, "unknown_family", "family", ["dcgan"], "dcgna"),
        ({"params": {"stpes": 5}}, "unknown_parameter", "params.stpes", ["learning_rate", "steps"], "stpes"),
        ({"params": {"steps": "many"}}, "invalid_parameter", "params.steps", STEPS, "many"),
        ({"params": {"steps": 0}}, "invalid_parameter", "params.steps", STEPS, 0),
        ({"params": {"steps": 1.5}}, "invalid_parameter", "params.steps", STEPS, 1.5),
        ({"params": {"steps": 10**7}}, "invalid_parameter", "params.steps", STEPS, 10**7),
        (
            {"params": {"learning_rate": 0}},
            "invalid_parameter",
            "params.learning_rate",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            0,
        ),
        ({"params": [1]}, "invalid_input", "params", "object", [1]),
        ({"seed": "-1"}, "invalid_input", "seed", f"0 to {2**63 - 1}", "-1"),
        ({"seed": True}, "invalid_input", "seed", f"0 to {2**63 - 1}", True),
        ({"purpose": "a\0b"}, "invalid_input", "purpose", None, "a\0b"),
        ({"priority": 1000}, "invalid_input", "priority", "-100 to 100", 1000),
        ({"colour": "red"}, "unknown_field", "colour", None, None),
        ({"dataset_version": "nonsense"}, "not_found", "dataset_version", None, "nonsense"),
    ],
)
def test_a_wrong_submission_says_where_and_why(
    sam: Client, data: DatasetVersion, change: dict[str, Any], code: str, field: str, expected: Any, got: Any
) -> None:
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk), "params": {"steps": 5}} | change
    answer = sam.post("/api/v1/jobs", body, content_type="application/json")
    said = answer.json()
    assert (answer.status_code, said["code"], said["field"]) == (404 if code == "not_found" else 422, code, field)
    assert expected is None or said["expected"] == expected
    assert got is None or said["got"] == got
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"declaration": {}}, "declaration.source"),
        ({"declaration": "mine"}, "declaration"),
        ({"declaration": {"source": "a", "licence": "b", "legal_basis": "c", "owner": "me"}}, "declaration.owner"),
        (
            {"declaration": {"source": "a", "licence": "b", "legal_basis": "c", "contains_personal_data": "perhaps"}},
            "declaration.contains_personal_data",
        ),
        ({"declaration": {"source": "a", "licence": "x" * 101, "legal_basis": "c"}}, "declaration.licence"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"modality": "smell"}, "modality"),
        ({"project": "nowhere"}, "project"),
    ],
)
def test_a_wrong_declaration_says_where(sam: Client, change: dict[str, Any], field: str) -> None:
    declaration = {"source": "scanner", "licence": "CC0", "legal_basis": "consent"}
    body = {"name": "xrays", "modality": "image", "declaration": declaration} | change
    answer = sam.post("/api/v1/datasets", body, content_type="application/json")
    assert answer.status_code in (404, 422)
    assert answer.json()["field"] == field


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"builtin": "no-such-set"}, 422, "invalid_input", "builtin"),
        ({"builtin": "digits", "options": {"size": 4}}, 422, "invalid_parameter", "options.size"),
        ({"builtin": "digits", "options": {"colour": 1}}, 422, "unknown_parameter", "options.colour"),
        ({"options": {}}, 422, "invalid_input", "builtin"),
    ],
)
def test_a_wrong_version_says_where(
    sam: Client, project: Project, submitter: User, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    place = f"/api/v1/datasets/{builders.dataset(project, submitter).pk}/versions"
    answer = sam.post(place, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)


@pytest.mark.parametrize(
    ("name", "content", "options", "status", "code"),
    [
        ("table.csv", b"a,b", "{}", 422, "wrong_file_type"),
        ("empty.zip", b"", "{}", 422, "invalid_input"),
        ("data.zip", b"PK", "{size}", 422, "invalid_input"),
        ("data.zip", b"x" * 200, "{}", 413, "too_large"),
    ],
)
def test_a_wrong_upload_is_refused_at_once(
    sam: Client, project: Project, submitter: User, settings, name: str, content: bytes, options: str, status: int,
    code: str,
) -> None:  # fmt: skip
    settings.UPLOAD_LIMIT_BYTES = 100
    place = f"/api/v1/datasets/{builders.dataset(project, submitter).pk}/versions"
    answer = sam.post(place, {"file": SimpleUploadedFile(name, content), "options": options})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not DatasetVersion.objects.exists()
