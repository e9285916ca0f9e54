"""Bad input gets a code, the file's name, what was expected and what came; good files beside it are kept."""

import io
import stat
import struct
import zipfile

import numpy as np
import pytest

from models_store.errors import InvalidInput
from tests import builders
from tests.builders_images import Silent, gzipped, idx1, idx3, pixels, png, pngs, zip_of
from workers.modalities.image import Image
from workers.modalities.image_upload import ImageUpload
from workers.modalities.members import Limits

GOOD = pngs("1.png", "2.png", "3.png")


def ingest(source, tmp_path, **limits):
    return Image(size=16).ingest(source, tmp_path / "out", Silent(), name="mine.zip", limits=Limits(**limits))


def refused(source, tmp_path, **limits):
    with pytest.raises(InvalidInput) as caught:
        ingest(source, tmp_path, **limits)
    error = caught.value
    assert not (tmp_path / "out").exists()
    assert error.http_status == 422
    assert None not in (error.field, error.expected, error.got)
    return error


def zip_with(tmp_path, name, data=b"x", *, link=False):
    """The good files and one more entry."""
    path = zip_of(tmp_path / "a.zip", GOOD)
    info = zipfile.ZipInfo(name)
    if link:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, data)
    return path


def only_problem(made):
    assert made["profile"]["count"] == 3
    (problem,) = made["problems"]
    return problem["file"], problem["code"]


def written(tmp_path, data):
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "upload_empty"),
        (b"PK\x03\x04 this is no zip", "zip_corrupt"),
        (b"PK\x05\x06" + bytes(18), "zip_empty"),
        (b"a,b,c\n1,2,3\n", "unknown_format"),
        (b"\x7fELF\x02\x01", "unknown_format"),
        (gzipped(b"a,b,c\n1,2,3\n"), "unknown_format"),
        (idx1([1, 2, 3]), "unknown_format"),
        (png(1), "too_few_pictures"),
        (png(1)[:60], "picture_damaged"),
        (idx3(pixels(1, 5, 8, 8))[:-9], "idx_truncated"),
        (gzipped(idx3(pixels(1, 5, 8, 8)))[:-20], "idx_truncated"),
        (struct.pack(">BBBB3L", 0, 0, 8, 3, 4, 1 << 20, 1 << 20), "picture_too_large"),
        (idx3(pixels(1, 5, 8, 8))[:10], "idx_truncated"),
    ],
)
def test_an_upload_that_is_no_set_of_pictures_is_refused(tmp_path, data, code):
    error = refused(written(tmp_path, data), tmp_path)
    assert (error.code, error.field) == (code, "mine.zip")


def test_a_csv_is_shown_as_what_it_is(tmp_path):
    assert "text that begins 'a,b,c" in refused(written(tmp_path, b"a,b,c\n1,2,3\n"), tmp_path).got


