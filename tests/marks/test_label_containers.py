import io
import json
import struct
import wave

import numpy as np
import pytest
from PIL import Image

from models_store.errors import InvalidInput
from tests.marks.marked import authority, encoded, release_order
from workers.marks import aigc_xmp
from workers.marks.c2pa_credential import Credentials
from workers.marks.c2pa_credential import read as read_credential
from workers.marks.label_containers import aigc_of_mp3, put

RIGHTS = {"owner": "St <Mary> & sons", "licence": "CC BY 4.0", "inherited_from": ["chest v1", "knee v2"]}
FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: silence


def colours():
    return np.random.default_rng(5).integers(0, 256, (40, 33, 3), dtype=np.uint8)


def seconds(count=1):
    with io.BytesIO() as file:
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(np.arange(8001 * count, dtype="<i2").tobytes())
        return file.getvalue()


def lossless():
    with io.BytesIO() as file:
        Image.fromarray(colours()).save(file, "WEBP", lossless=True)
        return file.getvalue()


FILES = {
    "png": ("image/png", lambda: encoded(colours(), "PNG")),
    "jpeg": ("image/jpeg", lambda: encoded(colours(), "JPEG")),
    "webp": ("image/webp", lambda: encoded(colours(), "WEBP")),
    "webp lossless": ("image/webp", lossless),
    "wav": ("audio/wav", seconds),
    "mp3": ("audio/mpeg", lambda: FRAME * 40),
}
EACH = pytest.mark.parametrize(("media_type", "made"), FILES.values(), ids=FILES)


@EACH
def test_a_label_is_read_back_from_each_type(media_type, made):
    found = aigc_xmp.read(aigc_xmp.labelled(made(), media_type, release_order(""), 5))
    assert found["aigc"]["ProduceID"] == "job-7/5"
    assert found["iptc"] == (None if media_type == "audio/mpeg" else aigc_xmp.TRAINED)


@EACH
def test_there_is_one_label_in_a_file(media_type, made):
    assert aigc_xmp.labelled(made(), media_type, release_order(""), 5).count(b"ProduceID") == 1


@EACH
def test_a_label_outlives_the_credential_that_comes_after_it(media_type, made):
    ours = authority()
    order = release_order(ours.chain_pem)
    file = aigc_xmp.labelled(made(), media_type, order, 5)
    signed = Credentials(ours.chain_pem, ours.sign).attach(file, media_type, order, 5, None)
    assert read_credential(signed.data, media_type, ours.root_pem)["state"] == "Trusted"
    assert aigc_xmp.read(signed.data)["aigc"]["ProduceID"] == "job-7/5"


@pytest.mark.parametrize(("media_type", "made"), list(FILES.values())[:4], ids=list(FILES)[:4])
def test_no_pixel_changes(media_type, made):
    plain = made()
    labelled = aigc_xmp.labelled(plain, media_type, release_order(""), 5)
    assert Image.open(io.BytesIO(labelled)).tobytes() == Image.open(io.BytesIO(plain)).tobytes()


@pytest.mark.parametrize(("media_type", "made"), list(FILES.values())[:4], ids=list(FILES)[:4])
def test_another_reader_finds_the_packet(media_type, made):
    with Image.open(io.BytesIO(aigc_xmp.labelled(made(), media_type, release_order(""), 5))) as picture:
        picture.load()
        said = picture.info["xmp"]
    assert aigc_xmp.TRAINED in (said if isinstance(said, str) else said.decode())


def test_no_sample_of_a_sound_changes():
    plain = seconds()
    labelled = aigc_xmp.labelled(plain, "audio/wav", release_order(""), 5)
    with wave.open(io.BytesIO(plain)) as one, wave.open(io.BytesIO(labelled)) as other:
        assert one.readframes(99_999) == other.readframes(99_999)


def test_a_jpeg_keeps_its_header_in_front_of_the_label():
    labelled = aigc_xmp.labelled(encoded(colours(), "JPEG"), "image/jpeg", release_order(""), 5)
    assert labelled[6:10] == b"JFIF"


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp", "audio/wav", "audio/mpeg"])
def test_a_file_of_another_type_is_refused(media_type):
    with pytest.raises(InvalidInput):
        put(b"hello, I am no such file at all", media_type, "<x/>", "{}")


def test_a_type_without_a_place_is_refused():
    with pytest.raises(InvalidInput):
        put(b"a,b\n", "text/csv", "<x/>", "{}")


@pytest.mark.parametrize("cut", [4, 10, 11, 21, 22, 40])
def test_a_tag_that_is_cut_reads_as_far_as_it_goes(cut):
    labelled = aigc_xmp.labelled(FRAME, "audio/mpeg", release_order(""), 5)
    said = aigc_of_mp3(labelled[:cut])
    assert said is None or json.dumps({"Label": "1"})[:8] in said.replace(" ", "") or said == ""


def test_a_tag_of_endless_frames_ends():
    frames = b"".join(b"TXXX" + struct.pack(">I", 0) + b"\0\0" for _ in range(1000))
    assert aigc_of_mp3(b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + frames) is None


def test_whose_the_data_are_stands_in_the_packet():
    packet = aigc_xmp.packet(release_order("") | {"rights": RIGHTS}, 5)
    assert "St &lt;Mary&gt; &amp; sons; CC BY 4.0" in packet
    assert "<dc:source>chest v1; knee v2</dc:source>" in packet
    assert aigc_xmp.read(packet.encode())["aigc"]["ProduceID"] == "job-7/5"


def test_without_rights_nothing_is_said_of_them():
    assert "purl.org" not in aigc_xmp.packet(release_order(""), 5)
