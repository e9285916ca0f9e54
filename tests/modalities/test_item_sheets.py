"""What an ingest lays beside a data set for people to look at: sheets of items, and pictures of what went wrong."""

import io
import json

import numpy as np
import pytest
from PIL import Image as Pillow
from safetensors.numpy import load_file

from tests.builders_images import Silent, file_of, pixels, png, pngs, zip_of
from workers.modalities.image import Image
from workers.modalities.problem_pictures import MOST_OF_A_CODE, SIDE_PX
from workers.modalities.shown import Place, shares, shown_folder, spread
from workers.modalities.text import Text
from workers.modalities.value_bins import doubling_bins

NAMES = [f"{kind}/{index}.png" for kind in ("cat", "dog") for index in range(60)]


def bring(tmp_path, files, modality=None):
    """Ingest a zip of these files: what came of it, and the folder of what is shown."""
    out = tmp_path / "dataset"
    modality = modality or Image(size=16)
    made = modality.ingest(zip_of(tmp_path / "a.zip", files), out, Silent(), name="a.zip")
    return made, shown_folder(out)


def index_of(folder):
    return json.loads((folder / "items.json").read_bytes())


def damaged(seed):
    """A JPEG of which the lower half is missing."""
    whole = file_of(Pillow.fromarray(pixels(seed, 64, 64, 3)), "JPEG", quality=95)
    return whole[: len(whole) * 2 // 3]


def spotted(shade):
    """Of one shade but for a spot in its middle."""
    picture = Pillow.new("L", (20, 40), shade)
    picture.paste(shade + 8, (9, 19, 11, 21))
    return picture


def test_a_cell_of_a_sheet_is_the_item_of_its_row(tmp_path):
    _, folder = bring(tmp_path, pngs(*NAMES))
    said = index_of(folder)
    rows = {name: load_file(tmp_path / "dataset" / f"{name}.safetensors") for name in said["splits"]}
    for sheet in said["sheets"]:
        with Pillow.open(folder / sheet["file"]) as picture:
            cells = np.asarray(picture)
        for cell, (split, label, row) in enumerate(sheet["items"]):
            top, left = cell // 10 * 16, cell % 10 * 16
            stored = rows[said["splits"][split]]
            assert np.array_equal(cells[top : top + 16, left : left + 16], stored["image"][row, 0])
            assert stored["condition"][row] == label


def test_a_small_set_is_shown_whole(tmp_path):
    _, folder = bring(tmp_path, pngs(*NAMES))
    said = index_of(folder)
    assert (said["shown"], said["of"], len(said["sheets"])) == (120, 120, 2)


@pytest.mark.parametrize(
    ("counts", "most", "expected"),
    [([5, 5], 4, [2, 2]), ([1, 100], 10, [1, 9]), ([3, 0, 3], 100, [3, 0, 3]), ([9, 9, 9], 2, [1, 1, 0])],
)
def test_what_is_shown_is_shared_out_evenly(counts, most, expected):
    assert shares(counts, most) == expected


def test_of_a_large_group_items_are_taken_from_all_over(tmp_path):
    assert spread([[0] * 1000], 4) == [Place(0, 0, row) for row in (0, 250, 500, 750)]


def test_the_address_of_the_data_does_not_speak_of_sheets(tmp_path):
    bring(tmp_path, pngs(*NAMES))
    said = json.loads((tmp_path / "dataset" / "dataset.json").read_bytes())
    assert not [name for name in said["files"] if name.startswith(("items", "problem"))]


def test_large_pictures_are_made_smaller_on_a_sheet(tmp_path):
    _, folder = bring(tmp_path, pngs("a.png", "b.png"), Image(size=256, enlarge=16))
    with Pillow.open(folder / "items-00.png") as picture:
        assert (picture.size, index_of(folder)["cell_px"]) == ((960, 96), 96)


def test_a_text_is_shown_as_its_passage(tmp_path):
    text = "".join(chr(0x4E00 + index % 500) for index in range(5000))
    _, folder = bring(tmp_path, {"a.txt": text.encode()}, Text(length=16))
    said = index_of(folder)
    shown = [one for sheet in said["sheets"] for one in json.loads((folder / sheet["file"]).read_bytes())["texts"]]
    held = load_file(tmp_path / "dataset" / "train.safetensors")["text"].shape[0]
    for (split, _, row), found in zip((one for sheet in said["sheets"] for one in sheet["items"]), shown, strict=True):
        number = row + split * held
        assert found == text[number * 16 : number * 16 + 16]


def test_passages_of_many_documents_are_found_again(tmp_path):
    files = {f"{index}.txt": f"document {index} ".encode() * (index + 1) for index in range(30)}
    _, folder = bring(tmp_path, files, Text(length=16))
    texts = [one for sheet in index_of(folder)["sheets"] for one in json.loads((folder / sheet["file"]).read_bytes())["texts"]]  # fmt: skip  # noqa: E501
    pieces = {data.decode()[at : at + 16] for data in files.values() for at in range(0, len(data), 16)}
    assert set(texts) <= pieces
    assert len(texts) == index_of(folder)["of"]


def test_a_damaged_picture_is_shown_as_far_as_it_goes(tmp_path):
    made, folder = bring(tmp_path, {**pngs("a.png", "b.png"), "torn.jpg": damaged(3)})
    problem = made["problems"][0]
    assert (problem["file"], problem["code"]) == ("torn.jpg", "picture_damaged")
    with Pillow.open(folder / problem["picture"]) as picture:
        assert np.asarray(picture)[:20].std() > 0


def test_a_picture_in_two_classes_is_shown(tmp_path):
    made, folder = bring(tmp_path, {**pngs(*NAMES), "dog/copy.png": png(0)})
    with Pillow.open(folder / made["problems"][0]["picture"]) as shown, Pillow.open(io.BytesIO(png(0))) as brought:
        assert np.array_equal(np.asarray(shown), np.asarray(brought))


def test_what_is_no_picture_has_none(tmp_path):
    made, _ = bring(tmp_path, {**pngs("a.png", "b.png"), "readme.txt": b"hello"})
    assert "picture" not in made["problems"][0]


def test_pictures_of_problems_are_small_new_and_without_metadata(tmp_path):
    brought = file_of(Pillow.fromarray(pixels(5, 900, 700, 3)), "PNG", icc_profile=b"secret" * 40, dpi=(300, 300))
    files = {**pngs(*NAMES), "one.png": brought}
    made, folder = bring(tmp_path, files)
    data = (folder / made["problems"][0]["picture"]).read_bytes()
    with Pillow.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.info, max(picture.size) <= SIDE_PX) == ("PNG", {}, True)


