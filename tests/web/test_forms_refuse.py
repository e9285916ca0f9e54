"""The forms: what they accept becomes a job, what they refuse is said beside its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Project, User
from audit.models import AuditEvent
from catalog.models import Dataset
from jobs.models import Job
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]


def training(told: Story, **changes: Any) -> dict[str, Any]:
    """The train form as filled in."""
    return {"input_data": str(told.data.pk), "param_steps": "120", "param_learning_rate": "0.001"} | changes


def declaration(project: Project, **changes: Any) -> dict[str, Any]:
    """The form for data as filled in."""
    said = {"project": str(project.pk), "name": "scans", "source": "ward 3", "licence": "internal"}
    return said | {"legal_basis": "consent", "option_size": "32", "option_channels": "grey"} | changes


def test_a_filled_form_becomes_a_training(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).post("/jobs/job/add/", training(told, name="tonight", seed="11"))
    job = Job.objects.get(name="tonight")
    assert answer["Location"] == f"/jobs/job/{job.pk}/change/"
    assert (job.family, job.seed, job.params["steps"]) == ("dcgan", "11", 120)
    assert job.inputs.get(role="data").dataset_version == told.data


def test_an_empty_parameter_takes_its_default(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    browser_of(submitter).post("/jobs/job/add/", training(told, name="tonight", param_steps=""))
    assert Job.objects.get(name="tonight").params["steps"] == 100


@pytest.mark.parametrize(("language", "said"), [("en", "less than or equal to 1000000"), ("zh-hans", "1000000")])
def test_out_of_range_is_refused_with_the_bound(
    language: str, said: str, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter, language).post("/jobs/job/add/", training(told, param_steps="2000000"))
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors["param_steps"])


def test_what_only_the_service_refuses_stands_beside_its_field(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).post("/jobs/job/add/", training(told, param_learning_rate="0"))
    assert "param_learning_rate" in answer.context["form"].errors


def test_a_bad_seed_is_refused_beside_its_field(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).post("/jobs/job/add/", training(told, seed="minus one"))
    assert "The seed is a whole number." in answer.context["form"].errors["seed"][0]


def test_data_of_another_project_cannot_be_chosen(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    answer = browser_of(people["stranger"]).post("/jobs/job/add/", training(told))
    assert answer.status_code == 422
    assert "input_data" in answer.context["form"].errors


def test_a_generate_form_becomes_a_job(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    said = {"input_model": str(told.model.pk), "param_count": "3", "purpose": "a study", "name": "three"}
    browser_of(submitter).post(f"/jobs/job/add/?kind=generate&model={told.model.pk}", said)
    job = Job.objects.get(name="three")
    assert (job.kind, job.params["count"], job.purpose) == ("generate", 3, "a study")


def test_the_generate_form_knows_the_model_it_was_opened_for(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    page = browser_of(submitter).get(f"/jobs/job/add/?kind=generate&model={told.model.pk}").content.decode()
    assert f'<input type="hidden" name="input_model" value="{told.model.pk}"' in page


def test_a_declaration_with_a_file_is_read(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    file = SimpleUploadedFile("scans.zip", b"PK not looked at here")
    answer = browser_of(submitter).post("/catalog/dataset/add/", declaration(project, file=file))
    version = Dataset.objects.get(name="scans").versions.get()
    assert answer["Location"] == f"/catalog/datasetversion/{version.pk}/change/"
    assert Job.objects.get(kind="ingest").inputs.get(role="upload").upload_name == "scans.zip"
    assert AuditEvent.objects.filter(verb="dataset.declared", actor="sam").exists()


def test_a_built_in_set_needs_no_file(submitter: User, project: Project, offered: None, browser_of: BrowserOf) -> None:
    browser_of(submitter).post("/catalog/dataset/add/", declaration(project, builtin="digits"))
    assert Dataset.objects.get(name="scans").versions.get().options["builtin"] == "digits"


def test_a_refused_file_leaves_no_declaration_behind(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    file = SimpleUploadedFile("scans.csv", b"a,b")
    answer = browser_of(submitter).post("/catalog/dataset/add/", declaration(project, file=file))
    assert "scans.csv: this kind of file is not read." in answer.context["form"].errors["file"][0]
    assert not Dataset.objects.filter(name="scans").exists()


def test_an_empty_file_is_refused_in_words(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    file = SimpleUploadedFile("scans.zip", b"")
    answer = browser_of(submitter).post("/catalog/dataset/add/", declaration(project, file=file))
    assert "The file is empty." in answer.context["form"].errors["file"][0]


def test_an_empty_file_to_verify_is_refused_beside_its_field(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).post("/lineage/artifact/verify/", {"file": SimpleUploadedFile("a.png", b"")})
    assert answer.status_code == 422
    assert "The file is empty." in answer.context["form"].errors["file"][0]


def test_a_size_out_of_range_is_refused_with_the_bound(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    said = declaration(project, builtin="digits", option_size="999")
    answer = browser_of(submitter).post("/catalog/dataset/add/", said)
    assert "256" in answer.context["form"].errors["option_size"][0]


def test_a_name_taken_is_said_beside_the_name(
    submitter: User, project: Project, told: Story, browser_of: BrowserOf
) -> None:
    said = declaration(project, name="digits", builtin="digits")
    answer = browser_of(submitter).post("/catalog/dataset/add/", said)
    assert "has a data set called 'digits'" in answer.context["form"].errors["name"][0]


def test_verifying_a_file_leads_to_its_answer(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    file = SimpleUploadedFile("stray.png", b"some bytes")
    answer = browser_of(submitter).post("/lineage/artifact/verify/", {"file": file})
    job = Job.objects.get(kind="verify")
    assert answer["Location"] == f"/lineage/artifact/verify/?job={job.pk}"


def test_without_workers_the_form_says_so(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get("/jobs/job/add/").content.decode()
    assert "No worker offers this at present." in page
