import io
import json
import socket
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import c2pa
import pytest

from tests.marks.marked import authority, decoded, digits, encoded, release_order
from workers.marks import c2pa_credential
from workers.marks.c2pa_credential import OFFLINE, Credentials, definition, read
from workers.marks.c2pa_origin import SigningFailed

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


RIGHTS = {"owner": "Clinic <&> 诊所", "licence": "CC-BY-4.0; internal", "inherited_from": ["xrays v3", "chest v1"]}


def attached(rights, by=OURS):
    order = release_order(by.chain_pem) | {"rights": rights}
    return Credentials(by.chain_pem, by.sign).attach(PNG, "image/png", order, 5, None)


def test_the_credential_says_whose_the_data_are():
    assert read(attached(RIGHTS).data, "image/png", OURS.root_pem)["claims"]["rights"] == RIGHTS


def test_rights_of_any_length_are_signed_and_read_within_bounds():
    long = {"owner": "o" * 10_000, "licence": "", "inherited_from": [f"data set {n}" for n in range(1000)]}
    found = read(attached(long).data, "image/png", OURS.root_pem)
    assert found["state"] == "Trusted"
    assert (len(found["claims"]["rights"]["owner"]), len(found["claims"]["rights"]["inherited_from"])) == (2048, 100)


def test_no_rights_are_no_claim_of_rights():
    assert "rights" not in read(attached({}).data, "image/png", OURS.root_pem)["claims"]


@pytest.mark.parametrize("rights", ["text", 5, ["owner"], {"owner": 5, "inherited_from": "x"}, {"inherited_from": [1]}])
def test_rights_of_another_shape_are_not_passed_on(rights, monkeypatch):
    monkeypatch.setattr(c2pa_credential, "origin", lambda release: {"job": "job-7", "rights": rights})
    assert "rights" not in read(attached(RIGHTS).data, "image/png", OURS.root_pem)["claims"]


def test_a_file_of_ours_inside_a_strangers_credential_is_theirs_and_not_trusted():
    stranger = authority("Kilnmark")
    signer = c2pa.Signer.from_callback(stranger.sign, c2pa.C2paSigningAlg.ES256, stranger.chain_pem)
    context, ours, out = c2pa.Context.from_dict(OFFLINE, signer=signer), signed(), io.BytesIO()
    said = definition(release_order("") | {"job": "job-8"}, 1, "image/png", None)
    said["assertions"][0]["data"]["actions"][0] = {"action": "c2pa.opened"}
    with c2pa.Builder(said, context=context) as builder:
        builder.add_ingredient({"title": "a", "relationship": "parentOf"}, "image/png", io.BytesIO(ours.data))
        builder.sign("image/png", io.BytesIO(ours.data), out)
    found = read(out.getvalue(), "image/png", OURS.root_pem)
    assert found["state"] != "Trusted"
    assert found["manifest"] != ours.manifest


def test_the_credential_of_one_picture_does_not_fit_another():
    other, ours = encoded(digits(2, 32)[1], "PNG"), signed().data
    start = ours.index(b"caBX") - 4
    chunk = ours[start : start + 12 + int.from_bytes(ours[start : start + 4], "big")]
    moved = other[:start] + chunk + other[start:]
    found = read(moved, "image/png", OURS.root_pem)
    assert (found["state"], "assertion.dataHash.mismatch" in found["failures"]) == ("Invalid", True)


def test_two_threads_sign_with_one_signer_and_each_file_is_its_own():
    made = Credentials(OURS.chain_pem, OURS.sign)
    order = release_order(OURS.chain_pem)

    def index_of(index):
        file = made.attach(PNG, "image/png", order, index, None).data
        return read(file, "image/png", OURS.root_pem)["claims"]["index"]

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(index_of, range(40))) == list(range(40))


def test_a_failure_on_one_thread_is_not_told_to_another():
    def sign(claim):
        if threading.current_thread().name.startswith("bad"):
            raise ConnectionError("the signer is away")
        return OURS.sign(claim)

    made, order = Credentials(OURS.chain_pem, sign), release_order(OURS.chain_pem)
    with ThreadPoolExecutor(1, "bad") as bad, ThreadPoolExecutor(1, "good") as good:
        for index in range(10):
            fails = bad.submit(made.attach, PNG, "image/png", order, index, None)
            assert good.submit(made.attach, PNG, "image/png", order, index, None).result().manifest
            with pytest.raises(SigningFailed, match="the signer is away"):
                fails.result()
