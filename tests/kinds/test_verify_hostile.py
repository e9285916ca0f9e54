"""Whatever a stranger sends gets a finding or a refusal, within bounds of time and memory, and nobody is called."""

import os
import struct
import zlib

import numpy as np
import pytest

from tests.kinds.hostile import Ear, Engine, blank_png, box, chunk, described, members, nested, with_chunk
from tests.marks.marked import authority, digits, encoded

XMP = b"XML:com.adobe.xmp\0\0\0\0\0"
PNG, JPEG = (encoded(digits(1, 64)[0], kind) for kind in ("PNG", "JPEG"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    one = Engine(tmp_path_factory.mktemp("hostile"), authority().root_pem)
    yield one
    one.end()


@pytest.fixture(scope="module")
def ear():
    one = Ear()
    yield one
    one.socket.close()


def finding(engine, data):
    said = engine.verify(data)
    assert said["type"] == "result", said
    (found,) = said["result"]["findings"]
    return found


def refusal(engine, data):
    said = engine.verify(data)
    assert (said["type"], said["expected"]) == ("failure", True), said
    return said["error"]["code"]


def problems(found):
    return [problem["code"] for problem in found["problems"]]


def laughing(root):
    jokes = "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 20))
    return root % f"<!DOCTYPE l [<!ENTITY a0 'ha'>{jokes}]>"


@pytest.mark.parametrize("size", [(1 << 30) + 1, 1 << 30])
def test_a_gigabyte_is_refused_unread(engine, tmp_path, size):
    (tmp_path / "big").touch()
    os.truncate(tmp_path / "big", size)
    assert refusal(engine, tmp_path / "big") == "upload_too_large"


def test_an_empty_file_is_refused_by_the_process_too(engine):
    assert refusal(engine, b"") == "empty_upload"


def test_bytes_of_no_known_type_show_nothing(engine):
    found = finding(engine, np.random.default_rng(1).bytes(100_000))
    assert found["media_type"] == "application/octet-stream"
    assert (found["c2pa"]["state"], found["watermark"], found["problems"]) == ("none", None, [])


@pytest.mark.parametrize(
    ("head", "tail", "media_type"),
    [
        (PNG, members([("inside.txt", b"x" * 100)]), "image/png"),
        (JPEG, b"<html><script>alert(1)</script></html>", "image/jpeg"),
        (b"%PDF-1.7\n", members([("inside.txt", b"x" * 100)]), "application/pdf"),
    ],
)
def test_a_file_of_two_types_is_what_it_begins_with(engine, head, tail, media_type):
    assert finding(engine, head + tail)["media_type"] == media_type


def test_a_whole_picture_of_2500_megapixels_is_not_decoded(engine):
    assert problems(finding(engine, blank_png(50_000, 50_000))) == ["picture_too_large"]


def test_the_largest_picture_that_is_taken_fits_into_memory(engine):
    found = finding(engine, encoded(np.zeros((5_000, 5_000, 4), np.uint8), "PNG"))
    assert (problems(found), found["watermark"]["found"]) == ([], False)


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_text_or_profile_that_unpacks_to_too_much_is_not_unpacked(engine, kind):
    bomb = with_chunk(PNG, kind, b"a\0\0" + zlib.compress(bytes(200 << 20), 1))
    assert problems(finding(engine, bomb)) == ["unreadable_picture"]


@pytest.mark.parametrize(
    "store",
    [
        nested(100),
        nested(100_000),
        box(b"jumb", described(b"c2pa") + box(b"cbor", b"", 0x7FFFFFFF)),
        struct.pack(">I4sQ", 1, b"jumb", 1 << 63) + described(b"c2pa"),
        box(b"jumb", b"", 0),
        box(b"jumb", described(b"c2pa") + box(b"jumb", described(b"a") + box(b"cbor", b"\x9f" * 100_000))),
    ],
    ids=["nested", "nested deeply", "a length beyond the file", "a length beyond any file", "no length", "deep CBOR"],
)
def test_a_hostile_credential_is_invalid_and_hides_nothing_else(engine, store):
    found = finding(engine, with_chunk(PNG, b"caBX", store))
    assert found["c2pa"]["state"] in ("Invalid", "none")
    assert found["perceptual"] is not None


@pytest.mark.parametrize(
    "xmp",
    [
        laughing("<?xml version='1.0'?>%s<x:xmpmeta xmlns:x='adobe:ns:meta/'>&a19;</x:xmpmeta>"),
        laughing("<x:xmpmeta xmlns:x='adobe:ns:meta/'>%s&a19;</x:xmpmeta>"),
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + "<a>" * 15_000 + "</x:xmpmeta>",
    ],
    ids=["billion laughs", "billion laughs inside", "nested without end"],
)
def test_a_hostile_label_is_unreadable_and_hides_nothing_else(engine, xmp):
    found = finding(engine, with_chunk(PNG, b"iTXt", XMP + xmp.encode()))
    assert (problems(found), found["label"]) == (["unreadable_label"], None)
    assert found["perceptual"] is not None


def test_an_external_entity_is_not_fetched(engine, ear):
    xmp = f"<!DOCTYPE x [<!ENTITY e SYSTEM '{ear.url}'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&e;</x:xmpmeta>"
    assert problems(finding(engine, with_chunk(PNG, b"iTXt", XMP + xmp.encode()))) == ["unreadable_label"]
    assert not ear.heard()


def test_a_credential_elsewhere_is_not_fetched(engine, ear):
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmp = (
        f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='{rdf}'><rdf:Description rdf:about=''"
        f" xmlns:dcterms='http://purl.org/dc/terms/' dcterms:provenance='{ear.url}'/></rdf:RDF></x:xmpmeta>"
    )
    found = finding(engine, with_chunk(PNG, b"iTXt", XMP + xmp.encode()) + b"jumb")
    assert found["c2pa"]["state"] in ("Invalid", "none")
    assert not ear.heard()


def test_a_name_that_leads_out_of_the_archive_is_refused(engine):
    assert refusal(engine, members([("../../etc/passwd", b"x")])) == "unsafe_name"


def test_a_hundred_thousand_members_are_refused(engine):
    assert refusal(engine, members((str(number), b"") for number in range(100_000))) == "archive_entries"


def test_a_member_that_unpacks_to_very_much_more_is_refused(engine):
    assert refusal(engine, members([("a.png", bytes(60 << 20))])) == "archive_size"


def test_an_archive_in_an_archive_is_not_opened(engine):
    inner = members([("b.zip", members([("c.png", PNG)]))])
    assert finding(engine, members([("a.zip", inner)]))["media_type"] == "application/zip"


def test_after_all_that_an_ordinary_picture_is_read_as_ever(engine):
    assert problems(finding(engine, PNG + chunk(b"none", b""))) == []
