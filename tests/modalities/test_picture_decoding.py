"""Pictures of every mode come out upright, on white, in 0..255."""

import numpy as np
import pytest
from PIL import Image

from tests.builders_images import file_of, pixels
from workers.modalities.members import BadFile, Limits
from workers.modalities.picture import decode_picture, fit


def fitted(data: bytes, size: int = 16, channels: int = 1) -> np.ndarray:
    return fit(decode_picture(data, "a.png", None, size, Limits()), size, channels)


def test_a_grey_picture_of_the_asked_size_is_kept_exactly():
    grey = pixels(1, 16, 16)
    np.testing.assert_array_equal(fitted(file_of(Image.fromarray(grey)))[0], grey)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_gives_both_channel_counts(mode):
    source = (
        Image.fromarray(pixels(2, 24, 24).astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(pixels(2, 24, 24, 3)).convert(mode)
    )
    data = file_of(source)
    assert fitted(data).shape == (1, 16, 16)
    assert fitted(data, channels=3).shape == (3, 16, 16)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_format_shows_a_white_right_half(form):
    halves = np.zeros((32, 32, 3), np.uint8)
    halves[:, 16:] = 255
    seen = fitted(file_of(Image.fromarray(halves), form), 32)
    assert seen[0, :, :12].max() < 40
    assert seen[0, :, 20:].min() > 215


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB", "F", "I"])
def test_the_modes_of_tiff_are_read(mode):
    flat = np.full((16, 16), 200, np.uint8)
    if mode in ("F", "I"):
        source = Image.fromarray(flat.astype(np.float32 if mode == "F" else np.int32))
    elif mode == "LAB":
        source = Image.merge("LAB", [Image.fromarray(flat), *(Image.fromarray(np.full_like(flat, 128)) for _ in "ab")])
    else:
        source = Image.fromarray(flat).convert("RGB").convert(mode)
    assert abs(float(fitted(file_of(source, "TIFF")).mean()) - 200) < 15


def test_exif_turns_the_picture():
    top = np.zeros((16, 16), np.uint8)
    top[:8] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    seen = fitted(file_of(Image.fromarray(top), exif=exif.tobytes()))
    assert seen[0, :8].max() == 0
    assert seen[0, 8:].min() == 255


def test_transparent_parts_become_white():
    clear = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    assert fitted(file_of(clear)).min() == 255


def test_a_transparent_palette_colour_becomes_white():
    picture = Image.new("P", (16, 16), 0)
    picture.putpalette([10, 20, 30] * 256)
    assert fitted(file_of(picture, transparency=0), channels=3).min() == 255


def test_sixteen_bits_are_scaled_to_eight():
    deep = np.linspace(0, 65_535, 256).astype(np.uint16).reshape(16, 16)
    seen = fitted(file_of(Image.fromarray(deep)))[0]
    np.testing.assert_array_equal(seen, np.rint(deep / 257))


def test_the_middle_square_of_a_wide_picture_is_kept():
    wide = np.zeros((16, 48), np.uint8)
    wide[:, 16:32] = 200
    assert fitted(file_of(Image.fromarray(wide)))[0].min() == 200


def test_a_line_of_one_pixel_height_does_not_blow_up():
    assert fitted(file_of(Image.fromarray(pixels(3, 1, 20_000)))).shape == (1, 16, 16)


def test_too_many_pixels_are_refused_before_decoding():
    with pytest.raises(BadFile) as caught:
        decode_picture(file_of(Image.new("L", (300, 300))), "big.png", None, 16, Limits(pixels=50_000))
    assert (caught.value.code, caught.value.field, caught.value.got) == ("picture_too_large", "big.png", "300 x 300")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_truncated_picture_is_refused(form):
    data = file_of(Image.fromarray(pixels(4, 64, 64, 3)), form)
    with pytest.raises(BadFile) as caught:
        decode_picture(data[: len(data) // 2], "half", None, 16, Limits())
    assert caught.value.code == "picture_damaged"


def test_text_called_png_is_named_as_text():
    with pytest.raises(BadFile) as caught:
        decode_picture(b"hello, not a picture", "a.png", None, 16, Limits())
    assert caught.value.code == "not_a_picture"
    assert "hello" in caught.value.got


def test_damaged_bytes_never_raise_anything_but_bad_file():
    rng = np.random.default_rng(5)
    for form in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"):
        whole = bytearray(file_of(Image.fromarray(pixels(6, 24, 24, 3)), form))
        for _ in range(60):
            broken = bytearray(whole)
            for place in rng.integers(4, len(whole), 6):
                broken[place] = rng.integers(256)
            try:
                fitted(bytes(broken))
            except BadFile:
                pass
