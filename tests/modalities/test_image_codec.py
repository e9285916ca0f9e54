"""Items to fields and back, files and sheets."""

import io

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from pydantic import ValidationError

from models_store.errors import InvalidInput
from tests.builders_images import pixels
from workers.contracts import Field, Spec
from workers.modalities.image import Image, NotFinite

SPEC = Spec("image", (Field("image", "continuous", (1, 8, 8)),))


@pytest.mark.parametrize("channels", [1, 3])
def test_decode_is_the_inverse_of_encode_for_every_byte(channels):
    raw = torch.arange(256, dtype=torch.uint8).repeat(channels).reshape(1, channels, 16, 16)
    (item,) = Image(size=16).decode(Image(size=16).encode({"image": raw}), SPEC)
    np.testing.assert_array_equal(item, raw[0].permute(1, 2, 0).numpy())


def test_fields_lie_between_minus_one_and_one():
    image = Image().encode({"image": torch.tensor([[[[0, 255]]]], dtype=torch.uint8)})["image"]
    assert image.dtype == torch.float32
    assert image.flatten().tolist() == [-1.0, 1.0]


def test_the_condition_goes_along_as_int64():
    raw = {"image": torch.zeros(2, 1, 8, 8, dtype=torch.uint8), "condition": torch.tensor([3, 4], dtype=torch.int32)}
    condition = Image().encode(raw)["condition"]
    assert condition.dtype == torch.int64
    assert condition.tolist() == [3, 4]


def test_values_out_of_range_are_clamped():
    (item,) = Image().decode({"image": torch.tensor([[[[-7.0, 7.0]]]])}, SPEC)
    assert item.flatten().tolist() == [0, 255]


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(NotFinite):
        Image().decode({"image": torch.full((1, 1, 8, 8), float("nan"))}, SPEC)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_is_png_with_the_same_pixels_and_the_same_bytes_each_time(channels):
    item = pixels(1, 16, 16, channels)
    data = Image().file_bytes(item)
    assert data == Image().file_bytes(item.copy())
    np.testing.assert_array_equal(np.asarray(Pillow.open(io.BytesIO(data))).reshape(item.shape), item)


@pytest.mark.parametrize("item", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 2), np.uint8), np.zeros((8, 8, 1))])
def test_what_is_no_picture_is_not_written(item):
    with pytest.raises(InvalidInput):
        Image().file_bytes(item)


def test_a_sheet_shows_every_item_enlarged_by_a_whole_factor(tmp_path):
    items = [np.full((16, 16, 1), value, np.uint8) for value in (10, 20, 30, 40, 50)]
    Image().sheet(items, tmp_path / "sheet.png")
    with Pillow.open(tmp_path / "sheet.png") as sheet:
        shades, counts = np.unique(np.asarray(sheet), return_counts=True)
    assert [counts[shades == value][0] for value in (10, 20, 30, 40, 50)] == [64 * 64] * 5


def test_labels_of_any_language_and_length_do_not_break_a_sheet(tmp_path):
    items = [pixels(seed, 32, 32, 3) for seed in range(3)]
    Image().sheet(items, tmp_path / "sheet.png", ["a" * 500, "猫", ""])
    with Pillow.open(tmp_path / "sheet.png") as sheet:
        assert sheet.mode == "RGB"


@pytest.mark.parametrize("wrong", [{"size": 7}, {"size": 257}, {"channels": "cmyk"}, {"colour": "grey"}])
def test_parameters_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError):
        Image(**wrong)
