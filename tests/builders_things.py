"""Artifacts of every kind of thing that has a viewer, from small real files."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Sequence
from typing import Any

from accounts.models import Project, User
from catalog.models import ModelVersion
from catalog.store import blobs, namespace
from jobs.models import JobInput, State
from lineage.models import Artifact
from lineage.services import keep_artifacts
from models_store.canonical import digest
from tests import builders

AUDIO, MIDI, TABLE, MOL, SDF, SMILES = (
    "audio/wav", "audio/midi", "text/csv", "chemical/x-mdl-molfile", "chemical/x-mdl-sdfile",
    "chemical/x-daylight-smiles",
)  # fmt: skip
ROWS = [(20 + n % 50, "f" if n % 3 else "m", 55.5 + n % 40) for n in range(60)]
CSV = ("age,sex,weight\n" + "".join(f"{age},{sex},{weight}\n" for age, sex, weight in ROWS)).encode()


def kept(
    home: Project, owner: User, files: Sequence[tuple[str, bytes]], *, version: ModelVersion | None = None,
    **facts: Any,
) -> list[Artifact]:  # fmt: skip
    """A finished job whose artifacts are these files (media type, bytes), in store and log."""
    said: dict[str, Any] = {"state": State.SUCCEEDED, "queue": "generate.cpu", "params": {"count": len(files)}}
    made = builders.job(home, owner, "generate", **(said | facts))
    JobInput.objects.create(
        job=made, role="model", model_version=version or builders.model_version(home, owner, "things")
    )
    items = [
        {"index": index, "sha256": blobs().put(namespace(home), data), "content_sha256": digest(data),
         "seed": made.seed, "media_type": media_type, "size": len(data), "marks": {"label": {"aigc": True}}}
        for index, (media_type, data) in enumerate(files)
    ]  # fmt: skip
    return keep_artifacts(made, items, actor="worker test")


def sound(seconds: float = 0.5, rate: int = 8000) -> bytes:
    """A WAV file of 16 bits: a tone that grows."""
    count = int(seconds * rate)
    samples = (int(30000 * at / count * math.sin(at / 6)) for at in range(count))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", one) for one in samples))
    return out.getvalue()


def number(value: int) -> bytes:
    """A MIDI number of variable length."""
    out = [value & 127]
    while value := value >> 7:
        out.append(value & 127 | 128)
    return bytes(reversed(out))


def track(events: Sequence[tuple[int, bytes]]) -> bytes:
    """A MIDI track of (ticks since the event before, message)."""
    body = b"".join(number(wait) + message for wait, message in [*events, (0, b"\xff\x2f\x00")])
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi(tracks: Sequence[bytes] | None = None, division: int = 480) -> bytes:
    """A MIDI file of format 1: a scale of eight notes, a quarter each, at 120 beats a minute, unless told otherwise."""
    if tracks is None:
        scale = [(wait, message) for pitch in (60, 62, 64, 65, 67, 69, 71, 72)
                 for wait, message in ((0, bytes((0x90, pitch, 90))), (480, bytes((0x80, pitch, 0))))]  # fmt: skip
        tracks = [track([(0, b"\xff\x51\x03\x07\xa1\x20")]), track(scale)]
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division) + b"".join(tracks)


def mol(name: str = "ethanol") -> str:
    """Ethanol with coordinates, V2000."""
    atoms = ((0.0, 0.0, "C"), (1.299, 0.75, "C"), (2.598, 0.0, "O"))
    rows = [f"{x:10.4f}{y:10.4f}{0:10.4f} {element:<3} 0  0" for x, y, element in atoms]
    return "\n".join([name, "  made in a test", "", "  3  2  0  0  0  0  0  0  0  0999 V2000", *rows,
                      "  1  2  1  0", "  2  3  1  0", "M  END", ""])  # fmt: skip


def sdf(*names: str) -> str:
    """Several of them in one file."""
    return "".join(mol(name) + "$$$$\n" for name in names)


def one_of_each() -> list[tuple[str, bytes]]:
    """A file for each viewer beside pictures and texts."""
    return [
        (AUDIO, sound()), (MIDI, midi()), (TABLE, CSV), (MOL, mol().encode()), (SDF, sdf("one", "two").encode()),
        (SMILES, b"CCO\nc1ccccc1\n"), ("application/json", b"{}"),
    ]  # fmt: skip