def test_a_zip_cut_in_the_middle_is_refused(tmp_path):
    data = zip_of(tmp_path / "a.zip", GOOD).read_bytes()
    assert refused(written(tmp_path, data[: len(data) // 2]), tmp_path).code == "zip_corrupt"


def test_a_zip_of_folders_only_is_refused(tmp_path):
    assert refused(zip_of(tmp_path / "a.zip", {"a/": b"", "b/": b""}), tmp_path).code == "zip_empty"


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    assert refused(tmp_path / "in", tmp_path).code == "upload_empty"


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:\\evil.png", "..\\evil.png"])
def test_an_entry_that_points_outside_is_listed_and_not_read(tmp_path, name):
    assert only_problem(ingest(zip_with(tmp_path, name, png(9)), tmp_path))[1] == "unsafe_name"


def test_a_zip_of_outside_entries_alone_is_refused_by_that_name(tmp_path):
    error = refused(zip_of(tmp_path / "a.zip", {"../evil.png": png(1)}), tmp_path)
    assert (error.code, error.field) == ("unsafe_name", "../evil.png")


def test_a_symbolic_link_is_listed(tmp_path):
    made = ingest(zip_with(tmp_path, "link.png", b"/etc/passwd", link=True), tmp_path)
    assert only_problem(made) == ("link.png", "symlink")


def test_an_encrypted_entry_is_listed(tmp_path):
    path = zip_with(tmp_path, "secret.png", png(9))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    assert only_problem(ingest(written(tmp_path, bytes(data)), tmp_path)) == ("secret.png", "encrypted")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("notes.png", b"this is text", "not_a_picture"),
        ("empty.png", b"", "not_a_picture"),
        ("half.png", png(9)[:80], "picture_damaged"),
        ("inner.zip", b"PK\x03\x04 something", "nested_archive"),
        ("inner.7z", b"7z\xbc\xaf\x27\x1c", "nested_archive"),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        ("labels-idx1-ubyte", idx1([1, 2, 3]), "labels_alone"),
    ],
)
def test_a_bad_file_is_listed_beside_good_ones(tmp_path, name, data, code):
    assert only_problem(ingest(zip_with(tmp_path, name, data), tmp_path)) == (name, code)


def test_a_flipped_bit_inside_the_zip_is_listed(tmp_path):
    path = zip_with(tmp_path, "last.png", png(9))
    data = bytearray(path.read_bytes())
    data[data.rfind(b"IDAT") + 20] ^= 1
    assert only_problem(ingest(written(tmp_path, bytes(data)), tmp_path)) == ("last.png", "file_damaged")


def test_what_desktop_systems_leave_behind_is_passed_over(tmp_path):
    made = ingest(zip_with(tmp_path, "__MACOSX/good/._1.png", b"junk"), tmp_path)
    assert made["problems"] == []


def test_an_entry_that_unpacks_to_far_more_is_listed_unread(tmp_path):
    path = zip_of(tmp_path / "a.zip", GOOD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(4 << 20))
    assert only_problem(ingest(path, tmp_path)) == ("bomb.png", "zip_bomb")


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"{i}.bmp": bytes(1 << 20) for i in range(80)}, packed=True)
    error = refused(path, tmp_path)
    assert (error.code, error.field) == ("zip_bomb", "mine.zip")


def test_too_much_in_total_is_refused(tmp_path):
    assert refused(zip_of(tmp_path / "a.zip", GOOD), tmp_path, total_bytes=100).code == "zip_bomb"


@pytest.mark.parametrize("entries", [2, 1])
def test_too_many_entries_are_refused(tmp_path, entries):
    assert refused(zip_of(tmp_path / "a.zip", GOOD), tmp_path, entries=entries).code == "too_many_files"


def test_a_huge_directory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = zip_of(tmp_path / "a.zip", {f"{i:0200d}.png": b"x" for i in range(50)})
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the directory was read"))
    assert refused(path, tmp_path, entries=60).code == "too_many_files"


def test_a_picture_of_too_many_pixels_is_listed(tmp_path):
    made = ingest(zip_with(tmp_path, "big.png", png(9, (300, 300))), tmp_path, pixels=50_000)
    assert only_problem(made) == ("big.png", "picture_too_large")


def test_a_picture_file_of_too_many_bytes_is_listed(tmp_path):
    made = ingest(zip_with(tmp_path, "big.png", png(9, (300, 300))), tmp_path, picture_bytes=20_000)
    assert only_problem(made) == ("big.png", "file_too_large")


def test_more_than_fits_in_memory_is_refused(tmp_path):
    error = refused(zip_of(tmp_path / "a.zip", GOOD), tmp_path, stored_bytes=600)
    assert (error.code, error.field) == ("dataset_too_large", "size")


def test_copies_of_one_picture_are_one_picture(tmp_path):
    assert refused(zip_of(tmp_path / "a.zip", {"a.png": png(1), "b.png": png(1)}), tmp_path).code == "too_few_pictures"


