import io
import json
import zipfile
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image

from models_store.archive import ArchiveRefused, write_archive
from models_store.errors import InvalidInput
from models_store.keys import job_mark_key
from tests.marks.marked import PlainPng, authority, decoded, digits, encoded, release_order
from workers.contracts import Attempt, Stopped
from workers.engine import suspects
from workers.engine.release import release
from workers.kinds.verify import PLUGIN
from workers.modalities.fingerprint import distance

OURS = authority()
PROJECT_KEY = b"p" * 32
JOBS = [[f"job-{number}", "p"] for number in range(200)]


@dataclass
class Silent:
    lines: list = field(default_factory=list)

    def log(self, message, level="info"):
        self.lines.append(message)


@pytest.fixture
def verify(tmp_path):
    def run(data, name="upload.bin", jobs=JOBS, keys=None, wants=""):
        (tmp_path / "upload").write_bytes(data)
        upload = {"path": str(tmp_path / "upload"), "name": name}
        order = {"inputs": {"upload": upload}, "trust": {"root_pem": OURS.root_pem}, "jobs": jobs}
        secrets = {"mark_keys": json.dumps({"p": PROJECT_KEY.hex()}) if keys is None else keys}
        return PLUGIN().run(Attempt(tmp_path, order, Silent(), lambda: wants, secrets))

    return run


def released(item, index=0, job="job-7"):
    key = job_mark_key(PROJECT_KEY, job)
    order = release_order(OURS.chain_pem, job)
    return release(item, index, order, modality=PlainPng(), mark_key=key, sign=OURS.sign)


def zipped(tmp_path, files):
    write_archive(tmp_path / "upload.zip", files)
    return (tmp_path / "upload.zip").read_bytes()


def test_an_original_is_trusted_labelled_and_found_alone(verify):
    (found,) = verify(released(digits(1, 64)[0]).data)["findings"]
    assert (found["c2pa"]["state"], found["c2pa"]["claims"]["job"]) == ("Trusted", "job-7")
    assert (found["watermark"]["job"], found["watermark"]["found"]) == ("job-7", True)
    assert found["label"]["aigc"]["Label"] == "1"
    assert (found["media_type"], found["problems"]) == ("image/png", [])


def test_a_jpeg_copy_loses_the_credential_and_keeps_the_watermark(verify):
    copy = encoded(decoded(released(digits(1, 128)[0]).data), "JPEG", quality=75)
    (found,) = verify(copy)["findings"]
    assert (found["media_type"], found["c2pa"]["state"]) == ("image/jpeg", "none")
    assert (found["watermark"]["job"], found["watermark"]["found"]) == ("job-7", True)


def test_an_original_has_the_fingerprint_of_the_release(verify):
    out = released(digits(1, 32)[0])
    assert verify(out.data)["findings"][0]["perceptual"] == out.marks["fingerprint"]


def test_a_jpeg_copy_has_nearly_the_fingerprint_of_the_release(verify):
    out = released(digits(1, 64)[0])
    (found,) = verify(encoded(decoded(out.data), "JPEG", quality=75))["findings"]
    assert distance(found["perceptual"], out.marks["fingerprint"]) <= 4


def test_a_single_small_picture_is_never_judged_by_its_watermark(verify):
    (found,) = verify(released(digits(1, 32)[0]).data)["findings"]
    assert (found["watermark"]["alone"], found["watermark"]["found"]) == (False, False)


def test_a_zip_of_small_pictures_is_judged_as_a_set(verify, tmp_path):
    files = [(f"{index}.png", released(item, index).data) for index, item in enumerate(digits(64, 32))]
    result = verify(zipped(tmp_path, files))
    assert (result["batch"]["job"], result["batch"]["found"], result["batch"]["items"]) == ("job-7", True, 64)
    assert [found["c2pa"]["claims"]["index"] for found in result["findings"]] == list(range(64))


def test_beyond_so_many_comparisons_pictures_of_a_zip_speak_only_together(verify, tmp_path, monkeypatch):
    monkeypatch.setattr(suspects, "MOST_COMPARED", 3 * len(JOBS))
    files = [(f"{index}.png", released(item, index).data) for index, item in enumerate(digits(16, 64))]
    result = verify(zipped(tmp_path, files))
    assert [bool(found["watermark"]) for found in result["findings"]] == [True] * 3 + [False] * 13
    assert (result["batch"]["job"], result["batch"]["found"], result["batch"]["items"]) == ("job-7", True, 16)


def test_a_zip_of_foreign_pictures_is_not_found(verify, tmp_path):
    files = [(f"{index}.png", encoded(item, "PNG")) for index, item in enumerate(digits(64, 32))]
    assert verify(zipped(tmp_path, files))["batch"]["found"] is False


def test_a_foreign_picture_carries_nothing(verify):
    (found,) = verify(encoded(digits(1, 128)[0], "PNG"))["findings"]
    assert (found["c2pa"]["state"], found["label"], found["watermark"]["found"]) == ("none", None, False)


