"""A file that has no room for credential and label keeps its bytes, and both stand beside it."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree

import c2pa
import pytest

from tests.marks.marked import PlainPng, PlainText, authority, code_points, digits, release_order
from workers.engine.release import EmptyItem, release
from workers.marks import aigc_xmp
from workers.marks.c2pa_credential import LARGEST_SIDECAR_BYTES, METADATA, definition, read

OURS = authority()
TEXT = "To be, or not to be — 生存还是毁灭。\n"


def released(text=TEXT, index=0, by=OURS):
    order = release_order(by.chain_pem)
    return release(code_points(text), index, order, modality=PlainText(), mark_key=b"k" * 32, sign=by.sign)


def seen(out, data=None, root_pem=OURS.root_pem):
    return read(out.data if data is None else data, "text/plain", root_pem, out.sidecars["c2pa"])


def test_the_bytes_of_a_text_are_left_as_they_are():
    assert released().data == TEXT.encode()


def test_a_text_with_its_credential_beside_it_is_trusted_and_says_where_it_comes_from():
    out = released(index=5)
    found = seen(out)
    assert (found["state"], found["failures"], found["manifest"]) == ("Trusted", [], out.marks["c2pa"]["manifest"])
    assert (found["claims"]["job"], found["claims"]["index"]) == ("job-7", 5)


@pytest.mark.parametrize(
    "changed",
    [TEXT.encode().replace(b"be,", b"bE,"), TEXT.encode() + b" ", TEXT.encode()[:-1], b"\xef\xbb\xbf" + TEXT.encode()],
    ids=["one letter", "one more", "one less", "a byte order mark"],
)
def test_one_changed_byte_is_invalid_and_named(changed):
    found = seen(released(), changed)
    assert (found["state"], found["failures"]) == ("Invalid", ["assertion.dataHash.mismatch"])


def test_the_credential_of_another_text_is_invalid():
    assert seen(released("Another text."), TEXT.encode())["state"] == "Invalid"


def test_a_forged_authority_of_the_same_name_is_not_trusted():
    found = seen(released(by=authority("Kilnmark")))
    assert (found["state"], found["failures"]) == ("Valid", ["signingCredential.untrusted"])


def test_changed_claims_are_invalid():
    out = released()
    forged = out.sidecars["c2pa"].replace(b"mv-3", b"mv-4")
    assert read(out.data, "text/plain", OURS.root_pem, forged)["state"] == "Invalid"


@pytest.mark.parametrize("kept", [0, 8, 40, 500, 3_000])
def test_a_truncated_credential_is_never_trusted_and_never_raises(kept):
    out = released()
    assert read(out.data, "text/plain", OURS.root_pem, out.sidecars["c2pa"][:kept])["state"] in ("Invalid", "none")


def test_a_credential_beyond_the_limit_is_not_read():
    out = released()
    grown = out.sidecars["c2pa"] + bytes(LARGEST_SIDECAR_BYTES)
    assert read(out.data, "text/plain", OURS.root_pem, grown)["state"] == "none"


def test_a_text_without_a_credential_beside_it_has_none():
    assert read(b"jumb and other words", "text/plain", OURS.root_pem)["state"] == "none"


def test_a_credential_beside_a_picture_is_not_read_because_pictures_carry_theirs_inside():
    picture = PlainPng().file_bytes(digits(1, 32)[0])
    assert read(picture, "image/png", OURS.root_pem, released().sidecars["c2pa"])["state"] == "none"


def test_the_label_beside_a_text_is_xml_and_read_as_it_was_written():
    xmp = released(index=5).sidecars["xmp"]
    ElementTree.fromstring(xmp)
    found = aigc_xmp.read(xmp)
    assert (found["aigc"]["Label"], found["aigc"]["ProduceID"]) == ("1", "job-7/5")
    assert found["iptc"] == aigc_xmp.TRAINED


def test_the_credential_repeats_the_label_that_stands_unsigned_beside_the_file():
    out = released(index=5)
    with c2pa.Reader("application/octet-stream", io.BytesIO(out.data), out.sidecars["c2pa"]) as reader:
        store = json.loads(reader.json())
    assertions = store["manifests"][store["active_manifest"]]["assertions"]
    (said,) = [part["data"] for part in assertions if part["label"] == METADATA]
    assert json.loads(said["TC260:AIGC"]) == aigc_xmp.read(out.sidecars["xmp"])["aigc"]


def test_a_text_records_no_mark_that_it_does_not_carry():
    assert set(released().marks) == {"label", "c2pa"}


def test_a_text_of_no_bytes_is_refused_because_nothing_can_be_signed():
    with pytest.raises(EmptyItem) as refused:
        released("")
    assert refused.value.code == "empty_item"


def test_a_picture_has_nothing_beside_it_and_is_the_labelled_file_with_one_chunk_more():
    item, order = digits(1, 32)[0], release_order(OURS.chain_pem)
    out = release(item, 0, order, modality=PlainPng(), mark_key=b"k" * 32, sign=OURS.sign)
    start = out.data.index(b"caBX") - 4
    length = int.from_bytes(out.data[start : start + 4], "big")
    plain = out.data[:start] + out.data[start + 12 + length :]
    assert out.sidecars == {}
    assert plain.count(b"iTXt") == 1
    assert aigc_xmp.labelled(plain[: plain.index(b"iTXt") - 4] + after_label(plain), "image/png", order, 0) == plain


def test_the_credential_of_a_picture_makes_no_claim_that_its_label_makes():
    said = definition(release_order(""), 0, "image/png", None)
    assert [part["label"] for part in said["assertions"]] == ["c2pa.actions.v2", "io.kilnmark.origin"]


def after_label(png):
    start = png.index(b"iTXt") - 4
    return png[start + 12 + int.from_bytes(png[start : start + 4], "big") :]