def test_of_one_kind_of_problem_a_few_have_pictures(tmp_path):
    files = {**pngs("a.png", "b.png"), **{f"torn{index}.jpg": damaged(index) for index in range(20)}}
    made, _ = bring(tmp_path, files)
    assert sum("picture" in problem for problem in made["problems"]) == MOST_OF_A_CODE


def test_the_profile_counts_brightness_and_sides(tmp_path):
    grey = {f"{index}.png": file_of(spotted(index * 20)) for index in range(12)}
    profile = bring(tmp_path, grey)[0]["profile"]
    assert profile["sides"] == [{"from": 16, "to": 31, "count": 12}]
    assert (sum(profile["brightness"]), profile["brightness"][0]) == (12, 1)


def test_the_profile_counts_the_lengths_of_documents(tmp_path):
    files = {"a.txt": b"x" * 40, "b.txt": b"y" * 70}
    profile = bring(tmp_path, files, Text(length=16))[0]["profile"]
    assert profile["lengths"] == [{"from": 32, "to": 63, "count": 1}, {"from": 64, "to": 127, "count": 1}]


def test_bins_cover_each_value_once():
    rows = doubling_bins([0, 1, 2, 3, 4, 9])
    assert [(row["from"], row["to"], row["count"]) for row in rows] == [
        (0, 0, 1), (1, 1, 1), (2, 3, 2), (4, 7, 1), (8, 15, 1),
    ]  # fmt: skip
