"""The event file of a training, read back by a reader that shares nothing with what wrote it but the messages."""

from __future__ import annotations

import getpass
import itertools
import platform
import socket
import struct
from pathlib import Path

import pytest
from PIL import Image
from tensorboardX.proto.event_pb2 import Event

from tests.training import Notes, training
from workers.contracts import Stopped
from workers.engine import checkpoint
from workers.engine.tensorboard import FILE, MOST_GRIDS, SAVED, EventFile, Recorded, thinned
from workers.families.dcgan import Dcgan


def crc32c(data: bytes) -> int:
    """Castagnoli's checksum bit by bit (RFC 3720, appendix B.4), reflected polynomial 0x82F63B78."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    rest = crc32c(data)
    return struct.pack("<I", ((rest >> 15 | rest << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def read(path: Path) -> list[Event]:
    """The events of a file whose every checksum is right."""
    data, events = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        body, data = data[: 12 + length + 4], data[12 + length + 4 :]
        assert body[8:12] == masked(body[:8])
        assert body[12 + length :] == masked(body[12 : 12 + length])
        events.append(Event.FromString(body[12 : 12 + length]))
    return events


def scalars(path: Path) -> list[tuple[int, dict[str, float]]]:
    return [
        (event.step, {value.tag: value.simple_value for value in event.summary.value})
        for event in read(path)
        if event.HasField("summary") and not event.summary.value[0].HasField("image")
    ]


def begun(folder: Path, resume: Path | None = None, **said: object):
    folder.mkdir(parents=True, exist_ok=True)
    report = Recorded(Notes(), EventFile.begin(folder, resume), folder, steps=9)
    return training(Dcgan, folder, steps=9, report=report, **said)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (6, 4), "red").save(tmp_path / "grid.png")
    return tmp_path / "grid.png"


def test_the_reader_knows_the_checksum_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283


def test_a_file_begins_with_its_format(tmp_path):
    assert [event.file_version for event in read(EventFile.begin(tmp_path).path)] == ["brain.Event:2"]


def test_figures_carry_step_name_and_time(tmp_path):
    ticks = itertools.count(1000.0)
    events = EventFile.begin(tmp_path, now=lambda: next(ticks))
    events.scalars(7, {"loss": 0.5, "other": -2.0})
    event = read(events.path)[1]
    assert (event.step, event.wall_time) == (7, 1001.0)
    assert scalars(events.path) == [(7, {"loss": 0.5, "other": -2.0})]


def test_a_grid_is_the_picture_as_it_lies_on_disk(tmp_path, picture):
    events = EventFile.begin(tmp_path)
    events.picture(3, "samples", picture)
    (value,) = read(events.path)[1].summary.value
    assert (value.tag, value.image.width, value.image.height, value.image.colorspace) == ("samples", 6, 4, 3)
    assert value.image.encoded_image_string == picture.read_bytes()


def test_what_is_recorded_is_passed_on(tmp_path, picture):
    notes = Notes()
    report = Recorded(notes, EventFile.begin(tmp_path), tmp_path, steps=2)
    report.metric(1, {"loss": 1.0})
    report.sample(2, picture.name)
    report.progress(1, 2, "steps")
    report.log("a line")
    assert (notes.metrics, notes.samples) == ([(1, {"loss": 1.0})], [(2, "grid.png")])
    assert (notes.progressed, notes.lines) == ([(1, 2, "steps")], ["a line"])


def test_a_training_that_was_paused_leaves_one_unbroken_file(tmp_path):
    begun(tmp_path / "whole").run()
    wants = iter([""] * 4 + ["pause"])
    with pytest.raises(Stopped):
        begun(tmp_path / "part", wants=lambda: next(wants, "")).run()
    saved = tmp_path / "part" / "checkpoints" / "4"
    rest = begun(tmp_path / "rest", saved)
    rest.resume(*checkpoint.read(saved))
    rest.run()
    assert scalars(tmp_path / "rest" / FILE) == scalars(tmp_path / "whole" / FILE)
    assert [event.file_version for event in read(tmp_path / "rest" / FILE)].count("brain.Event:2") == 1


def test_steps_after_the_saved_state_do_not_stand_twice(tmp_path):
    begun(tmp_path / "killed", checkpoint_every=4).run()
    saved = tmp_path / "killed" / "checkpoints" / "4"
    again = begun(tmp_path / "again", saved)
    again.resume(*checkpoint.read(saved))
    again.run()
    assert [step for step, _ in scalars(tmp_path / "again" / FILE)] == list(range(1, 10))


def test_going_on_leaves_the_saved_state_as_it_was(tmp_path):
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / SAVED).write_bytes(EventFile.begin(tmp_path).path.read_bytes())
    (saved / SAVED).chmod(0o400)
    before = (saved / SAVED).read_bytes()
    EventFile.begin(tmp_path, saved).scalars(1, {"loss": 1.0})
    assert (saved / SAVED).read_bytes() == before


@pytest.mark.parametrize(("sample_every", "steps"), [(1, 19), (1, 1000), (200, 1500), (200, 100_000), (500, 10)])
def test_a_bounded_number_of_grids_is_kept(tmp_path, picture, sample_every, steps):
    report = Recorded(Notes(), EventFile.begin(tmp_path), tmp_path, steps, thinned(sample_every, steps))
    for step in sorted({*range(sample_every, steps + 1, sample_every), steps}):
        report.sample(step, picture.name)
    kept = [event.step for event in read(report.events.path)[1:]]
    assert kept[-1] == steps
    assert min(steps // sample_every, MOST_GRIDS) // 2 <= len(kept) <= MOST_GRIDS + 1


def test_nothing_of_the_machine_is_in_the_file_or_its_name(tmp_path):
    begun(tmp_path).run()
    data = (tmp_path / FILE).read_bytes() + FILE.encode()
    for private in (str(tmp_path), str(Path.home()), socket.gethostname(), getpass.getuser(), platform.release()):
        assert len(private) < 4 or private.encode() not in data
