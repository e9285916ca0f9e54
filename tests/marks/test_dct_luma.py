import numpy as np
import pytest
from PIL import Image

from tests.marks.marked import decoded, digits, encoded
from workers.marks.dct_luma import DctLuma, geometry, psnr_db
from workers.marks.statistic import MILLION_JOBS_Z, pooled, score

KEY = b"k" * 32
MARK = DctLuma()


def z_of_set(items):
    return score(MARK.pattern(KEY, items[0].shape), pooled(np.stack([MARK.evidence(item) for item in items])))


def z_of(item):
    return score(MARK.pattern(KEY, item.shape), MARK.evidence(item))


def test_a_set_of_64_small_digits_is_found_at_40_db():
    items = digits(64, 32)
    marked = [MARK.embed(item, KEY) for item in items]
    assert z_of_set(marked) > MILLION_JOBS_Z
    assert np.mean([psnr_db(*pair) for pair in zip(items, marked, strict=True)]) >= 40


def test_a_set_of_small_digits_is_found_after_jpeg_75():
    copies = [decoded(encoded(MARK.embed(item, KEY), "JPEG", quality=75)) for item in digits(64, 32)]
    assert z_of_set(copies) > MILLION_JOBS_Z


def test_one_item_of_64_px_is_found_alone():
    assert all(z_of(MARK.embed(item, KEY)) > MILLION_JOBS_Z for item in digits(8, 64))


@pytest.mark.parametrize("channels", [1, 3])
def test_one_item_of_128_px_is_found_after_jpeg_75(channels):
    item = digits(3, 128, channels)[2]
    assert z_of(decoded(encoded(MARK.embed(item, KEY), "JPEG", quality=75))) > MILLION_JOBS_Z


def test_a_half_size_copy_is_found_at_its_second_reading():
    marked = Image.fromarray(MARK.embed(digits(1, 128)[0], KEY)[..., 0])
    half = np.asarray(marked.resize((64, 64), Image.Resampling.BICUBIC))[..., None]
    assert z_of(MARK.readings(half)[1]) > MILLION_JOBS_Z


@pytest.mark.parametrize("least", [36, 42])
def test_a_single_item_is_never_marked_below_the_least_psnr(least):
    mark = DctLuma(least_psnr_db=least)
    assert all(psnr_db(item, mark.embed(item, KEY)) >= least for item in digits(6, 64))


def test_no_single_item_below_64_px_is_judged():
    assert [MARK.judges_alone((side, side, 1)) for side in (28, 32, 63, 64)] == [False, False, False, True]


def test_no_two_chips_of_a_geometry_share_a_number():
    numbers = geometry(96, 64).numbers
    assert len(np.unique(numbers)) == len(numbers)


def test_a_chip_has_the_same_sign_at_every_size():
    signs = [np.zeros((128, 128), np.int8) for _ in range(2)]
    for plane, side in zip(signs, (256, 100), strict=True):
        band = geometry(side, side).band
        plane[: band.shape[0], : band.shape[1]][band] = MARK.pattern(KEY, (side, side, 1))
    both = (signs[0] != 0) & (signs[1] != 0)
    assert both.sum() > 1_000
    assert (signs[0] == signs[1])[both].all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 400, 3), (7, 5, 1), (700, 300, 3)])
def test_any_shape_is_marked_and_read_without_error(shape):
    item = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    marked = MARK.embed(item, KEY)
    assert marked.shape == shape
    assert MARK.evidence(marked).shape == MARK.pattern(KEY, shape).shape
