"""Pictures and curves as letters."""

from __future__ import annotations

import base64
import io
import json
import random
import re
from collections.abc import Callable

import pytest
from kilnmark.answers.jobs import Event, Job
from kilnmark.commands import completion, says
from kilnmark.commands.says import fitting
from kilnmark.terminal import pictures
from kilnmark.terminal.curves import curves
from kilnmark.terminal.job_view import JobView
from kilnmark.terminal.png import Unshowable, decoded
from PIL import Image
from rich.console import Console

GRID = Image.effect_noise((46, 30), 90)


def png(picture: Image.Image, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", **how)
    return out.getvalue()


def printed(*drawn: object, width: int = 80, height: int = 30, **how: object) -> str:
    out = io.StringIO()
    screen = Console(file=out, width=width, height=height, highlight=False, markup=False, **how)
    for one in drawn:
        screen.print(one)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
@pytest.mark.parametrize("kind", ["noise", "ramp"])
def test_a_png_is_read_pixel_for_pixel(mode: str, kind: str) -> None:
    picture = (GRID if kind == "noise" else Image.linear_gradient("L").resize((46, 30))).convert(mode)
    expected = picture.convert("RGBA" if mode == "RGBA" else "RGB").convert("RGB").tobytes()
    found = decoded(png(picture, optimize=True))
    assert bytes(value for row in found.rows for pixel in row for value in pixel) == expected


def test_damage_and_hostile_sizes_end_in_words() -> None:
    whole, dice = png(GRID), random.Random(5)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 6))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            decoded(bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]))
        except Unshowable:
            continue
    bomb = bytearray(whole)
    bomb[16:24] = b"\x00\x00\xff\xff\x00\x00\xff\xff"
    with pytest.raises(Unshowable):
        decoded(bytes(bomb))


def test_half_blocks_keep_proportions_within_their_room() -> None:
    lines = pictures.half_blocks(png(GRID), 40, 8)
    assert len(lines) <= 8
    assert {len(line.plain) for line in lines} == {len(lines[0].plain)}
    assert len(lines[0].plain) / (2 * len(lines)) == pytest.approx(46 / 30, rel=0.1)


def test_a_letter_holds_two_pixels_the_upper_in_front() -> None:
    picture = Image.new("RGB", (1, 2))
    picture.putpixel((0, 0), (255, 0, 0))
    picture.putpixel((0, 1), (0, 0, 255))
    said = printed(*pictures.half_blocks(png(picture), 4, 4), force_terminal=True, color_system="truecolor")
    assert said.startswith("\x1b[38;2;255;0;0;48;2;0;0;255m▀")


def test_kitty_gets_the_file_in_pieces_that_join_to_it() -> None:
    data = png(GRID.resize((200, 200)))
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", pictures.kitty(data, 10, 5))
    assert base64.b64decode("".join(text for _, text in pieces)) == data
    assert [keys.endswith("m=1") for keys, _ in pieces] == [True] * (len(pieces) - 1) + [False]


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"KITTY_WINDOW_ID": "1", "TMUX": "/tmp/x"}, "blocks"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color"}, "blocks"),
    ],
)
def test_the_terminal_is_known_by_what_it_says_of_itself(environment: dict[str, str], way: str) -> None:
    assert pictures.protocol(environment) == way


def braille(series: dict[str, list[list[float]]], rows: int = 6) -> list[str]:
    return [line.plain.partition("│")[2] for line in curves(series, 60, rows)[1:-1]]


def test_a_curve_that_only_rises_never_falls_on_the_screen() -> None:
    drawn = braille({"loss": [[step, step] for step in range(50)]})
    first = [next(row for row, line in enumerate(drawn) if column < len(line) and line[column] not in " ⠀")
             for column in range(50)]  # fmt: skip
    assert first == sorted(first, reverse=True)
    assert (first[0], first[-1]) == (5, 0)


def test_what_is_no_number_leaves_a_curve_in_peace() -> None:
    assert curves({"loss": [[1, float("nan")], [2, float("inf")]]}, 60, 6) == []
    assert curves({"loss": [[1, float("nan")], [2, 1.0], [3, 2.0]]}, 60, 6)


def test_a_curve_of_one_value_is_a_level_line() -> None:
    drawn = braille({"loss": [[step, 7.0] for step in range(9)]})
    assert sum(1 for line in drawn if line.strip(" ⠀")) == 1


