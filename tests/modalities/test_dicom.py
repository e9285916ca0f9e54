"""DICOM files: display values as their header says, nothing of the header kept, and what is refused."""

from __future__ import annotations

import io
import json
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image as Pillow
from pydicom import Dataset, dcmread, encaps
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import apply_voi_lut

from tests.builders_dicom import RLE, bytes_of, dicom, dicom_dataset
from tests.builders_images import Silent, png, zip_of
from workers.modalities import dicom as dicom_files
from workers.modalities.depth import Depth
from workers.modalities.dicom import dicom_pictures, unpacked_bytes, windowed
from workers.modalities.dicom_header import Headers
from workers.modalities.image import Image
from workers.modalities.members import BadFile, Limits

RAMP = np.linspace(0, 4095, 16 * 16).astype(np.uint16).reshape(16, 16)
PEOPLE = {"PatientName": "Doe^Jane", "PatientID": "A17", "InstitutionName": "St. Elsewhere", "StudyDate": "20240102"}


def read(data, depth=None, headers=None):
    """All pictures of a file as arrays."""
    found = dicom_pictures(data, "a.dcm", None, Limits(), depth or Depth(), headers or Headers())
    return [np.asarray(picture.image) for picture in found]


def refused(data):
    with pytest.raises(BadFile) as caught:
        read(data)
    return caught.value


def bring(tmp_path, files, **params):
    return Image(size=16, **params).ingest(zip_of(tmp_path / "a.zip", files), tmp_path / "out", Silent(), name="a.zip")


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_window_is_applied_as_the_reference_reader_applies_it(function):
    said = {"WindowCenter": 1800, "WindowWidth": 1500, "VOILUTFunction": function}
    made = dicom_dataset(RAMP, **said)
    expected = apply_voi_lut(RAMP, made) / 65_535 * 255
    assert np.abs(read(bytes_of(made))[0] - expected).max() <= 0.5 + 1e-9


def test_a_window_of_one_is_a_threshold():
    assert set(np.unique(windowed(RAMP.astype(float), 2000, 1))) == {0, 255}


def test_values_are_rescaled_before_the_window():
    plain = read(dicom(RAMP, WindowCenter=1000, WindowWidth=800))[0]
    scaled = read(dicom(RAMP, WindowCenter=976, WindowWidth=1600, RescaleSlope=2, RescaleIntercept=-1024))[0]
    assert np.abs(plain.astype(int) - scaled).max() <= 1  # the half of a step in the LINEAR formula


def test_without_a_window_lowest_is_black_and_highest_white_and_padding_does_not_count():
    padded = RAMP + np.uint16(500)
    padded[0, 0] = 0
    pixels = read(dicom(padded, PixelPaddingValue=0))[0]
    assert (pixels[0, 1], pixels[-1, -1], pixels[0, 0]) == (0, 255, 0)


def test_monochrome1_is_the_negative():
    said = {"WindowCenter": 2000, "WindowWidth": 3000}
    dark = dicom_dataset(RAMP, **said, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(read(bytes_of(dark))[0], 255 - read(dicom(RAMP, **said))[0])


def test_signed_values_and_unused_bits_are_read_as_they_are_meant():
    signed = (RAMP.astype(np.int16) - 2048) & 0x0FFF  # twelve bits in two's complement
    twelve = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}
    made = dicom(signed.astype(np.uint16) | np.uint16(0xA000), **twelve)  # an overlay of old in the bits above
    assert np.array_equal(read(made)[0], read(dicom(RAMP))[0])


@pytest.mark.parametrize("syntax", [None, RLE])
def test_every_frame_is_a_picture(syntax):
    frames = np.stack([RAMP >> 4, RAMP[::-1] >> 4, RAMP.T >> 4]).astype(np.uint8)
    data = dicom(frames, frames=3, **({"syntax": syntax} if syntax else {}))
    found = list(dicom_pictures(data, "a.dcm", "x", Limits(), Depth(), Headers()))
    assert [picture.file for picture in found] == ["a.dcm[0]", "a.dcm[1]", "a.dcm[2]"]
    assert np.array_equal(np.stack([np.asarray(picture.image) for picture in found]), frames)


