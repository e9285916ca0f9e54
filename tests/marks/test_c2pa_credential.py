import json
import socket
import zlib

import pytest

from tests.marks.marked import authority, decoded, digits, encoded, release_order
from workers.marks.c2pa_credential import Credentials, SigningFailed, read

OURS = authority()
PNG = encoded(digits(1, 32)[0], "PNG")


def signed(by=OURS, watermark="dct_luma"):
    return Credentials(by.chain_pem, by.sign).attach(PNG, "image/png", release_order(by.chain_pem), 5, watermark)


def with_another_pixel(png):
    """The same chunks, but for one pixel of the picture."""
    start = png.index(b"IDAT") - 4
    length = int.from_bytes(png[start : start + 4], "big")
    pixels = bytearray(zlib.decompress(png[start + 8 : start + 8 + length]))
    pixels[-1] ^= 1
    body = b"IDAT" + zlib.compress(bytes(pixels))
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return png[:start] + chunk + png[start + 12 + length :]


def test_a_signed_file_is_trusted_and_says_where_it_comes_from():
    file = signed()
    found = read(file.data, "image/png", OURS.root_pem)
    assert (found["state"], found["failures"], found["manifest"]) == ("Trusted", [], file.manifest)
    assert found["claims"] == {
        "job": "job-7",
        "model_version": "mv-3",
        "stage": "approved",
        "manifest_digest": "ab" * 32,
        "index": 5,
    }


def test_a_file_without_a_watermark_is_trusted_too():
    assert read(signed(watermark=None).data, "image/png", OURS.root_pem)["state"] == "Trusted"


def test_signing_changes_no_pixel():
    assert (decoded(signed().data) == decoded(PNG)).all()


def test_a_forged_authority_of_the_same_name_is_not_trusted():
    found = read(signed(by=authority("Kilnmark")).data, "image/png", OURS.root_pem)
    assert found["state"] == "Valid"
    assert found["failures"] == ["signingCredential.untrusted"]


def test_one_changed_pixel_is_invalid_and_says_so():
    found = read(with_another_pixel(signed().data), "image/png", OURS.root_pem)
    assert found["state"] == "Invalid"
    assert "assertion.dataHash.mismatch" in found["failures"]


def test_appended_bytes_are_invalid():
    assert read(signed().data + b"PK\x03\x04 and more", "image/png", OURS.root_pem)["state"] == "Invalid"


def test_changed_claims_are_invalid():
    data = signed().data
    assert read(data.replace(b"mv-3", b"mv-4"), "image/png", OURS.root_pem)["state"] == "Invalid"


def test_a_file_without_credential_says_none():
    assert read(PNG, "image/png", OURS.root_pem)["state"] == "none"


@pytest.mark.parametrize("kept", [60, 1_000, 4_000, 9_000])
def test_a_truncated_file_is_never_trusted_and_never_raises(kept):
    assert read(signed().data[:kept], "image/png", OURS.root_pem)["state"] in ("Invalid", "none")


def test_the_credential_names_no_seed_score_or_data():
    said = json.dumps(read(signed().data, "image/png", OURS.root_pem))
    assert not any(word in said for word in ("seed", "psnr", "dataset"))


def test_a_signer_that_fails_releases_nothing_and_says_why():
    def refuse(claim):
        raise ConnectionError("the signer is away")

    with pytest.raises(SigningFailed, match="the signer is away"):
        Credentials(OURS.chain_pem, refuse).attach(PNG, "image/png", release_order(""), 0, None)


def test_a_key_that_is_not_the_certificates_is_noticed_at_the_first_file():
    with pytest.raises(SigningFailed, match="does not belong"):
        Credentials(OURS.chain_pem, authority().sign).attach(PNG, "image/png", release_order(""), 0, None)


def test_a_chain_that_is_none_is_refused():
    with pytest.raises(SigningFailed):
        Credentials("no certificate", OURS.sign).attach(PNG, "image/png", release_order(""), 0, None)


def test_signing_and_reading_open_no_connection(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert read(signed().data, "image/png", OURS.root_pem)["state"] == "Trusted"