def test_copies_of_one_shade_are_said_to_show_nothing(tmp_path):
    error = refused(zip_of(tmp_path / "a.zip", {f"{name}.png": builders.png() for name in "abc"}), tmp_path)
    assert (error.code, error.got) == ("constant_pictures", "3 pictures of one shade")


def test_bad_files_of_different_kinds_are_summed_up(tmp_path):
    error = refused(zip_of(tmp_path / "a.zip", {"a.png": b"text", "b.zip": b"PK\x03\x04"}), tmp_path)
    assert error.code == "no_usable_pictures"
    assert [problem["code"] for problem in error.as_dict()["problems"]] == ["not_a_picture", "nested_archive"]


def npz(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return tmp_path / "a.npz"


def test_arrays_of_objects_are_never_unpickled(tmp_path):
    error = refused(npz(tmp_path, images=np.array([{"a": 1}, None], dtype=object)), tmp_path)
    assert (error.code, error.field) == ("object_array", "images.npy")


def test_an_array_of_objects_beside_pictures_is_listed(tmp_path):
    made = ingest(npz(tmp_path, images=pixels(1, 3, 8, 8), extra=np.array([None], dtype=object)), tmp_path)
    assert only_problem(made) == ("extra.npy", "object_array")


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"weights": np.zeros((10, 784))}, "unknown_array"),
        ({"images": np.full((4, 8, 8), np.nan)}, "pixel_range"),
        ({"images": np.full((4, 8, 8), -300)}, "pixel_range"),
        ({"images": np.zeros((4, 8, 8), complex)}, "pixel_range"),
        ({"images": np.zeros((0, 8, 8), np.uint8)}, "no_usable_pictures"),
        ({"images": np.zeros((4, 0, 8), np.uint8)}, "picture_too_large"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(tmp_path, arrays, code):
    assert refused(npz(tmp_path, **arrays), tmp_path).code == code


@pytest.mark.parametrize("labels", [np.zeros((3, 14), int), np.zeros(5, int), np.zeros(3)])
def test_labels_that_do_not_fit_are_listed_and_left_out(tmp_path, labels):
    made = ingest(npz(tmp_path, images=pixels(1, 3, 8, 8), labels=labels), tmp_path)
    assert only_problem(made) == ("labels.npy", "labels_unusable")
    assert made["profile"]["classes"] == []


def test_a_header_that_promises_more_than_there_is_is_listed(tmp_path):
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 8, 8)})
    error = refused(zip_of(tmp_path / "a.npz", {"images.npy": out.getvalue()}), tmp_path)
    assert (error.code, error.field) == ("file_damaged", "images.npy")


def test_numbers_too_wide_for_the_room_of_one_picture_are_refused_before_any_is_read(tmp_path):
    arrays = {"images": np.zeros((3, 64, 64))}
    upload = ImageUpload(npz(tmp_path, **arrays), "a.npz", 8, Limits(picture_bytes=64 * 64 * 8 - 1))
    (problem,) = list(upload)
    assert (problem.code, problem.got) == ("picture_too_large", "32,768 bytes of float64 a picture")


NO_HEADERS = ("[" * 5000, "{'descr': '|u1', ", "(" * 99, "  {\n {", "{1: 2}", "'x'", "{'descr': [[]]}")


@pytest.mark.parametrize("header", NO_HEADERS)
def test_a_header_that_is_no_header_is_listed(tmp_path, header):
    said = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header.encode() + b"\n"
    error = refused(zip_of(tmp_path / "a.npz", {"images.npy": said}), tmp_path)
    assert (error.code, error.field) == ("file_damaged", "images.npy")


def test_too_many_classes_are_no_classes(tmp_path):
    labels = np.arange(1100)
    made = Image(size=8).ingest(npz(tmp_path, x=pixels(1, 1100, 8, 8), y=labels), tmp_path / "out", Silent())
    assert [problem["code"] for problem in made["problems"]] == ["too_many_classes"]
    assert made["profile"]["classes"] == []