def test_packed_frames_that_no_table_lists_are_found_in_one_walk(monkeypatch):
    frames = np.stack([RAMP >> 4] * 5).astype(np.uint8)
    made = dicom_dataset(frames, frames=5, syntax=RLE)
    made.PixelData = encapsulate(list(generate_frames(made.PixelData, number_of_frames=5)), has_bot=False)
    walks, walk = [], encaps.generate_fragments
    monkeypatch.setattr(encaps, "generate_fragments", lambda *said, **more: walks.append(1) or walk(*said, **more))
    assert len(read(bytes_of(made))) == 5
    assert len(walks) <= 2


def test_an_rle_frame_that_swells_is_refused_before_it_is_unpacked(monkeypatch):
    made = dicom_dataset(RAMP.astype(np.uint8), syntax=RLE)
    ((frame),) = generate_frames(made.PixelData, number_of_frames=1)
    assert unpacked_bytes(frame, 1000) == RAMP.size
    made.PixelData = encapsulate([frame[:64] + b"\x81\x07" * 500])  # 64,000 bytes of the value 7
    monkeypatch.setattr(dicom_files, "WATCHED_BYTES", 1 << 12)
    unpacked = []
    monkeypatch.setattr("pydicom.pixels.decoders.rle._rle_decode_frame", lambda *said: unpacked.append(said))
    assert refused(bytes_of(made)).problem.code == "dicom_damaged"
    assert not unpacked


def test_a_window_of_each_frame_is_its_own():
    frames = np.stack([RAMP, RAMP])
    made = dicom_dataset(frames, frames=2)
    each = []
    for centre in (1000, 3000):
        window, groups = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = centre, 800
        groups.FrameVOILUTSequence = [window]
        each.append(groups)
    made.PerFrameFunctionalGroupsSequence = each
    low, high = read(bytes_of(made))
    assert np.array_equal(low, read(dicom(RAMP, WindowCenter=1000, WindowWidth=800))[0])
    assert np.array_equal(high, read(dicom(RAMP, WindowCenter=3000, WindowWidth=800))[0])


def test_colour_stays_as_it_is():
    colour = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert np.array_equal(read(dicom(colour))[0], colour)


def test_a_recorded_window_goes_before_that_of_the_file():
    data = dicom(RAMP, WindowCenter=1000, WindowWidth=10, RescaleSlope=1, RescaleIntercept=-1024)
    pixels = read(data, Depth("window", -500, 1500))[0].astype(float)
    expected = np.clip((RAMP - 1024.0 + 500) / 2000, 0, 1) * 255
    assert np.abs(pixels - expected).max() <= 0.5 + 1e-9


def test_nothing_of_the_header_is_kept_and_the_names_of_its_tags_are_counted(tmp_path):
    files = {f"{index}.dcm": dicom(np.roll(RAMP, index), **PEOPLE) for index in range(3)}
    made = bring(tmp_path, files)
    told = made["profile"]["dicom"]
    assert told["files"] == told["burnt_in_unsaid"] == 3
    assert {name: told["identity"][name] for name in PEOPLE} == dict.fromkeys(PEOPLE, 3)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".zip")
    kept += json.dumps(made).encode()
    assert not [value for value in PEOPLE.values() if value.encode() in kept]


def test_other_people_in_the_header_give_the_same_address(tmp_path):
    addresses = set()
    for name in ("Doe^Jane", "Roe^Richard"):
        files = {f"{index}.dcm": dicom(np.roll(RAMP, index), PatientName=name) for index in range(3)}
        addresses.add(bring(tmp_path, files)["sha256"])
    assert len(addresses) == 1


