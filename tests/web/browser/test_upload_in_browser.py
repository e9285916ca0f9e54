"""A file is sent from a real browser: progress, a broken connection, a reload, and on from where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Project, User
from catalog.models import DatasetVersion
from jobs.models import JobInput, PartialUpload

PIECE = 6 * 1024 * 1024
ADDRESS = "/catalog/dataset/add/"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of three pieces."""
    path = tmp_path / "scans.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(2 * PIECE + 1000))
    return path


def declare(page: Any) -> None:
    """Fill in the declaration."""
    for name, said in (("name", "scans"), ("source", "ward 3"), ("licence", "internal"), ("legal_basis", "consent")):
        page.fill(f"#id_{name}", said)


def test_an_upload_breaks_the_page_is_reloaded_and_it_goes_on(
    page_of: Callable[..., Any], offered: None, project: Project, submitter: User, file: Path
) -> None:
    page = page_of(submitter)
    sent: list[int] = []

    def piece(route: Any) -> None:
        """The second piece never arrives."""
        if route.request.method != "PATCH":
            return route.continue_()
        sent.append(int(route.request.headers["upload-offset"]))
        return route.abort() if len(sent) > 1 else route.continue_()

    page.route("**/api/v1/uploads/*", piece)
    page.goto(ADDRESS)
    page.set_input_files("#id_file", file)
    page.wait_for_function("document.querySelector('[data-part=status]').textContent.includes('broke')")
    assert sent[:2] == [0, PIECE]
    assert PartialUpload.objects.get().offset == PIECE

    page.unroute("**/api/v1/uploads/*")
    page.reload()
    page.get_by_text("was not sent whole").wait_for()
    begun: list[int] = []
    page.on(
        "request",
        lambda one: begun.append(int(one.headers["upload-offset"])) if one.method == "PATCH" else None,
    )
    page.set_input_files("#id_file", file)
    page.locator("[data-part=arrived]").wait_for()
    assert begun == [PIECE, 2 * PIECE]  # nothing was sent twice

    declare(page)
    page.click("#dataset-form button.km-main")
    page.wait_for_url("**/catalog/datasetversion/*/change/")
    version = DatasetVersion.objects.get()
    assert version.state == "pending"
    assert JobInput.objects.get(job__inputs__dataset_version=version, role="upload").upload_name == "scans.zip"
    assert not PartialUpload.objects.exists()


def test_a_form_that_is_sent_early_waits_for_its_file(
    page_of: Callable[..., Any], offered: None, project: Project, submitter: User, file: Path
) -> None:
    page = page_of(submitter)
    held: list[Any] = []
    page.route("**/api/v1/uploads", lambda route: held.append(route))
    page.goto(ADDRESS)
    declare(page)
    page.set_input_files("#id_file", file)
    page.click("#dataset-form button.km-main")
    page.get_by_text("as soon as the file is there").first.wait_for()
    held[0].continue_()
    page.wait_for_url("**/catalog/datasetversion/*/change/")


def test_a_paused_upload_goes_on_and_one_that_is_given_up_leaves_nothing(
    page_of: Callable[..., Any], offered: None, project: Project, submitter: User, file: Path
) -> None:
    page = page_of(submitter)
    held: list[Any] = []
    page.route("**/api/v1/uploads/*", lambda route: held.append(route) if route.request.method == "PATCH" and not held else route.continue_())  # fmt: skip  # noqa: E501
    page.goto(ADDRESS)
    with page.expect_request(lambda one: one.method == "PATCH"):  # this one is held; the next one goes through
        page.set_input_files("#id_file", file)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("document.querySelector('[data-part=status]').textContent.includes('Paused')")
    page.get_by_role("button", name="Go on").click()
    page.locator("[data-part=arrived]").wait_for()
    page.get_by_role("button", name="Take another file").click()
    page.reload()
    page.get_by_role("button", name="Give it up").click()
    page.locator("[data-part=unfinished]").wait_for(state="hidden")
    assert not PartialUpload.objects.exists()


def test_what_has_no_room_is_refused_in_words_before_a_byte_is_sent(
    page_of: Callable[..., Any], offered: None, project: Project, submitter: User, file: Path
) -> None:
    Project.objects.filter(pk=project.pk).update(max_storage_bytes=1000)
    page = page_of(submitter)
    pieces: list[str] = []
    page.on("request", lambda one: pieces.append(one.url) if one.method == "PATCH" else None)
    page.goto(ADDRESS)
    page.set_input_files("#id_file", file)
    page.get_by_text("no room for this file").first.wait_for()
    assert pieces == []


def test_several_files_are_refused_in_words(
    page_of: Callable[..., Any], offered: None, project: Project, submitter: User
) -> None:
    page = page_of(submitter)
    page.goto(ADDRESS)
    drop = """() => {
        const data = new DataTransfer();
        data.items.add(new File(["a"], "a.png"));
        data.items.add(new File(["b"], "b.png"));
        const drop = new DragEvent("drop", {dataTransfer: data, bubbles: true});
        document.querySelector("[data-upload]").dispatchEvent(drop);
    }"""
    page.evaluate(drop)
    page.get_by_text("One file at a time").first.wait_for()


def test_a_file_of_a_kind_that_is_not_read_is_refused_before_a_byte_is_sent(
    page_of: Callable[..., Any], offered: None, project: Project, submitter: User, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.docx"
    notes.write_bytes(b"no pictures")
    page, sent = page_of(submitter), []
    page.on("request", lambda one: sent.append(one.url) if "/uploads" in one.url else None)
    page.goto(ADDRESS)
    page.set_input_files("#id_file", notes)
    page.get_by_text("notes.docx: this kind of file is not read. Read are: .zip").first.wait_for()
    assert sent == []
