"""The event file that TensorBoard opens: losses as scalars, sample grids as pictures, beside our own series.

It grows by whole records, and each checkpoint takes a copy along: whoever goes on from that checkpoint begins with the
copy, so that a training that was interrupted leaves one unbroken file in which no step stands twice.
"""

from __future__ import annotations

import math
import shutil
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c

from workers.contracts import Reporter

FILE = "tensorboard/events.out.tfevents.kilnmark"  # in the attempt folder; TensorBoard looks for "tfevents"
SAVED = "events.tfevents"  # the same in a checkpoint
FORMAT = "brain.Event:2"
MOST_GRIDS = 20  # TensorBoard shows ten of a tag, and the file is copied at each checkpoint
COLOUR_SPACES = {"L": 1, "RGB": 3, "RGBA": 4}  # as the field `colorspace` counts them


@dataclass(frozen=True)
class EventFile:
    """Appends to one file of records; `now` gives Unix seconds. Nothing of this machine goes in, nor into its name."""

    path: Path
    now: Callable[[], float] = time.time

    @classmethod
    def begin(cls, folder: Path, resume: str | Path | None = None, now: Callable[[], float] = time.time) -> EventFile:
        """The file of an attempt `folder`, fresh or as the checkpoint `resume` left it."""
        events = cls(folder / FILE, now)
        events.path.parent.mkdir(exist_ok=True)
        events.path.unlink(missing_ok=True)
        before = Path(resume) / SAVED if resume else None
        if before and before.exists():
            events.path.write_bytes(before.read_bytes())  # a new file: that of the checkpoint may not be written
        else:
            events.append(file_version=FORMAT)
        return events

    def append(self, **said: Any) -> None:
        """One event at the present time."""
        with self.path.open("ab") as file:
            file.write(record(Event(wall_time=self.now(), **said).SerializeToString()))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Figures of one step, each under its name."""
        self.append(step=step, summary=Summary(value=[Summary.Value(tag=k, simple_value=v) for k, v in values.items()]))

    def picture(self, step: int, tag: str, file: Path) -> None:
        """A PNG as it lies on disk."""
        with Image.open(file) as seen:
            (width, height), colours = seen.size, COLOUR_SPACES.get(seen.mode, 0)
        image = Summary.Image(width=width, height=height, colorspace=colours, encoded_image_string=file.read_bytes())
        self.append(step=step, summary=Summary(value=[Summary.Value(tag=tag, image=image)]))


def record(data: bytes) -> bytes:
    """The frame of one record: length (uint64), its masked CRC-32C, the bytes, theirs; all little-endian (TFRecord)."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


@dataclass(frozen=True)
class Recorded:
    """A reporter (contracts.Reporter) that also keeps what it passes on in an event file.

    Of the grids it keeps those of steps that `grids_every` divides, and that of the last step.
    """

    report: Reporter
    events: EventFile
    folder: Path
    steps: int
    grids_every: int = 1

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        """Named figures at one step."""
        self.events.scalars(step, values)
        self.report.metric(step, values)

    def sample(self, step: int, file: str, seed: str = "") -> None:
        """A preview picture."""
        if step % self.grids_every == 0 or step == self.steps:
            self.events.picture(step, "samples", self.folder / file)
        self.report.sample(step, file, seed)

    def checkpoint(self, step: int, folder: str) -> None:
        """A saved state, to which the file as it is now belongs."""
        shutil.copyfile(self.events.path, self.folder / folder / SAVED)
        self.report.checkpoint(step, folder)

    def progress(self, done: int, total: int, unit: str) -> None:
        """Passed on."""
        self.report.progress(done, total, unit)

    def artifacts(self, items: list[dict[str, Any]]) -> None:
        """Passed on."""
        self.report.artifacts(items)

    def partial(self, pieces: list[dict[str, Any]]) -> None:
        """Passed on."""
        self.report.partial(pieces)

    def facts(self, **facts: Any) -> None:
        """Passed on."""
        self.report.facts(**facts)

    def log(self, message: str, level: str = "info") -> None:
        """Passed on."""
        self.report.log(message, level)


def thinned(sample_every: int, steps: int) -> int:
    """Steps between two grids that are kept, so that there are at most MOST_GRIDS and the last one."""
    return sample_every * math.ceil(max(1, steps // sample_every) / MOST_GRIDS)
