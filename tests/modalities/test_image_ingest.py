"""Uploads of pictures become a dataset folder whose address depends on the pictures alone."""

import hashlib
import json
import os

import numpy as np
import pytest
from PIL import Image as Pillow
from safetensors.numpy import load_file

from tests.builders_images import SHARED, Silent, file_of, folder_of, gzipped, idx1, idx3, pixels, png, pngs, zip_of
from workers.contracts import Spec
from workers.modalities.image import Image

NAMES = [f"{kind}/{index}.png" for kind in ("cat", "dog") for index in range(20)]


def ingest(source, out, **params):
    return Image(**{"size": 16, **params}).ingest(source, out, Silent(), name=source.name)


def everything(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def arrays(folder):
    parts = [load_file(folder / f"{name}.safetensors") for name in ("train", "holdout")]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def test_zip_order_and_form_do_not_change_one_byte(tmp_path):
    files = pngs(*NAMES)
    ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "one")
    ingest(zip_of(tmp_path / "b.zip", dict(reversed(files.items())), packed=True), tmp_path / "two")
    ingest(folder_of(tmp_path / "c", files), tmp_path / "three")
    assert everything(tmp_path / "one") == everything(tmp_path / "two") == everything(tmp_path / "three")


def test_the_address_is_the_digest_of_dataset_json(tmp_path):
    made = ingest(zip_of(tmp_path / "a.zip", pngs(*NAMES)), tmp_path / "out")
    assert made["sha256"] == hashlib.sha256((tmp_path / "out" / "dataset.json").read_bytes()).hexdigest()


def test_an_earlier_attempt_leaves_nothing_behind(tmp_path):
    folder_of(tmp_path / "out", {"stray.txt": b"old"})
    ingest(zip_of(tmp_path / "a.zip", pngs(*NAMES)), tmp_path / "out")
    assert "stray.txt" not in everything(tmp_path / "out")


def test_folders_become_classes(tmp_path):
    made = ingest(zip_of(tmp_path / "a.zip", pngs(*NAMES)), tmp_path / "out")
    said = json.loads((tmp_path / "out" / "dataset.json").read_bytes())
    assert Spec.from_dict(said["spec"]).classes == ("cat", "dog")
    assert [row["train"] + row["holdout"] for row in made["profile"]["classes"]] == [20, 20]
    assert np.bincount(arrays(tmp_path / "out")["condition"]).tolist() == [20, 20]


def test_train_and_test_folders_are_not_classes(tmp_path):
    names = [f"set/{part}/{kind}/{i}.png" for part in ("train", "test") for kind in ("a", "b") for i in range(3)]
    ingest(zip_of(tmp_path / "a.zip", pngs(*names)), tmp_path / "out")
    said = json.loads((tmp_path / "out" / "dataset.json").read_bytes())
    assert Spec.from_dict(said["spec"]).classes == ("a", "b")


def test_a_readme_at_the_top_does_not_hide_the_classes(tmp_path):
    files = {**{f"set/{name}": data for name, data in pngs(*NAMES).items()}, "README.txt": b"hello"}
    made = ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "out")
    assert [row["name"] for row in made["profile"]["classes"]] == ["cat", "dog"]


def test_one_folder_gives_no_classes(tmp_path):
    made = ingest(zip_of(tmp_path / "a.zip", pngs(*(f"all/{i}.png" for i in range(5)))), tmp_path / "out")
    assert made["profile"]["classes"] == []
    assert "condition" not in arrays(tmp_path / "out")


def test_the_stored_parameters_rebuild_the_modality(tmp_path):
    ingest(zip_of(tmp_path / "a.zip", pngs(*NAMES)), tmp_path / "out", channels="rgb")
    said = json.loads((tmp_path / "out" / "dataset.json").read_bytes())["preprocess"]
    assert said["modality"] == "image"
    assert Image(**said["params"]) == Image(size=16, channels="rgb")


def test_repeats_are_kept_once(tmp_path):
    made = ingest(zip_of(tmp_path / "a.zip", {**pngs("a.png", "b.png"), "c.png": png(0)}), tmp_path / "out")
    assert made["profile"]["duplicates"] == 1
    assert made["profile"]["count"] == 2


def test_the_same_picture_in_two_classes_is_listed(tmp_path):
    made = ingest(zip_of(tmp_path / "a.zip", {**pngs(*NAMES), "dog/copy.png": png(0)}), tmp_path / "out")
    assert [(problem["file"], problem["code"]) for problem in made["problems"]] == [("dog/copy.png", "class_conflict")]