def test_writing_in_the_picture_is_refused_and_not_shown(tmp_path):
    files = {f"{index}.dcm": dicom(np.roll(RAMP, index)) for index in range(2)}
    made = bring(tmp_path, {**files, "burnt.dcm": dicom(RAMP.T.copy(), BurnedInAnnotation="YES")})
    problem = made["problems"][0]
    assert (problem["file"], problem["code"], made["profile"]["count"]) == ("burnt.dcm", "burnt_in_annotation", 2)
    assert "picture" not in problem


def test_an_overlay_is_not_drawn_and_is_counted():
    made, headers = dicom_dataset(RAMP), Headers()
    made.add_new((0x6000, 0x3000), "OW", bytes([255] * 32))
    assert np.array_equal(read(bytes_of(made), headers=headers)[0], read(dicom(RAMP))[0])
    assert headers.as_dict()["overlays"] == 1


def test_a_codec_that_is_not_here_is_named():
    made = dicom_dataset(RAMP)
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.70"
    bad = refused(bytes_of_as_it_is(made))
    assert bad.code == "dicom_codec"
    assert "JPEG Lossless" in str(bad.got)


def test_a_deflated_header_is_never_inflated():
    made = dicom_dataset(RAMP)
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    whole = bytes_of_as_it_is(made)
    assert refused(whole[:400] + zlib.compress(bytes(1 << 20))).code == "dicom_codec"


def bytes_of_as_it_is(made):
    """The file with the transfer syntax that it claims, its pixels left as they are."""
    claimed, out = made.file_meta.TransferSyntaxUID, io.BytesIO()
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    made.save_as(out, enforce_file_format=True)
    padded = claimed.encode() + b"\0" * (len(claimed) % 2)
    old = b"1.2.840.10008.1.2.1\0"
    data = out.getvalue().replace(
        b"UI" + len(old).to_bytes(2, "little") + old, b"UI" + len(padded).to_bytes(2, "little") + padded, 1
    )
    grown = int.from_bytes(data[140:144], "little") + len(padded) - len(old)  # length of group 2
    return data[:140] + grown.to_bytes(4, "little") + data[144:]


@pytest.mark.parametrize("cut", [130, 200, 400, 700])
def test_a_cut_file_is_a_problem_and_no_crash(cut):
    assert refused(dicom(RAMP, **PEOPLE)[:cut]).code in ("dicom_damaged", "dicom_without_picture")


def test_noise_in_the_header_is_at_most_a_problem_and_nothing_of_it_is_logged(caplog):
    rng, whole = np.random.default_rng(1), dicom(RAMP, **PEOPLE)
    for _ in range(60):
        data = bytearray(whole)
        for place in rng.integers(132, 700, 8):
            data[place] = int(rng.integers(256))
        with suppress(BadFile):
            read(bytes(data))
    assert not caplog.text


def test_more_pixels_than_allowed_are_refused_before_they_are_read():
    assert refused(dicom(RAMP, Rows=65_000, Columns=65_000)).code == "picture_too_large"


def test_a_report_without_pixels_is_told_apart():
    made = dicom_dataset(RAMP)
    del made.PixelData
    assert refused(bytes_of(made)).code == "dicom_without_picture"


def test_dicom_and_other_pictures_go_together_whatever_they_are_called(tmp_path):
    files = {"scan": dicom(RAMP), "scan2.png": dicom(RAMP.T.copy()), "other.dcm": png(7, (16, 16))}
    made = bring(tmp_path, files)
    assert made["profile"]["formats"] == {"DICOM": 2, "PNG": 1}


def test_a_single_file_of_many_frames_is_an_upload(tmp_path):
    frames = np.stack([np.roll(RAMP, index * 7) for index in range(6)])
    (tmp_path / "cine.dcm").write_bytes(dicom(frames, frames=6))
    made = Image(size=16).ingest(tmp_path / "cine.dcm", tmp_path / "out", Silent(), name="cine.dcm")
    assert made["profile"]["count"] == 6


def test_the_builder_writes_what_the_reference_reader_reads():
    assert np.array_equal(dcmread(io.BytesIO(dicom(RAMP))).pixel_array, RAMP)
    assert Pillow.fromarray(read(dicom(RAMP))[0]).mode == "L"
