import numpy as np
import pytest
from PIL import Image

from tests.marks.marked import decoded, digits, encoded
from workers.marks.dct_luma import DctLuma, psnr_db
from workers.marks.luma_copies import half_and_back, jpeg
from workers.marks.luma_push import z_of as z_of_pictures
from workers.marks.luma_spectrum import geometry, luminance
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
        chips = geometry(side, side).signs(MARK.pattern(KEY, (side, side, 1)))
        plane[: chips.shape[0], : chips.shape[1]] = chips
    both = (signs[0] != 0) & (signs[1] != 0)
    assert both.sum() > 1_000
    assert (signs[0] == signs[1])[both].all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 400, 3), (7, 5, 1), (700, 300, 3)])
def test_any_shape_is_marked_and_read_without_error(shape):
    item = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    marked = MARK.embed(item, KEY)
    assert marked.shape == shape
    assert MARK.evidence(marked).shape == MARK.pattern(KEY, shape).shape


def test_pictures_marked_together_are_those_marked_alone():
    items = [*digits(3, 64), *digits(3, 64, 3), *digits(2, 32), *digits(1, 128)]
    together = MARK.embed_many(items[::-1], KEY)[::-1]
    assert all(np.array_equal(one, MARK.embed(item, KEY)) for one, item in zip(together, items, strict=True))


@pytest.mark.parametrize(("size_px", "channels"), [(64, 1), (64, 3), (100, 1)])
def test_copies_that_are_computed_tell_what_those_of_the_library_tell(size_px, channels):
    marked = MARK.embed_many(digits(8, size_px, channels), KEY)
    signs = geometry(size_px, size_px).signs(MARK.pattern(KEY, marked[0].shape))
    luma = luminance(np.stack(marked).astype(np.float32))
    for computed, copied in ((half_and_back(luma), halved), (jpeg(luma), squeezed)):
        real = np.array([z_of(copied(one)) for one in marked])
        assert z_of_pictures(signs, computed) == pytest.approx(real, abs=0.5)


def test_a_single_item_survives_the_library_s_own_copies_among_a_million_jobs():
    for marked in MARK.embed_many([*digits(8, 64), *digits(2, 128)], KEY):
        assert min(z_of(halved(marked)), z_of(squeezed(marked))) > MILLION_JOBS_Z


def test_a_picture_without_room_for_chips_is_left_as_it_is():
    item = np.full((1, 1, 1), 7, np.uint8)
    assert np.array_equal(MARK.embed(item, KEY), item)


def halved(item):
    picture = Image.fromarray(item.squeeze(2) if item.shape[2] == 1 else item)
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC)
    return np.asarray(half.resize(picture.size, Image.Resampling.BICUBIC)).reshape(item.shape)


def squeezed(item):
    return decoded(encoded(item, "JPEG", quality=75)).reshape(item.shape)