def test_the_threshold_grows_with_the_jobs_tried(verify):
    data = encoded(digits(1, 64)[0], "PNG")
    few, many = (verify(data, jobs=jobs)["findings"][0]["watermark"] for jobs in (JOBS[:1], JOBS))
    assert (few["tried"], many["tried"]) == (2, 400)  # two readings each
    assert few["threshold"] < many["threshold"]


def test_jobs_of_a_project_without_a_key_are_not_tried(verify):
    assert verify(encoded(digits(1, 64)[0], "PNG"), jobs=[["job-7", "other"]])["findings"][0]["watermark"] is None


def test_the_type_comes_from_the_bytes_and_not_from_the_name(verify):
    (found,) = verify(b"just some text", name="picture.png")["findings"]
    assert (found["media_type"], found["c2pa"]["state"], found["perceptual"]) == ("text/plain", "none", None)
    assert (found["watermark"]["alone"], found["watermark"]["found"]) == (False, False)


def test_a_picture_with_an_archive_behind_it_is_a_picture_whose_credential_is_broken(verify, tmp_path):
    archive = zipped(tmp_path, [("inside.txt", b"x")])
    (found,) = verify(released(digits(1, 32)[0]).data + archive)["findings"]
    assert (found["media_type"], found["c2pa"]["state"]) == ("image/png", "Invalid")


def test_an_empty_file_is_refused(verify):
    with pytest.raises(InvalidInput) as refused:
        verify(b"")
    assert refused.value.code == "empty_upload"


def test_an_archive_without_files_is_refused(verify):
    with pytest.raises(InvalidInput) as refused:
        verify(b"PK\x05\x06" + bytes(18))
    assert refused.value.code == "empty_upload"


def test_an_archive_of_an_unknown_zip_version_is_refused(verify, tmp_path):
    data = bytearray(zipped(tmp_path, [("a.txt", b"x")]))
    data[data.index(b"PK\x01\x02") + 6] = 255
    with pytest.raises(ArchiveRefused) as refused:
        verify(bytes(data))
    assert refused.value.code == "archive_damaged"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(verify):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(60 << 20))
    with pytest.raises(ArchiveRefused) as refused:
        verify(out.getvalue())
    assert refused.value.code == "archive_size"


def test_a_picture_that_claims_a_billion_pixels_is_not_decoded(verify):
    png = bytearray(encoded(digits(1, 32)[0], "PNG"))
    png[16:24] = (40_000).to_bytes(4, "big") + (40_000).to_bytes(4, "big")
    (found,) = verify(bytes(png))["findings"]
    assert [problem["code"] for problem in found["problems"]] in (["picture_too_large"], ["unreadable_picture"])
    assert found["watermark"] is None


def test_a_real_picture_of_too_many_pixels_is_not_decoded(verify):
    out = io.BytesIO()
    Image.new("1", (16_385, 8)).save(out, "PNG")
    (found,) = verify(out.getvalue())["findings"]
    assert [problem["code"] for problem in found["problems"]] == ["picture_too_large"]


@pytest.mark.parametrize(
    "sign", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"II*\0", b"BM"]
)
def test_rubbish_behind_the_sign_of_a_picture_is_a_problem_in_its_finding(verify, sign):
    data = sign + np.random.default_rng(1).bytes(500) + b"jumb"
    (found,) = verify(data)["findings"]
    assert found["problems"][0]["code"] in ("unreadable_picture", "picture_too_large")
    assert found["c2pa"]["state"] in ("none", "Invalid")


def test_a_hostile_label_hides_nothing_else(verify):
    data = encoded(digits(1, 64)[0], "PNG") + b"<x:xmpmeta><!DOCTYPE a></x:xmpmeta>"
    (found,) = verify(data)["findings"]
    assert [problem["code"] for problem in found["problems"]] == ["unreadable_label"]
    assert found["perceptual"] is not None


def test_a_bad_file_in_a_zip_is_listed_beside_the_good_ones(verify, tmp_path):
    files = [("good.png", released(digits(1, 32)[0]).data), ("bad.png", b"\x89PNG\r\n\x1a\nno")]
    good, bad = verify(zipped(tmp_path, files))["findings"]
    assert (good["c2pa"]["state"], good["problems"]) == ("Trusted", [])
    assert bad["problems"][0]["code"] == "unreadable_picture"


def test_an_unreadable_secret_is_refused_without_showing_it(verify):
    with pytest.raises(InvalidInput) as refused:
        verify(encoded(digits(1, 32)[0], "PNG"), keys='{"p": "not hex"}')
    assert "not hex" not in json.dumps(refused.value.as_dict())


def test_a_cancelled_verification_stops(verify):
    with pytest.raises(Stopped):
        verify(encoded(digits(1, 32)[0], "PNG"), wants="cancel")
