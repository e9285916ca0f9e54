"""What is found where credential and label stand beside a file."""

from __future__ import annotations

import json

import pytest

from models_store.archive import write_archive
from models_store.media_types import SIDECARS
from tests.marks.marked import PlainPng, PlainText, authority, code_points, digits, encoded, release_order
from workers.contracts import Attempt
from workers.engine.release import release
from workers.engine.stranger import media_type_of
from workers.kinds.verify import PLUGIN
from workers.marks.c2pa_credential import LARGEST_SIDECAR_BYTES

OURS = authority()
TEXT = "Now is the winter of our discontent\n"


class Silent:
    def log(self, message, level="info"):
        pass


@pytest.fixture
def verify(tmp_path):
    def run(data, name="upload.bin"):
        (tmp_path / "upload").write_bytes(data)
        upload = {"path": str(tmp_path / "upload"), "name": name}
        order = {"inputs": {"upload": upload}, "trust": {"root_pem": OURS.root_pem}, "jobs": [["job-7", "p"]]}
        secrets = {"mark_keys": json.dumps({"p": "70" * 32})}
        return PLUGIN().run(Attempt(tmp_path, order, Silent(), lambda: "", secrets))["findings"]

    return run


@pytest.fixture
def zipped(tmp_path):
    def make(*files):
        write_archive(tmp_path / "upload.zip", files)
        return (tmp_path / "upload.zip").read_bytes()

    return make


def released(text=TEXT, index=0, by=OURS):
    order = release_order(by.chain_pem)
    return release(code_points(text), index, order, modality=PlainText(), mark_key=b"k" * 32, sign=by.sign)


def files(out, name="000000.txt", data=None):
    sidecars = [(f"{name}.{kind}", content) for kind, content in out.sidecars.items()]
    return [(name, out.data if data is None else data), *sidecars]


def test_a_text_with_its_sidecars_is_one_finding_trusted_and_labelled(verify, zipped):
    (found,) = verify(zipped(*files(released())))
    assert (found["name"], found["media_type"], found["problems"]) == ("000000.txt", "text/plain", [])
    assert (found["c2pa"]["state"], found["c2pa"]["claims"]["job"]) == ("Trusted", "job-7")
    assert found["label"]["aigc"]["ProduceID"] == "job-7/0"
    assert set(found["sidecars"]) == set(SIDECARS)


def test_the_order_of_the_files_in_a_zip_does_not_matter(verify, zipped):
    (found,) = verify(zipped(*reversed(files(released()))))
    assert found["c2pa"]["state"] == "Trusted"


def test_every_text_is_read_with_its_own_credential(verify, zipped):
    made = [part for index in range(3) for part in files(released(f"Text {index}", index), f"{index:06d}.txt")]
    found = verify(zipped(*made))
    assert [(one["c2pa"]["state"], one["c2pa"]["claims"]["index"]) for one in found] == [
        ("Trusted", index) for index in range(3)
    ]


def test_one_changed_byte_is_named(verify, zipped):
    (found,) = verify(zipped(*files(released(), data=TEXT.replace("N", "n").encode())))
    assert (found["c2pa"]["state"], found["c2pa"]["failures"]) == ("Invalid", ["assertion.dataHash.mismatch"])


def test_a_credential_of_another_root_is_not_trusted(verify, zipped):
    (found,) = verify(zipped(*files(released(by=authority()))))
    assert found["c2pa"]["state"] == "Valid"


def test_a_text_alone_carries_nothing(verify):
    (found,) = verify(released().data)
    assert (found["media_type"], found["c2pa"]["state"], found["label"]) == ("text/plain", "none", None)
    assert (found["perceptual"], found["watermark"]["found"]) == (None, False)


def test_a_credential_alone_is_told_to_be_one(verify):
    (found,) = verify(released().sidecars["c2pa"])
    assert (found["media_type"], found["c2pa"]["state"]) == ("application/c2pa", "none")
    assert [problem["code"] for problem in found["problems"]] == ["credential_without_file"]


def test_a_label_alone_is_read_as_a_label(verify):
    (found,) = verify(released().sidecars["xmp"])
    assert (found["media_type"], found["label"]["aigc"]["Label"]) == ("application/rdf+xml", "1")


def test_a_credential_named_after_another_file_belongs_to_none(verify, zipped):
    out = released()
    text, stray = verify(zipped(("a.txt", out.data), ("b.txt.c2pa", out.sidecars["c2pa"])))
    assert (text["c2pa"]["state"], stray["media_type"]) == ("none", "application/c2pa")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt.c2pa", b"not what the name says"),
        ("a.txt.xmp", b"not what the name says"),
        ("a.txt.c2pa", released().sidecars["c2pa"] + bytes(LARGEST_SIDECAR_BYTES)),
        ("a.txt.c2pa.xmp", released().sidecars["xmp"]),
    ],
    ids=["no credential", "no label", "too large", "beside a sidecar"],
)
def test_nothing_hides_behind_the_name_of_a_sidecar(verify, zipped, name, data):
    found = verify(zipped(("a.txt", released().data), (name, data)))
    assert [one["name"] for one in found] == ["a.txt", name]


def test_a_sidecar_named_after_a_picture_is_a_finding_of_its_own(verify, zipped):
    order = release_order(OURS.chain_pem)
    out = release(digits(1, 32)[0], 0, order, modality=PlainPng(), mark_key=b"k" * 32, sign=OURS.sign)
    found = verify(zipped(("a.png", out.data), ("a.png.c2pa", released().sidecars["c2pa"])))
    assert [(one["name"], one["c2pa"]["state"]) for one in found] == [("a.png", "Trusted"), ("a.png.c2pa", "none")]


def test_a_hostile_label_beside_a_text_hides_nothing_else(verify, zipped):
    out, label = released(), b"<x:xmpmeta><!DOCTYPE a></x:xmpmeta>"
    (found,) = verify(zipped(("a.txt", out.data), ("a.txt.c2pa", out.sidecars["c2pa"]), ("a.txt.xmp", label)))
    assert [problem["code"] for problem in found["problems"]] == ["unreadable_label"]
    assert found["c2pa"]["state"] == "Trusted"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (TEXT.encode(), "text/plain"),
        ("多少事\n".encode() * 20_000, "text/plain"),
        (b"\xef\xbb\xbfwith a mark", "text/plain"),
        (b"with a bell \x07", "application/octet-stream"),
        (b"\xff\xfeu\0t\0f\0", "text/plain"),
        (b"caf\xe9 in an encoding that is not sure", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (encoded(digits(1, 32)[0], "PNG"), "image/png"),
    ],
)
def test_plain_text_is_known_by_its_bytes(data, said):
    assert media_type_of(data) == said
