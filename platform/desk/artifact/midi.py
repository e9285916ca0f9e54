"""Standard MIDI files as notes in seconds; a hostile one costs no more than MOST_EVENTS events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from desk.artifact.content import NotReadable

MOST_BYTES, MOST_TRACKS, MOST_EVENTS, MOST_NOTES = 262_144, 64, 60_000, 2_000
LONGEST_S, BEAT_US = 3_600.0, 500_000  # 120 beats a minute unless the file says otherwise
TWO_BYTES = (0x80, 0x90, 0xA0, 0xB0, 0xE0)
TEMPO, END = 0x51, 0x2F


@dataclass(frozen=True)
class Note:
    """One note: when it begins and how long it sounds (seconds), pitch 0 to 127 (60 is middle C), velocity 1 to 127."""

    start: float
    length: float
    pitch: int
    velocity: int
    channel: int


@dataclass(frozen=True)
class Notes:
    """What a file plays, in order; `more` where it has more notes than are shown."""

    notes: tuple[Note, ...]
    seconds: float
    more: bool


@dataclass(frozen=True)
class _Event:
    tick: int
    order: int  # a tempo before notes of the same tick, the end of a note before its next begin
    kind: str
    channel: int = 0
    pitch: int = 0
    value: int = 0


def read_notes(data: bytes) -> Notes:
    """The notes of a file of format 0 or 1. Raises NotReadable where it is none, or is broken before its first note."""
    if len(data) < 14 or data[:4] != b"MThd" or int.from_bytes(data[4:8], "big") < 6:
        raise NotReadable(expected="a standard MIDI file", got=data[:4].hex() or "nothing")
    form, division = int.from_bytes(data[8:10], "big"), int.from_bytes(data[12:14], "big")
    if form > 1 or not division:
        raise NotReadable(expected="format 0 or 1", got=form)
    events = sorted(_events(data), key=lambda one: (one.tick, one.order))
    return _timed(events, division)


def _events(data: bytes) -> Iterator[_Event]:
    place, tracks, left = 8 + int.from_bytes(data[4:8], "big"), 0, [MOST_EVENTS]
    while place + 8 <= len(data) and tracks < MOST_TRACKS:
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "big")
        if name == b"MTrk":
            tracks += 1
            yield from _track(data[place + 8 : place + 8 + size], left)
        place += 8 + size


def _track(data: bytes, left: list[int]) -> Iterator[_Event]:
    place, tick, status = 0, 0, 0
    try:
        while place < len(data) and left[0]:
            left[0] -= 1
            wait, place = _number(data, place)
            tick += wait
            if data[place] & 0x80:
                status, place = data[place], place + 1
            if status == 0xFF:
                kind, (size, place) = data[place], _number(data, place + 1)
                if kind == TEMPO and size == 3:
                    yield _Event(tick, 0, "tempo", value=int.from_bytes(data[place : place + 3], "big"))
                place += size
                if kind == END:
                    return
            elif status in (0xF0, 0xF7):
                size, place = _number(data, place)
                place += size
            elif status & 0xF0 in TWO_BYTES:
                pitch, value, place = data[place] & 127, data[place + 1] & 127, place + 2
                if status & 0xF0 in (0x80, 0x90):
                    begins = status & 0xF0 == 0x90 and value > 0
                    yield _Event(tick, 2 if begins else 1, "on" if begins else "off", status & 15, pitch, value)
            elif status >= 0xC0:
                place += 1
            else:
                return  # data without a status: nothing that follows can be read
    except IndexError:
        return  # it ends within an event; what came before stands


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number of variable length (at most four bytes), and the place after it."""
    value = 0
    for _ in range(4):
        byte = data[place]
        value, place = value << 7 | byte & 127, place + 1
        if not byte & 128:
            break
    return value, place


def _timed(events: list[_Event], division: int) -> Notes:
    """Ticks become seconds; a note that never ends lasts until the last event."""
    second_per_tick = _seconds_per_tick(division, BEAT_US)
    now, tick, open_, made = 0.0, 0, dict[tuple[int, int], tuple[float, int]](), list[Note]()
    for event in events:
        now += (event.tick - tick) * second_per_tick
        tick = event.tick
        if now > LONGEST_S:
            now = LONGEST_S
            break
        key = (event.channel, event.pitch)
        if event.kind == "tempo" and event.value:
            second_per_tick = _seconds_per_tick(division, event.value)
        elif event.kind in ("on", "off"):
            if key in open_:
                made.append(_note(key, *open_.pop(key), now))
            if event.kind == "on":
                open_[key] = (now, event.value)
    made += [_note(key, start, velocity, now) for key, (start, velocity) in open_.items()]
    made.sort(key=lambda one: (one.start, one.pitch))
    return Notes(tuple(made[:MOST_NOTES]), round(now, 3), len(made) > MOST_NOTES)


def _note(key: tuple[int, int], start: float, velocity: int, end: float) -> Note:
    return Note(round(start, 3), round(max(end - start, 0.02), 3), key[1], velocity, key[0])


def _seconds_per_tick(division: int, beat_us: int) -> float:
    """Ticks to a beat, or, with the highest bit set, ticks to a film frame."""
    if division & 0x8000:
        return 1 / ((256 - (division >> 8)) * max(1, division & 255))
    return beat_us / 1_000_000 / division