def test_a_class_of_one_is_kept_in_train_and_listed(tmp_path):
    made = ingest(zip_of(tmp_path / "a.zip", {**pngs(*NAMES), "emu/1.png": png(99)}), tmp_path / "out")
    assert made["profile"]["classes"][2] == {"name": "emu", "train": 1, "holdout": 0}
    assert [(problem["file"], problem["code"]) for problem in made["problems"]] == [("emu", "class_of_one")]


def test_a_picture_without_class_among_classes_is_listed(tmp_path):
    made = ingest(zip_of(tmp_path / "a.zip", {**pngs(*NAMES), "stray.png": png(99)}), tmp_path / "out")
    assert [(problem["file"], problem["code"]) for problem in made["problems"]] == [("stray.png", "class_missing")]
    assert made["profile"]["count"] == 40


def test_a_picture_stays_on_its_side_when_others_are_added(tmp_path):
    few, many = pngs(*(f"{i}.png" for i in range(60))), pngs(*(f"{i}.png" for i in range(120)))
    ingest(zip_of(tmp_path / "a.zip", few), tmp_path / "few")
    ingest(zip_of(tmp_path / "b.zip", many), tmp_path / "many")
    held = {name: load_file(tmp_path / name / "holdout.safetensors")["image"] for name in ("few", "many")}
    assert {item.tobytes() for item in held["few"]} <= {item.tobytes() for item in held["many"]}


def test_about_a_tenth_is_held_out(tmp_path):
    np.savez(tmp_path / "a.npz", images=pixels(7, 2000, 8, 8))
    counts = ingest(tmp_path / "a.npz", tmp_path / "out", size=8)["counts"]
    assert counts["train"] + counts["holdout"] == 2000
    assert 150 < counts["holdout"] < 250


def test_two_pictures_make_one_of_each_side(tmp_path):
    assert ingest(zip_of(tmp_path / "a.zip", pngs("a.png", "b.png")), tmp_path / "out")["counts"] == {
        "train": 1,
        "holdout": 1,
    }


def test_sizes_are_counted_as_they_came(tmp_path):
    files = {"a.png": png(1, (20, 30)), "b.png": png(2, (20, 30)), "c.png": png(3, (8, 9))}
    profile = ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "out")["profile"]
    assert profile["sizes"][0] == {"width": 20, "height": 30, "count": 2}
    assert profile["enlarged"] == 1


def test_the_mean_picture_is_the_mean_of_train(tmp_path):
    ingest(zip_of(tmp_path / "a.zip", pngs(*NAMES)), tmp_path / "out")
    train = load_file(tmp_path / "out" / "train.safetensors")["image"]
    with Pillow.open(tmp_path / "out" / "mean.png") as picture:
        mean = np.asarray(picture)
    np.testing.assert_allclose(mean, train.mean(axis=(0, 1)), atol=0.51)


def test_medmnist_keys_pair_pictures_with_labels(tmp_path):
    images, labels = pixels(8, 30, 8, 8), np.arange(30).reshape(-1, 1) % 3
    np.savez(
        tmp_path / "a.npz",
        train_images=images[:20],
        train_labels=labels[:20],
        test_images=images[20:],
        test_labels=labels[20:],
    )
    ingest(tmp_path / "a.npz", tmp_path / "out", size=8)
    kept = arrays(tmp_path / "out")
    by_pixels = {image.tobytes(): int(label) for image, label in zip(images, labels[:, 0], strict=True)}
    assert [by_pixels[item.tobytes()] for item in kept["image"]] == kept["condition"].tolist()


@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "fortran"])
def test_colour_arrays_are_read_in_any_layout(tmp_path, layout):
    images = pixels(9, 6, 8, 8, 3)
    stored = {"NHWC": images, "NCHW": images.transpose(0, 3, 1, 2), "fortran": np.asfortranarray(images)}[layout]
    np.savez_compressed(tmp_path / "a.npz", x_train=stored, y_train=np.arange(6) % 2)
    ingest(tmp_path / "a.npz", tmp_path / "out", size=8, channels="rgb")
    kept = {item.tobytes() for item in arrays(tmp_path / "out")["image"]}
    assert kept == {np.ascontiguousarray(item.transpose(2, 0, 1)).tobytes() for item in images}


