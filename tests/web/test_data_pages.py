"""The pages of data sets: items, problems, what changed, holds that reach them, and a form that explains itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Project, User
from catalog.models import Dataset, DatasetVersion, VersionState
from jobs import partial_uploads
from jobs.models import PartialUpload
from lineage.legal_holds import lift_hold, set_hold
from tests import builders
from tests.web.items import lay_texts
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]


def items(told: Story) -> str:
    """The browser of items."""
    return f"/catalog/datasetversion/{told.data.pk}/items/"


def read(client: Client, address: str) -> str:
    """A page that is there."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def status(client: Client, address: str) -> int:
    """How it is answered; a file is read to its end, which closes it."""
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer)
    return answer.status_code


def declaration(project: Project, **changes: Any) -> dict[str, Any]:
    """The form for data as filled in."""
    said = {"project": str(project.pk), "name": "scans", "source": "ward 3", "licence": "internal"}
    return said | {"legal_basis": "consent", "option_size": "32", "option_channels": "grey"} | changes


# --- items -----------------------------------------------------------------------------------------------------------


def test_the_browser_says_how_many_of_how_many_it_shows(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = read(browser_of(submitter), items(told))
    assert "230 of 60,000 items" in page
    assert page.count("data-item=") == 100


@pytest.mark.parametrize(
    ("query", "count"),
    [("split=holdout", 30), ("split=holdout&class=3", 3), ("class=3", 23), ("page=3", 30), ("class=99", 0)],
)
def test_items_are_filtered_by_class_and_side(
    query: str, count: int, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    assert read(browser_of(submitter), f"{items(told)}?{query}").count("data-item=") == count


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=9999999999999", "class=x", "split=%00", "item=99999"])
def test_an_address_that_says_nonsense_shows_items_all_the_same(
    query: str, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    assert "data-item=" in read(browser_of(submitter), f"{items(told)}?{query}")


def test_an_item_is_shown_large_without_scripts_too(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).get(f"{items(told)}?item=120")
    assert answer.context["chosen"]["number"] == 120
    assert 'id="chosen"' in answer.content.decode()


def test_a_version_without_sheets_says_what_to_do(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    files = {name: sha256 for name, sha256 in told.data.files.items() if not name.startswith("shown/")}
    DatasetVersion.objects.filter(pk=told.data.pk).update(files=files)
    assert "Bring the same file once more" in read(browser_of(submitter), items(told))


def test_texts_are_shown_as_text_whatever_they_hold(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    told.data.files = {}
    lay_texts(told.data, ["<script>alert(1)</script>", "second"])
    page = read(browser_of(submitter), items(told))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_items_are_for_those_who_see_the_data(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    place = f"/api/v1/datasets/{told.data.dataset_id}/versions/1/shown"
    for who, expected in (("viewer", 200), ("stranger", 404)):
        browser = browser_of(people[who])
        addresses = (items(told), f"{place}/items-00.png", f"{place}/items.json", f"{place}/problem-00.png")
        assert [status(browser, address) for address in addresses] == [expected] * 4


@pytest.mark.parametrize("name", ["train.safetensors", "..%2Ftrain.safetensors", "items-99.png"])
def test_nothing_but_what_was_laid_out_is_served_there(
    name: str, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    DatasetVersion.objects.filter(pk=told.data.pk).update(files=told.data.files | {"train.safetensors": "a" * 64})
    place = f"/api/v1/datasets/{told.data.dataset_id}/versions/1/shown/{name}"
    assert browser_of(submitter).get(place).status_code == 404


# --- profile ---------------------------------------------------------------------------------------------------------


def test_a_problem_has_its_picture_and_what_to_do(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = read(browser_of(submitter), f"/catalog/datasetversion/{told.data.pk}/change/")
    assert "versions/1/shown/problem-00.png" in page
    assert "save it again as PNG or JPEG" in page


def test_the_picture_of_a_problem_is_a_file_of_the_version_or_nothing(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    problems = [told.data.problems[0] | {"picture": "../../mean"}]
    DatasetVersion.objects.filter(pk=told.data.pk).update(problems=problems)
    assert "../../mean" not in read(browser_of(submitter), f"/catalog/datasetversion/{told.data.pk}/change/")


def test_the_histogram_has_its_numbers(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = read(browser_of(submitter), f"/catalog/datasetversion/{told.data.pk}/change/")
    assert page.count("<rect") == 16
    assert "<td>32–47</td><td>30</td>" in page


# --- versions and changes --------------------------------------------------------------------------------------------


@pytest.fixture
def second(told: Story, submitter: User) -> DatasetVersion:
    """A version that differs: more items, one class less, another size."""
    old = told.data
    profile = old.profile | {"count": 107, "classes": old.profile["classes"][:9]}
    return DatasetVersion.objects.create(
        dataset=old.dataset, number=2, state=VersionState.READY, files=old.files, spec=old.spec, sha256="e" * 64,
        counts={"train": 95, "holdout": 12}, profile=profile, options={"size": 64}, created_by=submitter,
    )  # fmt: skip


def test_what_changed_is_marked(submitter: User, told: Story, second: DatasetVersion, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).get(f"/catalog/dataset/{told.data.dataset_id}/changes/")
    rows = {row["label"]: row for group in answer.context["groups"] for row in group["rows"]}
    assert (rows["Items"]["before"], rows["Items"]["after"], rows["Items"]["change"]) == ("100", "107", "+7")
    assert rows["9"]["differs"]
    assert not rows["8"]["differs"]


def test_two_versions_are_compared_in_the_order_that_was_asked_for(
    submitter: User, told: Story, second: DatasetVersion, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).get(f"/catalog/dataset/{told.data.dataset_id}/changes/?from=2&to=1")
    assert (answer.context["before"].number, answer.context["after"].number) == (2, 1)


@pytest.mark.parametrize("query", ["", "?from=1&to=7", "?from=x&to=%00"])
def test_one_version_has_nothing_to_be_compared_with(
    query: str, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    page = read(browser_of(submitter), f"/catalog/dataset/{told.data.dataset_id}/changes/{query}")
    assert "There is nothing to compare yet" in page


# --- the list and holds ----------------------------------------------------------------------------------------------


def test_the_list_shows_a_picture_and_how_much_there_is(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = read(browser_of(submitter), "/catalog/dataset/")
    assert f"/api/v1/datasets/{told.data.dataset_id}/versions/1/preview" in page
    assert "100 items" in page


def test_the_list_asks_as_often_for_many_as_for_one(
    submitter: User, told: Story, project: Project, browser_of: BrowserOf, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = browser_of(submitter)
    client.get("/catalog/dataset/")
    with CaptureQueriesContext(connection) as one:
        client.get("/catalog/dataset/")
    for number in range(5):
        builders.dataset_version(project, submitter, name=f"more {number}")
    with django_assert_num_queries(len(one)):
        client.get("/catalog/dataset/")


def test_no_data_say_what_to_do(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    assert "There are no data yet" in read(browser_of(submitter), "/catalog/dataset/")


def test_a_hold_on_a_job_is_shown_on_the_data_that_it_reaches(
    submitter: User, reviewer: User, told: Story, browser_of: BrowserOf
) -> None:
    address = f"/catalog/dataset/{told.data.dataset_id}/change/"
    hold = set_hold("job", str(told.trained.pk), reason="case 7", actor=reviewer)
    page = read(browser_of(submitter), address)
    assert "case 7" in page
    assert f"/jobs/job/{told.trained.pk}/change/" in page
    lift_hold(hold, comment="closed", actor=builders.person("lisa", is_superuser=True))
    assert "case 7" not in read(browser_of(submitter), address)


def test_a_hold_on_other_work_is_not_shown(
    submitter: User, reviewer: User, told: Story, project: Project, browser_of: BrowserOf
) -> None:
    other = builders.dataset_version(project, submitter, name="other").dataset
    set_hold("dataset", str(other.pk), reason="case 8", actor=reviewer)
    assert "case 8" not in read(browser_of(submitter), f"/catalog/dataset/{told.data.dataset_id}/change/")


# --- the form --------------------------------------------------------------------------------------------------------


def arrived(project: Project, submitter: User, data: bytes = b"PK\x03\x04") -> PartialUpload:
    """A whole upload."""
    row = partial_uploads.begin(project, name="scans.zip", length=len(data), actor=submitter)
    with partial_uploads.piece(row, 0) as piece:
        piece.write(data)
        piece.end(whole=True)
        return partial_uploads.record(row, piece)


def test_an_upload_that_has_arrived_is_taken_by_the_form(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    upload = arrived(project, submitter)
    answer = browser_of(submitter).post("/catalog/dataset/add/", declaration(project, upload=str(upload.pk)))
    assert answer["Location"] == f"/catalog/datasetversion/{DatasetVersion.objects.get().pk}/change/"


def test_a_refused_form_keeps_what_was_typed_and_the_file(
    submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    upload = arrived(project, submitter)
    said = declaration(project, upload=str(upload.pk), source="", licence="CC-BY-4.0")
    answer = browser_of(submitter).post("/catalog/dataset/add/", said)
    page = answer.content.decode()
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["source"])
    assert 'value="CC-BY-4.0"' in page
    assert f'value="{upload.pk}"' in page
    assert "scans.zip (4\xa0bytes) has arrived." in page


def test_the_upload_of_a_colleague_is_no_file_of_mine(
    submitter: User, people: dict[str, User], project: Project, offered: None, browser_of: BrowserOf
) -> None:
    upload = arrived(project, people["owner"])
    answer = browser_of(submitter).post("/catalog/dataset/add/", declaration(project, upload=str(upload.pk)))
    assert (answer.status_code, Dataset.objects.count()) == (422, 0)
    assert "upload" in answer.context["form"].errors


def test_a_plain_file_still_does(submitter: User, project: Project, offered: None, browser_of: BrowserOf) -> None:
    file = SimpleUploadedFile("scans.zip", b"PK\x03\x04")
    answer = browser_of(submitter).post("/catalog/dataset/add/", declaration(project, file=file))
    assert answer.status_code == 302


@pytest.mark.parametrize(("language", "said"), [("en", "Why it is asked"), ("zh-hans", "询问原因")])
def test_each_field_of_the_declaration_is_explained(
    language: str, said: str, submitter: User, project: Project, offered: None, browser_of: BrowserOf
) -> None:
    page = read(browser_of(submitter, language), "/catalog/dataset/add/")
    assert page.count(said) == 8
    assert '<option value="CC-BY-NC-4.0">' in page
