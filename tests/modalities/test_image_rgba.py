"""Pictures with transparency from upload to release: alpha is the fourth channel, and people see them on paper."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.numpy import load_file

from tests.builders_images import Silent, file_of, pixels, zip_of
from workers.contracts import Field, Spec
from workers.engine.near_pictures import directions
from workers.engine.stranger import pixels as strange_pixels
from workers.guards.safety_pictures import prepared
from workers.marks.dct_luma import DctLuma
from workers.modalities.alpha import cleared, flattened
from workers.modalities.fingerprint import fingerprint
from workers.modalities.image import Image
from workers.modalities.image_sheet import grid

KEY = bytes(range(32))
SPEC = Spec("image", (Field("image", "continuous", (4, 16, 16)),))


def transparent(seed, side=16):
    """Colours with a transparent left quarter and a half-transparent rest of the left half."""
    item = pixels(seed, side, side, 4)
    item[..., 3] = 255
    item[:, : side // 2, 3] = 128
    item[:, : side // 4, 3] = 0
    return item


def bring(tmp_path, items, **params):
    files = {f"{index}.png": file_of(Pillow.fromarray(item)) for index, item in enumerate(items)}
    made = Image(size=16, **params).ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "out", Silent(), name="a.zip")
    rows = [load_file(tmp_path / "out" / f"{name}.safetensors")["image"] for name in ("train", "holdout")]
    return made, np.concatenate(rows)


def test_four_channels_are_stored_as_they_are_but_for_hidden_colours(tmp_path):
    items = [transparent(seed) for seed in range(4)]
    made, stored = bring(tmp_path, items, channels="rgba")
    assert stored.shape == (4, 4, 16, 16)
    expected = {cleared(item).transpose(2, 0, 1).tobytes() for item in items}
    assert {one.tobytes() for one in stored} == expected
    assert (len(made["profile"]["mean"]), sum(made["profile"]["brightness"])) == (4, 4)


def test_colours_that_nobody_sees_do_not_make_another_picture(tmp_path):
    one, other = transparent(1), transparent(1)
    other[one[..., 3] == 0] = (9, 9, 9, 0)
    made, _ = bring(tmp_path, [one, other, transparent(2)], channels="rgba")
    assert (made["profile"]["count"], made["profile"]["duplicates"]) == (2, 1)


def test_an_opaque_picture_has_a_full_alpha(tmp_path):
    _, stored = bring(tmp_path, [pixels(seed, 16, 16, 3) for seed in range(3)], channels="rgba")
    assert (stored[:, 3] == 255).all()


def test_resizing_does_not_draw_hidden_colours_to_the_edge(tmp_path):
    item = np.zeros((32, 32, 4), np.uint8)
    item[..., 0] = 255  # hidden red
    item[8:24, 9:23] = (0, 255, 0, 255)
    _, stored = bring(tmp_path, [item, transparent(1, 32)], channels="rgba")
    green = next(one for one in stored if one[1, 8, 8] == 255)
    assert not green[0].any()


def test_items_survive_decode_encode_and_file():
    modality, item = Image(size=16, channels="rgba"), transparent(3)
    raw = modality.stored([item], SPEC)
    fields = modality.encode({name: torch.from_numpy(value) for name, value in raw.items()})
    assert np.array_equal(modality.decode(fields, SPEC)[0], item)
    with Pillow.open(io.BytesIO(modality.file_bytes(item))) as picture:
        assert picture.mode == "RGBA"
        assert np.array_equal(np.asarray(picture), item)


def test_what_is_compared_and_judged_is_what_people_see():
    item, other = transparent(4, 64), transparent(4, 64)
    other[..., :3][item[..., 3] == 0] = 77
    over_white = flattened(item)
    assert fingerprint(item) == fingerprint(other) == fingerprint(over_white)
    assert torch.equal(directions([item]), directions([over_white]))
    assert np.array_equal(prepared(item), prepared(over_white))


def test_flattening_agrees_with_the_picture_library():
    item = transparent(5)
    over = Pillow.alpha_composite(Pillow.new("RGBA", (16, 16), "white"), Pillow.fromarray(item)).convert("RGB")
    assert np.abs(flattened(item).astype(int) - np.asarray(over)).max() <= 1


def test_a_sheet_shows_that_a_picture_is_transparent():
    empty = np.zeros((64, 64, 4), np.uint8)
    cell = np.asarray(grid([empty]))[8:60, 8:60]
    assert len(np.unique(cell.reshape(-1, 3), axis=0)) == 2


@pytest.mark.parametrize("side", [32, 64])
def test_the_mark_lies_in_the_colours_and_leaves_transparency_alone(side):
    rng = np.random.default_rng(1)
    smooth = [
        np.asarray(Pillow.fromarray(rng.integers(0, 256, (6, 6, 4), dtype=np.uint8)).resize((side, side), 2))
        for _ in range(8)
    ]
    mark = DctLuma()
    marked = mark.embed_many(smooth, KEY)
    assert all(np.array_equal(one[..., 3], other[..., 3]) for one, other in zip(marked, smooth, strict=True))
    colours = mark.embed_many([item[..., :3].copy() for item in smooth], KEY)
    assert all(np.array_equal(one[..., :3], other) for one, other in zip(marked, colours, strict=True))
    assert np.array_equal(mark.evidence(marked[0]), mark.evidence(colours[0]))
    assert mark.readings(marked[0])[-1].shape[2] == mark.readings(colours[0])[-1].shape[2] or side < 64


def test_the_mark_of_a_released_file_is_read_from_its_colours():
    item = transparent(6, 64)
    seen = strange_pixels(file_of(Pillow.fromarray(item)), "image/png")
    assert np.array_equal(seen, item)


def test_a_visible_label_is_read_on_any_page():
    item = np.zeros((128, 128, 4), np.uint8)
    labelled = Image(channels="rgba").visibly_labelled(item, "en")
    corner = labelled[..., 3] == 255
    assert corner.any()
    assert not corner.all()
    for page in (0, 255):
        over = np.where(corner[..., None], labelled[..., :3], page)
        assert over[corner].std() > 20
    opaque = np.concatenate([pixels(1, 128, 128, 3), np.full((128, 128, 1), 255, np.uint8)], axis=2)
    of_rgb = Image(channels="rgb").visibly_labelled(opaque[..., :3], "en")
    assert np.array_equal(Image(channels="rgba").visibly_labelled(opaque, "en")[..., :3], of_rgb)
