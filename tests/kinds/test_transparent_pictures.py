"""Pictures with transparency all the way: upload, training, release, and the verification of what was released."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from tests.builders_images import file_of, zip_of
from tests.kinds.test_train_to_artifacts import PARAMS, attempt, items, run
from workers.engine.release import watermark_of
from workers.engine.stranger import item_of
from workers.marks.dct_luma import colours, psnr_db


def icon(seed: int) -> bytes:
    """A disc of some colour on nothing."""
    rng = np.random.default_rng(seed)
    picture = Pillow.new("RGBA", (24, 24))
    left, top, side = rng.integers(2, 8), rng.integers(2, 8), rng.integers(8, 14)
    colour = (*rng.integers(0, 256, 3).tolist(), 255)
    ImageDraw.Draw(picture).ellipse((left, top, left + side, top + side), fill=colour)
    return file_of(picture)


def released(folder: Path) -> list[bytes]:
    """The files that a model of icons released."""
    upload = zip_of(folder / "icons.zip", {f"{seed}.png": icon(seed) for seed in range(40)})
    inputs = {"upload": {"path": str(upload), "name": "icons.zip"}}
    read = attempt(
        folder / "read", kind="ingest", modality="image", params={"size": 16, "channels": "rgba"}, inputs=inputs
    )
    data = {"data": {"path": str(read.folder / run(read)["dataset"])}}
    train = attempt(folder / "train", kind="train", family="dcgan", params=PARAMS, inputs=data)
    model = {"model": {"path": str(train.folder / run(train)["bundle"])}}
    made = attempt(folder / "made", kind="generate", inputs=model, params={"count": 6})
    run(made)
    return [(made.folder / item["file"]).read_bytes() for item in items(made)]


@pytest.mark.slow
def test_what_a_model_of_icons_releases_is_transparent_and_marked(tmp_path):
    files = released(tmp_path)
    assert {Pillow.open(io.BytesIO(data)).mode for data in files} == {"RGBA"}
    seen = [item_of(data, "image/png") for data in files]
    assert {item.shape for item in seen} == {(16, 16, 4)}
    mark = watermark_of("image")
    again = mark.embed_many([item.copy() for item in seen], bytes(32))
    assert all(np.array_equal(one[..., 3], other[..., 3]) for one, other in zip(again, seen, strict=True))
    assert all(psnr_db(colours(one), colours(other)) > 30 for one, other in zip(again, seen, strict=True))
