"""How a text is broken into the lines of its card."""

from __future__ import annotations

from PIL import ImageFont

from workers.modalities.text_sheet import lines

FONT = ImageFont.load_default(12)


def test_no_line_begins_with_the_space_at_which_the_text_was_broken():
    told = lines("to be or not to be that is the question " * 4, FONT, 120)
    assert len(told) > 3
    assert not [line for line in told if line.startswith(" ")]


def test_the_space_at_the_beginning_of_a_line_of_the_text_stays():
    assert lines("one\n two", FONT, 120) == ["one", " two"]
