import io

import pytest
from PIL import Image

from tests.marks.marked import digits, encoded, release_order
from workers.marks import aigc_xmp
from workers.marks.aigc_xmp import LARGEST_PACKET_BYTES, TRAINED, UnreadableLabel, read


def labelled(**changed):
    return aigc_xmp.labelled(encoded(digits(1, 32)[0], "PNG"), "image/png", release_order("") | changed, 5)


def xmp(inside):
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + inside + b"</x:xmpmeta>"


def test_a_label_is_read_as_it_was_written():
    found = read(labelled())
    assert found["iptc"] == TRAINED
    assert (found["aigc"]["Label"], found["aigc"]["ProduceID"]) == ("1", "job-7/5")


def test_a_producer_with_markup_in_its_name_is_read_as_it_was_written():
    name = 'A & B <"窑">'
    assert read(labelled(producer=name))["aigc"]["ContentProducer"] == name


def test_other_readers_find_the_packet_in_the_png():
    with Image.open(io.BytesIO(labelled())) as picture:
        picture.load()
        assert TRAINED in picture.info["xmp"].decode()


def test_a_label_changes_no_pixel():
    plain = Image.open(io.BytesIO(encoded(digits(1, 32)[0], "PNG")))
    assert Image.open(io.BytesIO(labelled())).tobytes() == plain.tobytes()


def test_a_file_without_xmp_has_no_label():
    assert read(encoded(digits(1, 32)[0], "PNG")) is None


@pytest.mark.parametrize(
    "hostile",
    [
        xmp(b"<a>" * 10),
        xmp(b"<a b=&lol;/>"),
        xmp(b"<!DOCTYPE x [<!ENTITY a 'aa'>]><a>&a;</a>"),
        xmp(b" " * LARGEST_PACKET_BYTES),
        b"<x:xmpmeta",
    ],
    ids=["unclosed", "unknown entity", "doctype", "too large", "no end"],
)
def test_a_hostile_packet_is_refused(hostile):
    with pytest.raises(UnreadableLabel):
        read(hostile)


@pytest.mark.parametrize("said", [b"[1]", b"{", b"[" * 9_000, b"7"])
def test_aigc_that_is_no_json_object_reads_as_none(said):
    inside = b"<TC260:AIGC xmlns:TC260='http://www.tc260.org.cn/ns/AIGC/1.0/'>" + said + b"</TC260:AIGC>"
    assert read(xmp(inside))["aigc"] is None
