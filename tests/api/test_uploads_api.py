"""Uploads that come in pieces: what a tus client does, and what a hostile one tries."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from config import clock
from jobs import partial_uploads
from jobs.models import JobInput, PartialUpload
from jobs.upload_piece import Part
from models_store.full_disk import DiskFull
from tests import builders
from tests.api.tus_client import OCTETS, TUS, begin, checksum, coded, offset, send

pytestmark = pytest.mark.django_db
DATA = bytes(range(256)) * 40


@pytest.fixture
def place(sam: Client) -> str:
    """An upload of DATA that has begun."""
    return begin(sam, len(DATA)).headers["Location"]


def kept(place: str) -> Path:
    """Where its bytes lie."""
    return partial_uploads.place_of(uuid.UUID(place.rsplit("/", 1)[-1]))


def test_pieces_become_the_file(sam: Client, place: str) -> None:
    first = send(sam, place, 0, DATA[:5000])
    second = send(sam, place, 5000, DATA[5000:])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "5000")
    assert (second.status_code, second.headers["Upload-Offset"]) == (204, str(len(DATA)))
    assert kept(place).read_bytes() == DATA


def test_head_says_where_to_go_on(sam: Client, place: str) -> None:
    send(sam, place, 0, DATA[:77])
    answer = sam.head(place, headers=TUS)
    assert (answer.status_code, answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == (
        200, "77", str(len(DATA)),
    )  # fmt: skip
    assert answer.headers["Cache-Control"] == "no-store"


def test_options_say_what_is_offered(sam: Client) -> None:
    answer = sam.options("/api/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"


@pytest.mark.parametrize("method", ["post", "head", "patch", "delete"])
def test_another_version_of_tus_is_refused(sam: Client, place: str, method: str) -> None:
    said = {"Tus-Resumable": "0.2.2", "Upload-Offset": "0", "Upload-Length": "3"}
    answer = getattr(sam, method)("/api/v1/uploads" if method == "post" else place, headers=said)
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


def test_every_answer_names_the_version(sam: Client, stranger: Client, place: str) -> None:
    answers = [sam.head(place, headers=TUS), stranger.head(place, headers=TUS), begin(sam, 0)]
    assert [answer.headers["Tus-Resumable"] for answer in answers] == ["1.0.0"] * 3


@pytest.mark.parametrize("length", ["-5", "1e3", "", "9" * 30, "0x10", "٣"])
def test_a_length_that_is_none_is_refused(sam: Client, length: str) -> None:
    answer = begin(sam, length.encode().decode("latin-1"))
    assert (answer.status_code, answer.json()["field"]) == (400, "Upload-Length")


def test_an_empty_file_is_refused_before_it_is_sent(sam: Client, project: Project) -> None:
    answer = begin(sam, 0)
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")


def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(
    sam: Client, project: Project, settings: LazySettings
) -> None:
    settings.UPLOAD_LIMIT_BYTES = 1000
    answer = begin(sam, 1001)
    assert (answer.status_code, answer.json()["code"], answer.headers["Tus-Max-Size"]) == (413, "too_large", "1000")
    assert not PartialUpload.objects.exists()


def test_a_full_quota_is_said_before_a_byte_is_sent(sam: Client, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(max_storage_bytes=1500)
    first = begin(sam, 1000)
    second = begin(sam, 1000)  # what is on its way counts
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "quota_storage")


def test_a_full_disk_is_said_before_a_byte_is_sent(
    sam: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_uploads.shutil, "disk_usage", lambda place: SimpleNamespace(free=300 * 2**20))
    answer = begin(sam, 100 * 2**20)
    assert (answer.status_code, answer.json()["code"]) == (507, DiskFull.code)


def test_a_viewer_begins_no_upload(vera: Client, project: Project) -> None:
    assert begin(vera, 10, project=project.slug).status_code == 403


def test_the_data_set_of_a_stranger_does_not_exist(stranger: Client, project: Project, submitter: User) -> None:
    data = builders.dataset_version(project, submitter).dataset
    assert begin(stranger, 10, dataset=str(data.pk)).status_code == 404
    assert begin(stranger, 10, dataset="nonsense").status_code == 404


def test_a_token_that_only_reads_begins_no_upload(project: Project, submitter: User) -> None:
    reads = Client(headers={"Authorization": f"Bearer {issue_token(submitter, scopes=['read'])[1]}"})
    assert begin(reads, 10).json()["code"] == "scope_missing"


@pytest.mark.parametrize("method", ["get", "head", "patch", "delete"])
def test_the_upload_of_somebody_else_does_not_exist(rita: Client, place: str, method: str) -> None:
    """A colleague in the same project is no exception."""
    answer = getattr(rita, method)(place, headers=TUS | {"Upload-Offset": "0", "Content-Type": OCTETS})
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "a/b/../digits.zip"])
def test_a_path_in_the_name_is_only_a_label(sam: Client, project: Project, name: str) -> None:
    made = begin(sam, 3, name=name)
    row = PartialUpload.objects.get()
    assert "/" not in row.name
    assert "\\" not in row.name
    assert [place.name for place in partial_uploads.folder().iterdir()].count(f"{made.json()['id']}.part") == 1


@pytest.mark.parametrize(
    "said",
    [
        "filename !!!",
        "filename " + coded(b"\xff\xfe"),
        f"filename {coded('a')},filename {coded('b')}",
        "filename " + coded("a" * 5000),
    ],
)
def test_metadata_that_are_none_are_refused(sam: Client, project: Project, said: str) -> None:
    answer = sam.post("/api/v1/uploads", headers=TUS | {"Upload-Length": "3", "Upload-Metadata": said})
    assert (answer.status_code, answer.json()["field"]) == (400, "Upload-Metadata")


def test_a_name_that_cannot_be_stored_is_refused(sam: Client, project: Project) -> None:
    assert begin(sam, 3, name="a\0b").status_code == 422


@pytest.mark.parametrize("start", ["-1", "", "1.5", "99999999999999999999"])
def test_an_offset_that_is_none_is_refused(sam: Client, place: str, start: str) -> None:
    assert send(sam, place, start, b"abc").status_code == 400


@pytest.mark.parametrize("start", [0, 6, 10_000])
def test_a_piece_begins_where_the_upload_ends(sam: Client, place: str, start: int) -> None:
    send(sam, place, 0, b"12345")
    answer = send(sam, place, start, b"abc")
    assert (answer.status_code, answer.json()["expected"]) == (409, 5)
    assert kept(place).read_bytes() == b"12345"


def test_more_than_was_announced_is_refused_whole(sam: Client, place: str) -> None:
    send(sam, place, 0, DATA[:100])
    answer = send(sam, place, 100, DATA)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert offset(sam, place) == 100


@pytest.mark.parametrize("name", ["sha256", "sha1"])
def test_a_piece_with_its_checksum_is_kept(sam: Client, place: str, name: str) -> None:
    assert send(sam, place, 0, DATA, Upload_Checksum=checksum(DATA, name)).status_code == 204


def test_a_piece_with_a_wrong_checksum_is_not_kept(sam: Client, place: str) -> None:
    answer = send(sam, place, 0, DATA, Upload_Checksum=checksum(DATA + b"!"))
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert (offset(sam, place), kept(place).read_bytes()) == (0, b"")


@pytest.mark.parametrize("said", ["md5 " + coded(b"0" * 16), "sha256", "sha256 !!!", "sha1 " + coded(b"short")])
def test_a_checksum_that_is_none_is_refused(sam: Client, place: str, said: str) -> None:
    assert send(sam, place, 0, DATA, Upload_Checksum=said).status_code == 400


def test_a_piece_says_what_it_is(sam: Client, place: str) -> None:
    assert send(sam, place, 0, b"abc", Content_Type="application/json").status_code == 415


def test_two_pieces_at_once_do_not_mix(sam: Client, place: str) -> None:
    with Part(kept(place)):
        answer = send(sam, place, 0, b"abc")
        gone = sam.delete(place, headers=TUS)
    assert (answer.status_code, answer.json()["code"], gone.status_code) == (423, "upload_locked", 423)
    assert send(sam, place, 0, b"abc").status_code == 204


def test_what_a_writer_that_died_left_is_cut_off(sam: Client, place: str) -> None:
    send(sam, place, 0, b"12345")
    with kept(place).open("ab") as file:
        file.write(b"never recorded")
    send(sam, place, 5, b"678")
    assert kept(place).read_bytes() == b"12345678"


def test_an_upload_that_is_given_up_leaves_nothing(sam: Client, place: str) -> None:
    send(sam, place, 0, DATA)
    assert sam.delete(place, headers=TUS).status_code == 204
    assert (kept(place).exists(), sam.head(place, headers=TUS).status_code) == (False, 404)


def test_an_upload_expires_a_day_after_its_last_byte(sam: Client, place: str) -> None:
    PartialUpload.objects.update(last_byte_at=clock.now() - timedelta(hours=25))
    assert sam.head(place, headers=TUS).status_code == 410
    assert partial_uploads.expire(clock.now()) == 1
    assert (kept(place).exists(), PartialUpload.objects.count()) == (False, 0)


def test_a_sweep_leaves_what_is_being_written(sam: Client, place: str) -> None:
    PartialUpload.objects.update(last_byte_at=clock.now() - timedelta(hours=25))
    with Part(kept(place)):
        assert partial_uploads.expire(clock.now()) == 0


def test_a_person_has_a_bounded_number_of_uploads(
    sam: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_uploads, "MOST_OPEN", 2)
    assert [begin(sam, 3).status_code for _ in range(3)] == [201, 201, 429]


@pytest.fixture
def dataset(project: Project, submitter: User, offered: None) -> str:
    """The address of a data set's versions."""
    return f"/api/v1/datasets/{builders.dataset_version(project, submitter).dataset_id}/versions"


