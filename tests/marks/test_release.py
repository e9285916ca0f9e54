import hashlib

import pytest

from models_store.errors import InvalidInput
from tests.marks.marked import PlainPng, authority, decoded, digits, release_order
from workers.engine.release import release
from workers.marks import aigc_xmp, c2pa_credential
from workers.marks.dct_luma import psnr_db
from workers.modalities.fingerprint import distance

OURS = authority()
KEY = b"k" * 32


def released(item, index=0, key=KEY):
    order = release_order(OURS.chain_pem)
    return release(item, index, order, modality=PlainPng(), mark_key=key, sign=OURS.sign)


def test_a_released_file_carries_every_mark_that_is_recorded():
    out = released(digits(1, 64)[0])
    found = c2pa_credential.read(out.data, out.media_type, OURS.root_pem)
    assert (found["state"], found["manifest"]) == ("Trusted", out.marks["c2pa"]["manifest"])
    assert aigc_xmp.read(out.data)["aigc"]["ProduceID"] == "job-7/0"
    assert out.marks["watermark"]["alone"] is True


def test_the_recorded_psnr_is_that_of_the_released_pixels():
    item = digits(1, 32)[0]
    out = released(item)
    assert out.marks["watermark"]["psnr_db"] == pytest.approx(psnr_db(item, decoded(out.data)), abs=0.05)


def test_the_content_digest_is_of_the_unmarked_pixels_and_their_shape():
    item = digits(1, 32)[0]
    assert released(item).content_sha256 == hashlib.sha256(b"uint8 32 32 1\n" + item.tobytes()).hexdigest()


def test_two_releases_of_one_item_share_content_and_differ_as_files():
    one, other = (released(digits(1, 32)[0]) for _ in range(2))
    assert one.content_sha256 == other.content_sha256
    assert one.data != other.data


def test_nothing_is_released_without_a_mark_key():
    with pytest.raises(InvalidInput, match="mark key"):
        released(digits(1, 32)[0], key=b"")


def test_a_fingerprint_is_nearer_to_a_dimmed_copy_than_to_another_item():
    one, other = digits(2, 64)
    dimmed = (one * 0.8).astype("uint8")
    prints = [released(item).marks["fingerprint"] for item in (one, dimmed, other)]
    assert distance(prints[0], prints[1]) < distance(prints[0], prints[2])
