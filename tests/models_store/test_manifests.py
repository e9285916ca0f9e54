"""Manifests: one byte form, a reader for every version, nothing that leads out of the folder."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_store.canonical import digest
from models_store.errors import InvalidInput
from models_store.facts import Rights
from models_store.manifest import (
    ArtifactManifest,
    BundleManifest,
    FileEntry,
    UnreadableManifest,
    read_manifest,
    salted_digest,
    write_manifest,
)
from models_store.names import UnsafeName

ARTIFACT = ArtifactManifest(
    job="0190aaaa-1111-7111-8111-00000000000b",
    index=3,
    seed="18446744073709551616",
    content_sha256="c" * 64,
    media_type="image/png",
    model_version="0190aaaa-1111-7111-8111-00000000000c",
    bundle_sha256="b" * 64,
    family="dcgan",
    rights=Rights(owner="Ceramics Ltd", licence="CC BY 4.0", inherited_from=("digits",)),
    made_at="2026-01-02T03:04:05+00:00",
    stage="approved",
    ran_on={"provider": "CPUExecutionProvider", "precision": "float32", "threads": 2, "batch": 64},
    purpose="A test.",
)
BUNDLE = BundleManifest(
    files={"model/generator.onnx": FileEntry(sha256="a" * 64, size=12)},
    made={"family": "dcgan", "seed": "7"},
    rights=Rights(owner="Ceramics Ltd", licence="CC BY 4.0"),
)
GOLDEN_ARTIFACT = (
    '{"bundle_sha256":"'
    + "b" * 64
    + '","content_sha256":"'
    + "c" * 64
    + '","family":"dcgan","index":3,"intended_use":"",'
    '"job":"0190aaaa-1111-7111-8111-00000000000b","made_at":"2026-01-02T03:04:05+00:00","marks":{},'
    '"media_type":"image/png","model_version":"0190aaaa-1111-7111-8111-00000000000c","params":{},"purpose":"A test.",'
    '"ran_on":{"batch":64,"precision":"float32","provider":"CPUExecutionProvider","threads":2},'
    '"rights":{"inherited_from":["digits"],"licence":"CC BY 4.0","owner":"Ceramics Ltd"},'
    '"schema":"kilnmark/artifact","seed":"18446744073709551616","stage":"approved","version":1}'
)
GOLDEN_BUNDLE = (
    '{"files":{"model/generator.onnx":{"sha256":"' + "a" * 64 + '","size":12}},"intended_use":"",'
    '"made":{"family":"dcgan","seed":"7"},"purpose":"",'
    '"rights":{"inherited_from":[],"licence":"CC BY 4.0","owner":"Ceramics Ltd"},'
    '"schema":"kilnmark/bundle","version":1}'
)


@pytest.mark.parametrize(("manifest", "golden"), [(ARTIFACT, GOLDEN_ARTIFACT), (BUNDLE, GOLDEN_BUNDLE)])
def test_the_bytes_of_version_1_never_change(manifest: ArtifactManifest | BundleManifest, golden: str):
    assert write_manifest(manifest).decode() == golden


@pytest.mark.parametrize(("manifest", "golden"), [(ARTIFACT, GOLDEN_ARTIFACT), (BUNDLE, GOLDEN_BUNDLE)])
def test_version_1_is_read(manifest: ArtifactManifest | BundleManifest, golden: str):
    assert read_manifest(golden.encode()) == manifest


@given(st.integers(0, 10**30), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3))
def test_reading_is_the_inverse_of_writing(seed: int, owner: str, sources: list[str]):
    rights = Rights(owner=owner, licence="", inherited_from=tuple(sources))
    manifest = replace(ARTIFACT, seed=str(seed), rights=rights)
    assert read_manifest(write_manifest(manifest)) == manifest


@pytest.mark.parametrize("seed", [7, "", "-1", "7.0", "0x7", None])
def test_a_seed_is_a_string_of_digits(seed: Any):
    with pytest.raises(InvalidInput):
        write_manifest(replace(ARTIFACT, seed=seed))


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", ""])
def test_a_file_outside_the_folder_cannot_be_listed(name: str):
    with pytest.raises(UnsafeName):
        write_manifest(replace(BUNDLE, files={name: FileEntry(sha256="a" * 64, size=1)}))
    said = json.loads(GOLDEN_BUNDLE) | {"files": {name: {"sha256": "a" * 64, "size": 1}}}
    with pytest.raises(UnsafeName):
        read_manifest(json.dumps(said).encode())


def test_an_unknown_version_names_the_known_ones():
    said = json.loads(GOLDEN_BUNDLE) | {"version": 99}
    with pytest.raises(UnreadableManifest) as refused:
        read_manifest(json.dumps(said).encode())
    assert refused.value.got == "kilnmark/bundle 99"
    assert "kilnmark/bundle 1" in refused.value.expected


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"3", b"\xff", b'{"schema":"kilnmark/bundle","version":1}', b'{"version":[]}']
)
def test_what_is_no_manifest_is_refused(data: bytes):
    with pytest.raises(UnreadableManifest):
        read_manifest(data)


def test_a_salted_digest_does_not_give_the_manifest_away():
    data = write_manifest(ARTIFACT)
    assert salted_digest(data, b"s" * 16) == digest(b"s" * 16 + data) != digest(data)
