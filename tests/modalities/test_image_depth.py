"""Deep pictures by a recorded mapping, and sets of pictures that a model cannot learn from."""

from __future__ import annotations

import io
import json
import tracemalloc

import numpy as np
import pytest
from PIL import Image as Pillow
from safetensors.numpy import load_file

from models_store.errors import InvalidInput
from tests.builders_images import Silent, file_of, pixels, png, zip_of
from workers.modalities.depth import Depth, spread, to_bytes
from workers.modalities.image import Image
from workers.modalities.members import UploadRefused

DEEP = [np.random.default_rng(seed).integers(1000, 5000, (16, 16)).astype(np.uint16) for seed in range(4)]
CONSTANT = {f"{shade}.png": file_of(Pillow.new("L", (16, 16), shade)) for shade in (0, 40, 80)}


def bring(tmp_path, files, **params):
    source = zip_of(tmp_path / "a.zip", files)
    return Image(size=16, **params).ingest(source, tmp_path / "out", Silent(), name="a.zip")


def refused(tmp_path, files, **params):
    with pytest.raises(UploadRefused) as caught:
        bring(tmp_path, files, **params)
    return caught.value


def deep_files():
    return {f"{index}.png": file_of(Pillow.fromarray(item)) for index, item in enumerate(DEEP)}


def deep_array():
    out = io.BytesIO()
    np.save(out, np.stack(DEEP))
    return {"images.npy": out.getvalue()}


def rows_of(tmp_path):
    return {
        row.tobytes()
        for name in ("train", "holdout")
        for row in load_file(tmp_path / "out" / f"{name}.safetensors")["image"]
    }


@pytest.mark.parametrize("files", [deep_files, deep_array])
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, lambda item: np.rint(item / 257)),
        ({"mapping": "window", "window_low": 2000, "window_high": 4000}, lambda item: spread(item, 2000, 4000)),
        ({"mapping": "percentiles"}, lambda item: spread(item, *np.percentile(item, (1, 99)))),
    ],
)
def test_sixteen_bits_become_eight_as_recorded(tmp_path, files, params, expected):
    bring(tmp_path, files(), **params)
    assert rows_of(tmp_path) == {expected(item).astype(np.uint8).tobytes() for item in DEEP}
    said = json.loads((tmp_path / "out" / "dataset.json").read_bytes())["preprocess"]["params"]
    assert said["mapping"] == params.get("mapping", "full")


def test_eight_bits_stay_what_they_are_under_any_mapping(tmp_path):
    files = {f"{seed}.png": png(seed, (16, 16)) for seed in range(3)}
    addresses = set()
    for params in ({}, {"mapping": "percentiles"}, {"mapping": "window", "window_high": 9}):
        bring(tmp_path, files, **params)
        addresses.add(frozenset(rows_of(tmp_path)))
    assert len(addresses) == 1


def test_a_repeated_ingest_gives_the_same_address(tmp_path):
    found = {bring(tmp_path, deep_files(), mapping="percentiles")["sha256"] for _ in range(2)}
    assert len(found) == 1


def test_spreading_keeps_order_and_clips_outside():
    values = np.arange(-50, 350)
    made = spread(values, 0, 300).astype(int)
    assert (np.diff(made) >= 0).all()
    assert (made[values <= 0] == 0).all()
    assert (made[values >= 300] == 255).all()


def test_percentiles_do_not_depend_on_scale_and_offset():
    assert np.array_equal(Depth("percentiles").spread(DEEP[0]), Depth("percentiles").spread(DEEP[0] * 4.0 + 100))


def test_a_window_upside_down_is_refused_by_name(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        bring(tmp_path, deep_files(), mapping="window", window_low=5, window_high=5)
    assert caught.value.field == "window_high"


def test_a_picture_that_is_far_too_small_is_left_out_and_named(tmp_path):
    files = {"a.png": png(1, (16, 16)), "b.png": png(2, (16, 16)), "c.png": png(3, (6, 9))}
    made = bring(tmp_path, files, enlarge=2)
    problem = made["problems"][0]
    assert (problem["file"], problem["code"], problem["got"]) == ("c.png", "picture_too_small", "6 x 9")
    assert "at least 8 px" in problem["expected"]
    assert bring(tmp_path, files, enlarge=3)["profile"]["count"] == 3


def test_a_set_of_far_too_small_pictures_is_refused_by_that_name(tmp_path):
    files = {f"{seed}.png": png(seed, (8, 8)) for seed in range(3)}
    assert refused(tmp_path, files, enlarge=1).code == "picture_too_small"


def test_a_set_of_pictures_of_one_shade_is_refused(tmp_path):
    error = refused(tmp_path, CONSTANT)
    assert (error.code, error.got) == ("constant_pictures", "3 pictures of one shade")


def test_a_picture_of_one_shade_among_others_is_counted(tmp_path):
    made = bring(tmp_path, {**CONSTANT, "real.png": png(1, (16, 16))})
    assert (made["profile"]["constant"], made["profile"]["count"]) == (3, 4)


def test_one_class_is_no_class_and_is_said(tmp_path):
    out = io.BytesIO()
    np.savez(out, images=pixels(1, 6, 16, 16), labels=np.full(6, 7))
    (tmp_path / "one.npz").write_bytes(out.getvalue())
    made = Image(size=16).ingest(tmp_path / "one.npz", tmp_path / "out", Silent(), name="one.npz")
    assert [problem["code"] for problem in made["problems"]] == ["one_class"]
    assert made["profile"]["classes"] == []


@pytest.mark.parametrize("depth", [Depth(), Depth("window", 0, 300), Depth("percentiles")])
def test_parts_of_a_picture_are_brought_to_bytes_as_the_whole_is(depth, monkeypatch):
    values = np.random.default_rng(1).uniform(0, 300, (9, 7, 3))
    whole = to_bytes(values, (0, 300), "a.npy", depth)
    monkeypatch.setattr("workers.modalities.depth.PART", 4)
    for form in (values, np.asfortranarray(values)):
        assert np.array_equal(to_bytes(form, (0, 300), "a.npy", depth), whole)


def test_wide_numbers_take_no_more_memory_than_they_are(monkeypatch):
    monkeypatch.setattr("workers.modalities.depth.PART", 1 << 12)
    values = np.ones((256, 1024))  # 2 MB
    tracemalloc.start()
    try:
        to_bytes(values, (0, 1), "a.npy")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < values.nbytes / 4
