"""Legal holds, retention and erasure in the admin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from catalog.models import Dataset
from config import clock
from lineage.models import Artifact, LegalHold
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]


def held(browser: Client, kind: str, subject: object) -> LegalHold:
    said = {"subject_kind": kind, "subject": str(subject), "reason": "lawsuit 12"}
    page = browser.post("/lineage/legalhold/add/", said)["Location"]
    assert browser.get(page).status_code == 200
    return LegalHold.objects.latest("id")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_hold_is_shown_on_its_thing_and_in_the_list(
    told: Story, project: Project, people: dict[str, User], language: str, browser_of: BrowserOf
) -> None:
    browser = browser_of(people["reviewer"], language)
    pages = {
        "project": (project.pk, f"/accounts/project/{project.pk}/change/"),
        "dataset": (told.data.dataset_id, f"/catalog/dataset/{told.data.dataset_id}/change/"),
        "model_version": (told.model.pk, f"/catalog/modelversion/{told.model.pk}/change/"),
        "artifact": (told.made[0].pk, f"/lineage/artifact/{told.made[0].pk}/change/"),
    }
    for kind, (subject, page) in pages.items():
        hold = held(browser, kind, subject)
        assert f"/lineage/legalhold/{hold.pk}/change/".encode() in browser.get(page).content
    assert "lawsuit 12" in browser.get("/lineage/legalhold/").content.decode()


def test_who_set_it_does_not_lift_it_and_another_does(
    project: Project, people: dict[str, User], browser_of: BrowserOf
) -> None:
    hold = held(browser_of(people["reviewer"]), "project", project.pk)
    page = f"/lineage/legalhold/{hold.pk}/change/"
    assert b"Lift the legal hold" not in browser_of(people["reviewer"]).get(page).content
    assert b"Lift the legal hold" in browser_of(people["owner"]).get(page).content
    browser_of(people["owner"]).post(page.replace("change", "lift"), {"comment": "settled"})
    hold.refresh_from_db()
    assert hold.lifted_by == people["owner"]


def test_a_subject_that_is_none_is_told_beside_its_field(people: dict[str, User], browser_of: BrowserOf) -> None:
    said = {"subject_kind": "job", "subject": "nothing", "reason": "x"}
    answer = browser_of(people["reviewer"]).post("/lineage/legalhold/add/", said)
    assert (answer.status_code, "subject" in answer.context["form"].errors) == (422, True)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_data_set_is_erased_with_its_name_typed_again(
    told: Story, people: dict[str, User], language: str, browser_of: BrowserOf
) -> None:
    dataset, browser = told.data.dataset, browser_of(people["owner"], language)
    page = f"/catalog/dataset/{dataset.pk}/erase/"
    assert browser.get(page).status_code == 200
    assert browser.post(page, {"name": "another", "models": "keep"}).status_code == 422
    assert browser_of(people["reviewer"]).get(page).status_code == 403
    for job in told.data.dataset.project.job_set.all():
        type(job).objects.filter(pk=job.pk).update(state="cancelled")
    assert browser.post(page, {"name": dataset.name, "models": "keep"}).status_code == 302
    for place in (f"/catalog/dataset/{dataset.pk}/change/", f"/catalog/datasetversion/{told.data.pk}/change/"):
        assert browser.get(place).status_code == 200
    assert Dataset.objects.get(pk=dataset.pk).erased_at


def test_an_artifact_whose_bytes_are_gone_says_since_when(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    Artifact.objects.update(expired_at=clock.now())
    browser = browser_of(submitter)
    page = browser.get(f"/lineage/artifact/{told.made[0].pk}/change/").content.decode()
    assert f"The file was deleted on {clock.now():%Y-%m-%d}" in page
    assert f'/artifacts/{told.made[0].pk}/content" alt' not in page
    assert browser.get("/lineage/artifact/").status_code == 200


def test_an_owner_sets_the_days(project: Project, people: dict[str, User], browser_of: BrowserOf) -> None:
    said = {"weight": 1, "max_running": 0, "max_device_hours": 0, "max_storage": 0, "artifact_days": 30}
    browser = browser_of(people["owner"])
    browser.post(f"/accounts/project/{project.pk}/limits/", said)
    project.refresh_from_db()
    assert (project.artifact_days, project.upload_days) == (30, 0)
    assert b"30 d" in browser.get(f"/accounts/project/{project.pk}/change/").content


def test_a_submitter_is_told_that_a_hold_needs_a_reviewer(people: dict[str, User], browser_of: BrowserOf) -> None:
    answer = browser_of(people["submitter"]).get("/lineage/legalhold/add/")
    assert answer.status_code == 403
    assert "needs the role reviewer" in answer.content.decode()


def test_a_submitter_is_told_that_erasing_needs_an_owner(
    told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    answer = browser_of(people["submitter"]).get(f"/catalog/dataset/{told.data.dataset_id}/erase/")
    assert answer.status_code == 403
    assert "needs the role owner in project studio. Expected: owner. Got: submitter." in answer.content.decode()


@pytest.mark.parametrize(("language", "says"), [("en", "set by rita"), ("zh-hans", "由 rita 于")])
def test_the_hold_that_forbids_erasure_is_named_and_linked(
    language: str, says: str, told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    hold = held(browser_of(people["reviewer"]), "model_version", told.model.pk)
    for job in told.data.dataset.project.job_set.all():
        type(job).objects.filter(pk=job.pk).update(state="cancelled")
    said = {"name": told.data.dataset.name, "models": "keep"}
    answer = browser_of(people["owner"], language).post(f"/catalog/dataset/{told.data.dataset_id}/erase/", said)
    page = answer.content.decode()
    assert (answer.status_code, says in page, "lawsuit 12" in page) == (422, True, True)
    assert f"/lineage/legalhold/{hold.pk}/change/" in page


def test_a_viewer_sets_no_hold(project: Project, people: dict[str, User], browser_of: BrowserOf) -> None:
    assert browser_of(people["viewer"]).get("/lineage/legalhold/add/").status_code == 403
