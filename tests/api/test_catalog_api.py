"""Plug-ins, data sets and models over REST."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Project, User
from catalog.models import ModelVersion
from jobs.models import Job, JobInput, State
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
DECLARATION = {
    "source": "scanner 3",
    "licence": "CC0",
    "legal_basis": "consent",
    "contains_personal_data": True,
    "sensitive_attributes": ["age"],
    "notes": "x",
}


def test_plugins_of_a_kind_have_their_schema(sam: Client, offered: None) -> None:
    rows = sam.get("/api/v1/plugins?kind=family").json()["results"]
    assert [row["name"] for row in rows] == ["dcgan"]
    assert "steps" in rows[0]["schema"]["properties"]


def test_a_data_set_keeps_its_declaration(sam: Client, offered: None) -> None:
    body = {"name": "xrays", "modality": "image", "declaration": DECLARATION, "project": "studio"}
    answer = sam.post("/api/v1/datasets", body, **JSON)
    assert answer.status_code == 201
    assert sam.get(answer["Location"]).json()["declaration"] == DECLARATION


def test_a_name_is_taken_once(sam: Client, offered: None) -> None:
    body = {"name": "xrays", "modality": "image", "declaration": DECLARATION}
    assert [sam.post("/api/v1/datasets", body, **JSON).status_code for _ in range(2)] == [201, 409]


def test_an_upload_becomes_an_ingest_job(sam: Client, project: Project, submitter: User, offered: None) -> None:
    dataset = builders.dataset(project, submitter)
    upload = SimpleUploadedFile("../../etc/scans.zip", b"PK\x05\x06")
    answer = sam.post(f"/api/v1/datasets/{dataset.pk}/versions", {"file": upload, "options": '{"size": 16}'})
    said = answer.json()
    job = Job.objects.get(pk=said["job"]["id"])
    assert (answer.status_code, said["state"], job.kind, job.params["size"]) == (202, "pending", "ingest", 16)
    assert job.inputs.get(role="upload").upload_name == "scans.zip"


def test_a_version_names_its_job(sam: Client, project: Project, submitter: User, offered: None) -> None:
    dataset = builders.dataset(project, submitter)
    answer = sam.post(f"/api/v1/datasets/{dataset.pk}/versions", {"builtin": "digits"}, **JSON)
    assert sam.get(answer["Location"]).json()["job"] == answer.json()["job"]["id"]


@pytest.mark.parametrize("picture", ["preview", "mean"])
def test_pictures_of_the_data_are_shown(sam: Client, project: Project, submitter: User, picture: str) -> None:
    version = builders.dataset_version(project, submitter)
    answer = sam.get(f"/api/v1/datasets/{version.dataset_id}/versions/1/{picture}")
    assert (answer["Content-Type"], answer["Content-Disposition"].split(";")[0]) == ("image/png", "inline")
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")


@pytest.fixture
def draft(project: Project, submitter: User) -> ModelVersion:
    """A model that the submitter trained."""
    return builders.model_version(project, submitter)


def place_of(version: ModelVersion) -> str:
    """Its address."""
    return f"/api/v1/models/{version.model_id}/versions/{version.number}"


def test_who_trained_it_cannot_approve_it(sam: Client, project: Project, submitter: User, draft: ModelVersion) -> None:
    project.membership_set.filter(user=submitter).update(role="owner")
    answer = sam.post(f"{place_of(draft)}/approve", {}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "four_eyes")


def test_a_second_person_approves_and_the_jobs_that_waited_go_on(
    rita: Client, project: Project, reviewer: User, draft: ModelVersion
) -> None:
    held = builders.job(project, reviewer, "generate", state=State.HELD)
    JobInput.objects.create(job=held, role="model", model_version=draft)
    said = rita.post(f"{place_of(draft)}/approve", {"comment": "looks right"}, **JSON).json()
    assert (said["stage"], said["decided_by"], said["comment"]) == ("approved", "rita", "looks right")
    assert Job.objects.get(pk=held.pk).state == State.QUEUED


def test_a_decision_is_a_review(rita: Client, draft: ModelVersion) -> None:
    rita.post(f"{place_of(draft)}/reject", {"comment": "blurred"}, **JSON)
    review = rita.get("/api/v1/reviews").json()["results"][0]
    assert (review["subject"], review["decision"], review["comment"]) == (str(draft.pk), "reject", "blurred")


@pytest.mark.parametrize("decision", ["reject", "revoke"])
def test_saying_no_needs_a_reason(rita: Client, draft: ModelVersion, decision: str) -> None:
    answer = rita.post(f"{place_of(draft)}/{decision}", {}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "comment")


def test_a_draft_cannot_be_retired(rita: Client, draft: ModelVersion) -> None:
    answer = rita.post(f"{place_of(draft)}/retire", {}, **JSON)
    assert (answer.status_code, answer.json()["got"]) == (409, "draft")


def test_a_bundle_is_a_zip_of_the_versions_files(sam: Client, draft: ModelVersion) -> None:
    answer = sam.get(f"{place_of(draft)}/bundle")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as bundle:
        assert bundle.namelist() == sorted(draft.files)


@pytest.mark.parametrize(("query", "text"), [("", "# Card"), ("?lang=en", "# Card"), ("?lang=zh", "# 卡片")])
def test_the_card_comes_in_two_languages(sam: Client, draft: ModelVersion, query: str, text: str) -> None:
    answer = sam.get(f"{place_of(draft)}/card{query}")
    assert b"".join(answer.streaming_content).decode().startswith(text)
    assert answer["Content-Disposition"].startswith("attachment")


def test_there_is_no_card_in_other_languages(sam: Client, draft: ModelVersion) -> None:
    assert sam.get(f"{place_of(draft)}/card?lang=fr").status_code == 404


def test_a_model_lists_its_versions(sam: Client, draft: ModelVersion) -> None:
    said = sam.get(f"/api/v1/models/{draft.model_id}").json()
    assert [(one["number"], one["stage"]) for one in said["versions"]] == [(1, "draft")]