def test_an_upload_that_has_arrived_becomes_a_version(sam: Client, dataset: str, place: str) -> None:
    send(sam, place, 0, DATA)
    answer = sam.post(dataset, {"upload": place.rsplit("/", 1)[-1]}, content_type="application/json")
    assert answer.status_code == 202
    brought = JobInput.objects.get(job=answer.json()["job"]["id"], role="upload")
    assert brought.upload_name == "digits.zip"
    assert not PartialUpload.objects.exists()


def test_an_upload_that_has_not_arrived_becomes_nothing(sam: Client, dataset: str, place: str) -> None:
    send(sam, place, 0, DATA[:-1])
    answer = sam.post(dataset, {"upload": place.rsplit("/", 1)[-1]}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_incomplete")


def test_a_refused_version_leaves_the_upload(sam: Client, dataset: str, place: str) -> None:
    send(sam, place, 0, DATA)
    body = {"upload": place.rsplit("/", 1)[-1], "options": {"size": 7}}
    assert sam.post(dataset, body, content_type="application/json").status_code == 422
    body["options"] = {}
    assert sam.post(dataset, body, content_type="application/json").status_code == 202


def test_the_upload_of_somebody_else_becomes_no_version(sam: Client, rita: Client, dataset: str, place: str) -> None:
    send(sam, place, 0, DATA)
    answer = rita.post(dataset, {"upload": place.rsplit("/", 1)[-1]}, content_type="application/json")
    assert answer.status_code == 404


def test_a_piece_for_an_upload_that_was_used_meanwhile_is_told_so(sam: Client, place: str) -> None:
    row = PartialUpload.objects.get()
    PartialUpload.objects.all().delete()  # as somebody else's request did between our look and our lock
    with pytest.raises(partial_uploads.UploadGone):
        partial_uploads.piece(row, 0)


def test_an_upload_is_used_once(sam: Client, submitter: User, place: str) -> None:
    send(sam, place, 0, DATA)
    upload = PartialUpload.objects.get()
    with pytest.raises(partial_uploads.UploadGone), partial_uploads.arrived(submitter, upload.pk):
        PartialUpload.objects.all().delete()  # the other one was quicker
    assert kept(place).exists()
