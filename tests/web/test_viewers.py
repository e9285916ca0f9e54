"""Viewers of each kind of thing: what they show of real files, and that hostile ones cost little and break nothing."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from catalog.models import DatasetVersion
from desk.artifact import midi as midi_files
from desk.artifact.columns import columns_of, read_table
from desk.artifact.content import NotReadable
from desk.artifact.midi import read_notes
from desk.artifact.molecules import MOST_ATOMS, read_molecules
from desk.artifact.shown.audio import bars
from desk.artifact.shown.picture import size_px
from desk.artifact.viewer import viewer_of, viewers
from lineage.models import Artifact
from tests import builders
from tests.builders_things import (
    AUDIO,
    MIDI,
    MOL,
    SDF,
    SMILES,
    TABLE,
    kept,
    midi,
    mol,
    number,
    one_of_each,
    sdf,
    sound,
    track,
)

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
NOISE = bytes(range(256)) * 40
HOSTILE = {
    "nothing but zeros": b"\0" * 5000,
    "noise": NOISE,
    "markup": b'<script>alert(1)</script>,"<img src=x onerror=alert(1)>\n' * 9,
    "one quote": b'"' + b"a," * 9000,
}


def page(browser: Client, artifact: Artifact) -> str:
    answer = browser.get(f"/lineage/artifact/{artifact.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("media_type", [AUDIO, MIDI, TABLE, MOL, SDF, SMILES, "image/png", "text/plain"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_of_each_kind_is_shown_as_text_or_not_at_all(
    name: str, media_type: str, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    browser, (one,) = browser_of(submitter), kept(project, submitter, [(media_type, HOSTILE[name])])
    for html in (page(browser, one), browser.get("/lineage/artifact/").content.decode()):
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "AI-generated" in html


def test_each_kind_of_thing_has_its_viewer_and_the_rest_one_for_all() -> None:
    assert [one.name for one in viewers()] == ["audio", "molecule", "notes", "picture", "table", "text", "other"]
    assert viewer_of("audio/midi").name == "notes"
    assert viewer_of("application/zip").name == "other"


def test_no_media_type_belongs_to_two_viewers() -> None:
    known = [media_type for one in viewers() for media_type in one.media_types]
    assert len(known) == len(set(known))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_kind_is_shown_on_its_page_and_in_the_gallery(
    language: str, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    browser, made = browser_of(submitter, language), kept(project, submitter, one_of_each())
    tiles = browser.get("/lineage/artifact/").content.decode()
    said = {AUDIO: "data-waveform", MIDI: "data-pianoroll", TABLE: "km-spreads", MOL: "km-molecules",
            SDF: "km-molecules", SMILES: "c1ccccc1", "application/json": "km-empty"}  # fmt: skip
    for one in made:
        assert said[one.media_type] in page(browser, one)
    assert tiles.count("km-mini") == 2
    assert tiles.count('class="km-molecule"') == 2
    assert "<span>weight</span>" in tiles


def test_notes_are_read_with_their_times_and_lengths() -> None:
    found = read_notes(midi())
    assert [note.pitch for note in found.notes] == [60, 62, 64, 65, 67, 69, 71, 72]
    assert [note.start for note in found.notes] == [0.5 * at for at in range(8)]
    assert {note.length for note in found.notes} == {0.5}
    assert found.seconds == 4.0


def test_a_tempo_changes_what_comes_after_it() -> None:
    slower = (480, b"\xff\x51\x03\x0f\x42\x40")
    notes = [(0, b"\x90\x3c\x50"), (480, b"\x80\x3c\x00"), (0, b"\x90\x3e\x50"), (480, b"\x80\x3e\x00")]
    found = read_notes(midi([track([slower]), track(notes)]))
    assert [(note.start, note.length) for note in found.notes] == [(0.0, 0.5), (0.5, 1.0)]


def test_running_status_and_a_note_that_begins_with_velocity_nought_end_notes() -> None:
    found = read_notes(midi([track([(0, b"\x90\x3c\x50"), (480, b"\x3c\x00")])]))
    assert [(note.start, note.length) for note in found.notes] == [(0.0, 0.5)]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"MThd", b"MThd" + struct.pack(">IHHH", 6, 2, 1, 480), b"MThd" + struct.pack(">IHHH", 6, 1, 1, 0),
        b"RIFF" + NOISE,
    ],
)  # fmt: skip
def test_what_is_no_midi_file_is_refused(data: bytes) -> None:
    with pytest.raises(NotReadable):
        read_notes(data)


@pytest.mark.parametrize(
    "tracks",
    [
        [b"MTrk" + struct.pack(">I", 2**32 - 1) + b"\x00\x90\x3c\x50"],
        [track([(0, b"\xff\x58" + number(2**28 - 1))])],
        [track([(2**28 - 1, b"\x90\x3c\x50")] * 40)],
        [track([(0, b"\x90\x3c\x50")] * 4000)] * 70,
        [b"MTrk" + struct.pack(">I", 0)] * 500,
        [b"MTrk" + struct.pack(">I", 5) + b"\xff\xff\xff\xff\xff"],
    ],
)
def test_a_hostile_midi_file_costs_a_bounded_number_of_events(tracks: list[bytes]) -> None:
    found = read_notes(midi(tracks))
    assert len(found.notes) <= midi_files.MOST_NOTES
    assert found.seconds <= midi_files.LONGEST_S


def test_the_notes_that_are_played_are_those_that_are_drawn(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    (one,) = kept(project, submitter, [(MIDI, midi())])
    html = page(browser_of(submitter), one)
    played = json.loads(re.search(r'id="played-notes" type="application/json">(.*?)</script>', html)[1])
    assert [note[2] for note in played] == [60, 62, 64, 65, 67, 69, 71, 72]
    assert html.count("<rect") == 8


def test_a_sound_grows_on_its_tile_as_it_does_in_the_file() -> None:
    found = bars(sound())
    assert len(found) == 40
    assert found[0] < found[20] < found[-1]


@pytest.mark.parametrize("data", [b"", b"RIFF", sound()[:40], sound().replace(b"fmt ", b"FMT "), NOISE])
def test_what_is_no_wav_file_is_refused(data: bytes) -> None:
    with pytest.raises(NotReadable):
        bars(data)


def test_a_table_shows_its_distributions_beside_those_of_the_data(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    data = builders.dataset_version(project, submitter)
    real = [{"name": "age", "histogram": {"edges": [20, 45, 70], "counts": [10, 30]}},
            {"name": "sex", "values": {"f": 1, "x": 3}}]  # fmt: skip
    DatasetVersion.objects.filter(pk=data.pk).update(profile={"columns": real})
    version = builders.model_version(project, submitter, "rows", dataset_version=data)
    (one,) = kept(project, submitter, [(TABLE, b"age,sex\n21,f\n22,f\n50,m\n,f\n")], version=version)
    age, sex = browser_of(submitter).get(f"/lineage/artifact/{one.pk}/change/").context["said"]["columns"]
    assert [(round(step.made, 1), step.real) for step in age.steps] == [(66.7, 25.0), (33.3, 75.0)]
    assert age.empty == 1
    assert {step.label: (step.made, step.real) for step in sex.steps} == {
        "f": (75.0, 25.0), "m": (25.0, 0.0), "x": (0.0, 75.0)
    }  # fmt: skip


@pytest.mark.parametrize(
    "real",
    [
        {"histogram": {"edges": [1], "counts": []}}, {"histogram": {"edges": ["a", "b"], "counts": [1]}},
        {"histogram": {"edges": [3, 2], "counts": [1]}}, {"histogram": [1]}, {"values": [1]}, {"values": {"a": "b"}},
    ],
)  # fmt: skip
def test_a_profile_that_is_not_as_expected_is_left_out(real: dict[str, object]) -> None:
    (column,) = columns_of(read_table(b"a\n1\n2\n", is_whole=True), [{"name": "a", **real}])
    assert not column.is_compared


def test_a_table_is_bounded_in_rows_columns_and_cells() -> None:
    wide = ",".join("c" * 200 for _ in range(5000)).encode() + b"\n"
    table = read_table(wide * 3 + b"x\n" * 9000, is_whole=True)
    assert (len(table.names), len(table.names[0])) == (40, 80)
    assert len(table.rows) <= 5000
    assert table.more


def test_a_molecule_is_drawn_at_its_coordinates() -> None:
    ((one,), more) = read_molecules(mol())
    assert (one.name, one.formula, len(one.lines), more) == ("ethanol", "C2 O", 2, False)
    assert [atom.element for atom in one.atoms if atom.written] == ["O"]


@pytest.mark.parametrize(
    "text",
    [
        "", "a\nb\nc\n", "a\nb\nc\n  3  2 V3000\n",
        mol().replace("1.2990", "   nan"), mol().replace("1.2990", "   1e9"),
        mol().replace("  3  2  0", f"{MOST_ATOMS + 1:3}  2  0"), mol().replace("  3  2  0", " -1  2  0"),
        mol().replace("  2  3  1  0", "  2  9  1  0"), mol().replace(" O ", "<b>"), mol()[:150],
    ],
)  # fmt: skip
def test_what_is_no_molecule_is_refused(text: str) -> None:
    with pytest.raises(NotReadable):
        read_molecules(text)


def test_of_a_file_of_molecules_those_before_a_broken_one_are_drawn() -> None:
    found, more = read_molecules(sdf("one", "two") + "broken\n$$$$\n" + sdf("four"))
    assert ([one.name for one in found], more) == (["one", "two"], True)


def test_a_picture_says_its_size_and_nothing_else_does() -> None:
    assert size_px(builders.png()) == (32, 32)
    assert size_px(b"GIF89a" + b"\0" * 40) is None
    assert size_px(builders.png()[:20]) is None