@pytest.mark.parametrize(
    ("scale", "dtype"), [(1 / 255, np.float32), (257, np.uint16), (1, np.uint16), (1, np.int64), (1, np.float64)]
)
def test_numbers_of_any_type_come_back_as_bytes(tmp_path, scale, dtype):
    images = pixels(10, 4, 8, 8)
    np.savez(tmp_path / "a.npz", images=(images.astype(float) * scale).astype(dtype))
    ingest(tmp_path / "a.npz", tmp_path / "out", size=8)
    assert {item.tobytes() for item in arrays(tmp_path / "out")["image"]} == {item.tobytes() for item in images}


@pytest.mark.parametrize("pack", [bytes, gzipped])
def test_an_idx_file_alone_is_enough(tmp_path, pack):
    images = pixels(11, 12, 8, 8)
    (tmp_path / "images").write_bytes(pack(idx3(images)))
    ingest(tmp_path / "images", tmp_path / "out", size=8)
    assert {item.tobytes() for item in arrays(tmp_path / "out")["image"]} == {item.tobytes() for item in images}


def test_idx_labels_in_the_same_zip_become_classes(tmp_path):
    files = {
        "t10k-images-idx3-ubyte.gz": gzipped(idx3(pixels(12, 12, 8, 8))),
        "t10k-labels-idx1-ubyte.gz": gzipped(idx1([i % 3 for i in range(12)])),
    }
    made = ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "out", size=8)
    assert [row["name"] for row in made["profile"]["classes"]] == ["0", "1", "2"]
    assert made["problems"] == []


def test_progress_ends_at_the_number_of_files(tmp_path):
    report = Silent()
    Image(size=16).ingest(zip_of(tmp_path / "a.zip", pngs(*NAMES)), tmp_path / "out", report)
    assert report.heard[-1] == (40, 40, "files")


def test_file_names_stay_out_of_the_dataset(tmp_path):
    files = {**pngs("Jane Doe 1970.png", "b.png", "c.png"), "Jane Doe notes.txt": b"secret"}
    ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "out")
    assert not any(b"Jane" in data or b"secret" in data for data in everything(tmp_path / "out").values())


def test_class_names_are_kept_in_their_language(tmp_path):
    ingest(zip_of(tmp_path / "a.zip", pngs("猫/1.png", "猫/2.png", "犬/1.png", "犬/2.png")), tmp_path / "out")
    said = json.loads((tmp_path / "out" / "dataset.json").read_bytes())
    assert Spec.from_dict(said["spec"]).classes == ("犬", "猫")


def test_links_in_a_folder_are_not_followed(tmp_path):
    folder = folder_of(tmp_path / "in", pngs("a.png", "b.png"))
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(50))
    os.symlink(secret, folder / "c.png")
    made = ingest(folder, tmp_path / "out")
    assert [(problem["file"], problem["code"]) for problem in made["problems"]] == [("c.png", "symlink")]


def test_a_jpeg_photograph_is_read_at_a_reduced_scale_without_visible_change(tmp_path):
    y, x = np.mgrid[:512, :512]
    photo = ((np.sin(x / 40) + np.cos(y / 60) + 2) * 63).astype(np.uint8)
    files = {"a.jpg": file_of(Pillow.fromarray(photo), "JPEG", quality=95), "b.png": png(1)}
    ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "out", size=32)
    want = np.asarray(Pillow.fromarray(photo).resize((32, 32), Pillow.Resampling.BICUBIC)).astype(float)
    assert min(np.abs(item[0] - want).max() for item in arrays(tmp_path / "out")["image"]) < 4


@pytest.mark.parametrize(("name", "count", "classes"), [("digits", 1797, 10), ("mnist5k", 5000, 10)])
def test_builtin_sets_are_complete(tmp_path, name, count, classes):
    made = Image(size=8).ingest_builtin(name, tmp_path / "out", Silent())
    assert made["profile"]["count"] + made["profile"]["duplicates"] == count
    assert len(made["profile"]["classes"]) == classes


@pytest.mark.parametrize(
    ("file", "count", "classes"),
    [
        ("pneumoniamnist/pneumoniamnist.npz", 5856, 2),
        ("fashion_900/fashion_900.npz", 900, 10),
        ("mnist_t10k/t10k-images-idx3-ubyte.gz", 10_000, 0),
        ("dcss_characters/dcss_characters.zip", 690, 27),
    ],
)
def test_real_sets_are_complete(tmp_path, file, count, classes):
    if not (SHARED / file).exists():
        pytest.skip(f"the shared test data ({file}) is not beside this checkout")
    profile = ingest(SHARED / file, tmp_path / "out", size=28)["profile"]
    assert profile["count"] + profile["duplicates"] == count
    assert len(profile["classes"]) == classes
