"""Files arrive whole, as announced, under a safe name, and never over another file."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kilnmark.downloads import fetch
from kilnmark.errors import DigestMismatch, FileInTheWay, Gone, NotUnderstood, Unreachable
from kilnmark.names import safe_name, said_name
from kilnmark.retries import Retries

from tests.client.played import CUT, REFUSED, Stage, header, problem, said

WHOLE = bytes(range(256)) * 8
SHA256 = hashlib.sha256(WHOLE).hexdigest()
REPR = f"sha-256=:{base64.b64encode(bytes.fromhex(SHA256)).decode()}:"
NAMED = 'attachment; filename="a.png"'


def whole(*pieces: Any, etag: str = '"e1"', **more: str) -> Any:
    """200 with all of it, or with what is said."""
    headers = {"etag": etag, "repr_digest": REPR, "content_length": str(len(WHOLE)), "content_disposition": NAMED}
    return said(200, list(pieces) or [WHOLE], **(headers | more))


def part(start: int, *pieces: Any, etag: str = '"e1"', said_start: int | None = None) -> Any:
    """206 from there on."""
    at = start if said_start is None else said_start
    where = f"bytes {at}-{len(WHOLE) - 1}/{len(WHOLE)}"
    return said(206, list(pieces) or [WHOLE[start:]], etag=etag, repr_digest=REPR, content_range=where)


def get(to: Path, *answers: Any, retries: Retries | None = None, **more: Any) -> tuple[Stage, Any]:
    stage = Stage(*answers)
    return stage, stage.play(fetch(stage.link(retries), "/artifacts/1/content", to, "otherwise.bin", **more))


def left(folder: Path) -> list[str]:
    """Names of all that lies there."""
    return sorted(one.name for one in folder.iterdir())


def test_a_file_arrives_checked_under_its_name(tmp_path: Path) -> None:
    _, fetched = get(tmp_path, whole(WHOLE[:100], WHOLE[100:]))
    assert (fetched.path, fetched.size, fetched.sha256, fetched.verified) == (
        tmp_path / "a.png", len(WHOLE), SHA256, True,
    )  # fmt: skip
    assert fetched.path.read_bytes() == WHOLE
    assert left(tmp_path) == ["a.png"]


def test_it_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    _, fetched = get(tmp_path / "a", whole())
    assert stat.S_IMODE(fetched.path.stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_after_a_break_only_the_rest_is_asked_for(tmp_path: Path) -> None:
    answers = (whole(WHOLE[:700], CUT), REFUSED, problem(503), part(700, WHOLE[700:900], CUT), part(900))
    stage, fetched = get(tmp_path / "a", *answers)
    assert fetched.path.read_bytes() == WHOLE
    ranges = [(header(sent, "range"), header(sent, "if-range")) for sent in stage.sent]
    assert ranges == [(None, None), *[("bytes=700-", '"e1"')] * 3, ("bytes=900-", '"e1"')]


def test_bytes_that_end_early_are_gone_on_from(tmp_path: Path) -> None:
    _, fetched = get(tmp_path / "a", whole(WHOLE[:700]), part(700))
    assert fetched.path.read_bytes() == WHOLE


def test_what_changed_meanwhile_begins_anew(tmp_path: Path) -> None:
    _, fetched = get(tmp_path / "a", whole(b"old " * 30, CUT, etag='"e0"'), whole())
    assert fetched.path.read_bytes() == WHOLE


@pytest.mark.parametrize("etag", ['W/"e1"', ""])
def test_without_a_strong_tag_it_begins_anew(tmp_path: Path, etag: str) -> None:
    stage, fetched = get(tmp_path / "a", whole(WHOLE[:700], CUT, etag=etag), whole(etag=etag))
    assert (fetched.path.read_bytes(), header(stage.sent[1], "range")) == (WHOLE, None)


def test_a_range_that_is_refused_begins_anew(tmp_path: Path) -> None:
    _, fetched = get(tmp_path / "a", whole(WHOLE[:700], CUT), said(416), whole())
    assert fetched.path.read_bytes() == WHOLE


def test_all_of_it_before_the_break_is_enough(tmp_path: Path) -> None:
    _, fetched = get(tmp_path / "a", whole(WHOLE, CUT), said(416))
    assert fetched.path.read_bytes() == WHOLE


@pytest.mark.parametrize(
    "odd", [part(700, said_start=10), part(700, said_start=900), said(206, WHOLE[700:]), said(204)]
)
def test_another_part_than_was_asked_for_is_refused(tmp_path: Path, odd: Any) -> None:
    with pytest.raises(NotUnderstood):
        get(tmp_path / "a", whole(WHOLE[:700], CUT), odd)
    assert left(tmp_path) == []


def test_bytes_that_are_others_than_announced_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(DigestMismatch, match=SHA256):
        get(tmp_path / "a", whole(WHOLE[:-1] + b"?"))
    assert left(tmp_path) == []


def test_what_is_known_before_counts_more_than_what_is_announced(tmp_path: Path) -> None:
    with pytest.raises(DigestMismatch):
        get(tmp_path / "a", whole(), sha256="0" * 64)


def test_a_file_that_lies_elsewhere_is_held_to_what_the_platform_said(tmp_path: Path) -> None:
    sent_away = said(307, b"", location="https://store.example/x", x_content_sha256=SHA256, content_disposition=NAMED)
    _, fetched = get(tmp_path, sent_away, said(200, WHOLE, content_disposition='attachment; filename="evil.sh"'))
    assert (fetched.path.name, fetched.verified) == ("a.png", True)
    with pytest.raises(DigestMismatch):
        get(tmp_path / "b", sent_away, said(200, b"evil", x_content_sha256=hashlib.sha256(b"evil").hexdigest()))


def test_without_a_digest_it_says_so(tmp_path: Path) -> None:
    _, fetched = get(tmp_path / "a", said(200, WHOLE))
    assert (fetched.verified, fetched.sha256) == (False, SHA256)


def test_a_file_in_the_way_stays_and_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("mine")
    fetched: list[int] = []
    for to in (tmp_path, tmp_path / "a.png"):
        with pytest.raises(FileInTheWay):
            get(to, whole(), progress=lambda at, of: fetched.append(at))
    assert (left(tmp_path), (tmp_path / "a.png").read_text(), fetched) == (["a.png"], "mine", [])


def test_a_file_that_came_into_the_way_meanwhile_stays(tmp_path: Path) -> None:
    with pytest.raises(FileInTheWay):
        get(tmp_path, whole(), progress=lambda at, of: (tmp_path / "a.png").write_text("mine"))
    assert (left(tmp_path), (tmp_path / "a.png").read_text()) == (["a.png"], "mine")


def test_without_hard_links_a_file_in_the_way_stays_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    _, fetched = get(tmp_path, whole())
    assert (fetched.path.read_bytes(), left(tmp_path)) == (WHOLE, ["a.png"])
    (tmp_path / "b.png").write_text("mine")
    with pytest.raises(FileInTheWay):
        get(tmp_path / "c", whole(), progress=lambda at, of: (tmp_path / "c").write_text("mine"))
    assert left(tmp_path) == ["a.png", "b.png", "c"]


def test_a_file_is_replaced_where_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("mine")
    _, fetched = get(tmp_path, whole(), overwrite=True)
    assert (fetched.path.read_bytes(), left(tmp_path)) == (WHOLE, ["a.png"])


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileInTheWay):
        get(tmp_path, whole())
    assert left(tmp_path) == ["a.png"]


def test_a_refusal_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Gone):
        get(tmp_path, problem(410, "withdrawn"))
    assert left(tmp_path) == []


def test_an_outage_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        get(tmp_path, whole(WHOLE[:700], CUT), *[REFUSED] * 9, retries=Retries(first_s=9, most_s=9, outage_s=30))
    assert left(tmp_path) == []


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    get(tmp_path, whole(WHOLE[:700], WHOLE[700:]), progress=lambda *at: told.append(at))
    assert told == [(700, len(WHOLE)), (len(WHOLE), len(WHOLE))]


@pytest.mark.parametrize(
    ("said_as", "kept"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="/etc/cron.d/x"', "x"),
        ('attachment; filename="..\\\\..\\\\x.exe"', "x.exe"),
        ("attachment; filename=C:evil.bat", "evil.bat"),
        ("attachment; filename*=UTF-8''..%2F..%2Fx.zip", "x.zip"),
        ("attachment; filename*=UTF-8''%E6%95%B0%E5%AD%97.zip; filename=\"b.zip\"", "\u6570\u5b57.zip"),
        ('attachment; filename=".bashrc"', "bashrc"),
        ('attachment; filename="a\x00\x1b[2J\u202eb.png"', "a[2Jb.png"),
        ('attachment; filename=".."', "otherwise"),
        ('attachment; filename="CON.txt"', "otherwise"),
        ('attachment; filename=""', "otherwise"),
        ("attachment", "otherwise"),
        ("", "otherwise"),
    ],
)
def test_a_name_from_afar_is_a_name_and_no_path(said_as: str, kept: str) -> None:
    assert safe_name(said_name({"content-disposition": said_as}), "otherwise") == kept


@given(st.text())
def test_no_name_leaves_its_folder(name: str) -> None:
    kept = safe_name(name, "otherwise")
    assert Path("/there", kept).parent == Path("/there")
    assert kept.isprintable()
    assert len(kept) <= 150
    assert not kept.startswith(".")
