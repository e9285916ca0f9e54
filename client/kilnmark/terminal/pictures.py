"""A picture in the terminal: by kitty's or iTerm2's graphics protocol where there is one, else in half blocks.

A half block is one letter that holds two pixels, the upper in its own colour and the lower in that behind it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from kilnmark.terminal.png import Colour, Picture, decoded, size_px

UPPER_HALF = "▀"
CHUNK = 4096  # characters of one escape sequence of kitty
LETTER_PX = 10, 20  # about how large a letter is


def protocol(environment: Mapping[str, str]) -> str:
    """`kitty`, `iterm2` or `blocks`, by what the terminal says of itself; inside tmux and screen only letters pass."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("TMUX") or environment.get("STY") or term.startswith(("tmux", "screen")):
        return "blocks"
    if environment.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm", "mintty") or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    return "blocks"


class Drawn:
    """A picture as control sequences of a graphics protocol, for `print` of rich; it takes `rows` lines."""

    def __init__(self, data: bytes, way: str, columns: int, rows: int) -> None:
        width, height = size_px(data)
        across = min(columns, max(1, width * 3 // LETTER_PX[0]))
        self.rows = max(1, min(rows, round(across * height / width * LETTER_PX[0] / LETTER_PX[1])))
        self.columns = max(1, min(across, round(self.rows * width / height * LETTER_PX[1] / LETTER_PX[0])))
        self.sequence = (kitty if way == "kitty" else iterm2)(data, self.columns, self.rows)

    def __rich_console__(self, console: object, options: object):  # type: ignore[no-untyped-def]
        """One piece that counts as no letters."""
        yield Segment(self.sequence + "\n", None, [])


def kitty(data: bytes, columns: int, rows: int) -> str:
    """Show a PNG at the cursor: the terminal graphics protocol, in pieces of 4096 letters."""
    text = base64.standard_b64encode(data).decode()
    pieces = [text[place : place + CHUNK] for place in range(0, len(text), CHUNK)]
    said = []
    for number, piece in enumerate(pieces):
        keys = f"f=100,a=T,q=2,c={columns},r={rows}," if number == 0 else ""
        said.append(f"\x1b_G{keys}m={int(number < len(pieces) - 1)};{piece}\x1b\\")
    return "".join(said)


def iterm2(data: bytes, columns: int, rows: int) -> str:
    """Show a file inline at the cursor."""
    how = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=1"
    return f"\x1b]1337;File={how}:{base64.standard_b64encode(data).decode()}\x07"


def half_blocks(data: bytes, columns: int, rows: int) -> list[Text]:
    """Lines of letters that show a PNG within so many columns and rows; raises Unshowable."""
    picture = decoded(data)
    scale = min(columns / picture.width, 2 * rows / picture.height, 1.0)
    if scale < 1:
        picture = shrunk(picture, max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
    lines = []
    for top in range(0, picture.height, 2):
        upper = picture.rows[top]
        lower = picture.rows[top + 1] if top + 1 < picture.height else None
        lines.append(_line(upper, lower))
    return lines


def _line(upper: tuple[Colour, ...], lower: tuple[Colour, ...] | None) -> Text:
    line = Text(no_wrap=True)
    for place, colour in enumerate(upper):
        below = Color.from_rgb(*lower[place]) if lower else None
        line.append(UPPER_HALF, Style(color=Color.from_rgb(*colour), bgcolor=below))
    return line


def shrunk(picture: Picture, width: int, height: int) -> Picture:
    """The picture with fewer pixels, each the mean of those it stands for."""
    across = [(x * picture.width // width, max(x * picture.width // width + 1, (x + 1) * picture.width // width))
              for x in range(width)]  # fmt: skip
    rows = []
    for y in range(height):
        top = y * picture.height // height
        lines = picture.rows[top : max(top + 1, (y + 1) * picture.height // height)]
        rows.append(tuple(_mean([line[x] for line in lines for x in range(*span)]) for span in across))
    return Picture(width, height, tuple(rows))


def _mean(colours: list[Colour]) -> Colour:
    red, green, blue = (sum(one[channel] for one in colours) // len(colours) for channel in range(3))
    return red, green, blue
