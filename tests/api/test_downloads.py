"""Files that are sent: whole or in part, with their digest and their name."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client

from accounts.models import Project, User
from api.downloads import disposition
from api.ranges import NoSuchRange, asked_part
from lineage.models import Artifact
from tests import builders


@pytest.fixture
def artifact(project: Project, submitter: User) -> Artifact:
    """A picture."""
    return builders.generated(project, submitter, count=1)[0]


def got(client: Client, artifact: Artifact, **headers: str) -> tuple[Any, bytes]:
    """GET of its content."""
    answer: HttpResponseBase = client.get(f"/api/v1/artifacts/{artifact.pk}/content", headers=headers)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return answer, body


@pytest.mark.django_db
def test_parts_of_a_file_make_up_the_whole(sam: Client, artifact: Artifact) -> None:
    _, whole = got(sam, artifact)
    found = b""
    for start in range(0, len(whole), 40):
        answer, part = got(sam, artifact, Range=f"bytes={start}-{start + 39}")
        end = min(start + 39, len(whole) - 1)
        assert (answer.status_code, answer["Content-Range"]) == (206, f"bytes {start}-{end}/{len(whole)}")
        assert answer["Content-Length"] == str(len(part))
        found += part
    assert found == whole


@pytest.mark.django_db
def test_the_digest_is_that_of_the_whole_file_in_every_part(sam: Client, artifact: Artifact) -> None:
    said = {got(sam, artifact, **headers)[0]["Repr-Digest"] for headers in ({}, {"Range": "bytes=3-5"})}
    digest = base64.b64encode(bytes.fromhex(artifact.sha256)).decode()
    assert said == {f"sha-256=:{digest}:"}


@pytest.mark.django_db
def test_the_head_of_a_file_says_how_long_it_is(sam: Client, artifact: Artifact) -> None:
    answer = sam.head(f"/api/v1/artifacts/{artifact.pk}/content")
    answer.close()
    assert (answer.status_code, answer["Content-Length"]) == (200, str(artifact.size))
    assert (answer["Accept-Ranges"], answer["ETag"]) == ("bytes", f'"{artifact.sha256}"')


@pytest.mark.django_db
def test_a_range_beyond_the_end_is_refused_with_the_size(sam: Client, artifact: Artifact) -> None:
    answer, _ = got(sam, artifact, Range=f"bytes={artifact.size}-")
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer["Content-Range"] == f"bytes */{artifact.size}"


@pytest.mark.django_db
@pytest.mark.parametrize("tag", ['"another"', "Sun, 22 Nov 2026 10:00:00 GMT"])
def test_a_part_of_another_file_is_never_sent(sam: Client, artifact: Artifact, tag: str) -> None:
    answer, body = got(sam, artifact, Range="bytes=3-5", **{"If-Range": tag})
    assert (answer.status_code, len(body)) == (200, artifact.size)


@pytest.mark.django_db
def test_a_file_that_the_client_has_is_not_sent_again(sam: Client, artifact: Artifact) -> None:
    answer, body = got(sam, artifact, **{"If-None-Match": f'W/"other", "{artifact.sha256}"'})
    assert (answer.status_code, body, answer["ETag"]) == (304, b"", f'"{artifact.sha256}"')


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-0", (0, 1)), ("bytes=90-", (90, 10)), ("bytes=-3", (97, 3)), ("bytes=-500", (0, 100)),
        ("bytes=50-5000", (50, 50)), ("Bytes=1-2", (1, 2)),
        ("bytes=0-1,5-6", None), ("bytes=5-2", None), ("bytes=-", None), ("bytes=a-b", None), ("items=0-1", None),
        ("", None), ("bytes=0-1 ; x", None), ("bytes=-1-2", None), ("bytes=\u0661-\u0662", None),
    ],
)  # fmt: skip
def test_what_a_range_asks_for(asked: str, expected: tuple[int, int] | None) -> None:
    part = asked_part(asked, "", '"t"', 100)
    assert (part and (part.start, part.length)) == expected


@pytest.mark.parametrize(("asked", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_what_no_file_has(asked: str, size: int) -> None:
    with pytest.raises(NoSuchRange):
        asked_part(asked, "", '"t"', size)


def test_a_name_travels_in_ascii_and_as_it_is() -> None:
    said = disposition("ŝtato/\u5730\u56fe \r\nx.png")
    assert said.startswith('attachment; filename="')
    assert said.isascii()
    assert said.endswith("filename*=UTF-8''%C5%9Dtato_%E5%9C%B0%E5%9B%BE%20__x.png")


def test_a_plain_name_is_said_once() -> None:
    assert disposition("a-1.png", inline=True) == 'inline; filename="a-1.png"'


@pytest.mark.django_db
def test_the_bundle_of_a_model_goes_on_where_it_broke(sam: Client, project: Project, submitter: User) -> None:
    version = builders.model_version(project, submitter)
    path = f"/api/v1/models/{version.model_id}/versions/{version.number}/bundle"
    first = sam.get(path)
    whole = b"".join(first.streaming_content)
    headers = {"Range": "bytes=10-", "If-Range": first["ETag"]}
    rest = sam.get(path, headers=headers)
    assert (rest.status_code, b"".join(rest.streaming_content)) == (206, whole[10:])
    digest = base64.b64encode(hashlib.sha256(whole).digest()).decode()
    assert rest["Repr-Digest"] == f"sha-256=:{digest}:"