def view(state: str = "running") -> JobView:
    return JobView(Job(id="0" * 8, kind="train", name="a\x1b[31mb", state=state))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12), (200, 60), (24, 8)])
def test_the_view_fits_into_the_terminal(width: int, height: int) -> None:
    seen = view()
    seen.heed(Event(type="progress", data={"done": 5, "total": 10, "unit": "steps", "eta_s": 61}))
    for step in range(30):
        seen.heed(Event(type="metric", data={"step": step, "values": {"generator": step % 7, "real": 1.5}}))
    seen.show(20, png(GRID))
    said = printed(seen, width=width, height=height, force_terminal=True, color_system="truecolor")
    bare = re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines()
    assert len(bare) < height
    assert max(len(line.rstrip()) for line in bare) <= width


def test_a_name_from_afar_does_nothing_to_the_terminal() -> None:
    assert "\x1b[31m" not in printed(view(), force_terminal=True, color_system="truecolor")


def test_no_word_of_a_job_or_its_events_does_anything_to_the_terminal() -> None:
    bad = "\x1b]0;owned\x07\x9b2J"
    seen = JobView(Job(id=bad, kind=bad, name=bad, state="running"))
    seen.heed(Event(type="state", data={"state": bad, "reason": bad}))
    seen.heed(Event(type="progress", data={"done": 1, "total": 2, "unit": bad}))
    seen.heed(Event(type="metric", data={"step": 1, "values": {bad: 2.0}}))
    said = printed(seen, force_terminal=True, color_system="truecolor")
    assert not {"\x1b]", "\x07", "\x9b"} & {said[place : place + size] for place in range(len(said)) for size in (1, 2)}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("progress", {"done": "many", "total": 10}), ("progress", {"done": 1, "total": [10]}),
        ("progress", {"done": 1, "total": 10**400}), ("progress", {"done": 1, "total": 2, "eta_s": "soon"}),
        ("metric", {"values": [1]}), ("metric", {"step": "x", "values": {"loss": 1.0}}),
        ("metric", {"step": 1, "values": {"loss": 10**400}}),
    ],
)  # fmt: skip
def test_an_event_that_says_something_else_than_it_should_ends_nothing(kind: str, data: dict[str, object]) -> None:
    seen = view()
    seen.heed(Event(type=kind, data=data))
    assert "train" in printed(seen)


@pytest.mark.parametrize(
    "said", ["\x9b2J", "\x7f", "\u202e", "\ud800", "\x1b[2J", "\U000e0041", float("nan"), float("-inf")]
)
@pytest.mark.parametrize("way", [says.document, says.line])
def test_json_is_valid_and_steers_no_terminal(
    way: Callable[[object], None], said: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr("sys.stdout", out)
    way({"name": [said, "窑"]})
    out.flush()
    text = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert json.loads(text, parse_constant=pytest.fail) == {"name": [said if isinstance(said, str) else None, "窑"]}
    assert text.replace("\n", "").isprintable()


def test_names_of_values_from_afar_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    says.fields([("loss\x1b[2J\n", 1.0)])
    assert not {"\x1b", "\nowned"} & set(capsys.readouterr().out)


@pytest.mark.parametrize("word", ["$(reboot)", "a b", "`x`", "a;b", "x\ny", "\x1b[2J", "a'b", ""])
def test_the_shell_is_offered_no_word_that_it_would_obey(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KILNMARK_URL", "http://127.0.0.1:9")
    assert completion._asked(lambda client: [(word, "x"), ("digits@1", "y\x1b")], "") == [("digits@1", "y ")]


def test_without_colours_none_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    seen = view()
    seen.heed(Event(type="metric", data={"step": 1, "values": {"loss": 2.0}}))
    assert not re.search(r"\x1b\[[34]\d", printed(seen, force_terminal=True))


@pytest.mark.parametrize("room", [30, 60, 80, 120, 200])
def test_a_table_fits_and_never_cuts_an_id(room: int) -> None:
    widths = fitting([36, 8, 9, 40, 9, 90, 16, 12], room)
    assert widths[0] == 36
    assert len(widths) == 1 or sum(widths) + 2 * (len(widths) - 1) <= room
