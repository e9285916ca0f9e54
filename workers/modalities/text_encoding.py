"""Which encoding a text has: named by its user, or said by the file itself, or detected where that is sure."""

from __future__ import annotations

import codecs
import io
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Literal, get_args

from charset_normalizer import CharsetMatch, from_bytes

from workers.modalities.members import UNREADABLE, BadFile, Member, damaged

Encoding = Literal[
    "auto", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932",
    "euc_jp", "iso2022_jp", "euc_kr", "cp949", "latin-1", "cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1251",
    "koi8-r", "koi8-u", "iso8859-5", "cp866", "cp1253", "iso8859-7", "cp1254", "iso8859-9", "cp1255", "iso8859-8",
    "cp1256", "iso8859-6", "cp1257", "cp1258", "cp437", "cp850", "mac-roman",
]  # fmt: skip
ENCODINGS: tuple[str, ...] = get_args(Encoding)
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: it begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# what may be detected; of two that read a sample alike, the first is taken
DETECTED = {
    name.replace("-", "_"): name
    for name in (
        "utf-16-le", "utf-16-be", "gb18030", "big5", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1252", "cp1250",
        "iso8859-2", "cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "cp1253", "iso8859-7", "cp1254", "cp1255",
        "cp1256", "cp1257", "cp1258", "cp850", "mac-roman",
    )
}  # fmt: skip
BLOCK = 1 << 20
LONGEST_PIECE = 4 << 20  # characters without a line break after which a text is cut all the same
SAMPLE_BYTES = 1 << 16
MESS_MOST, MESS_APART, LANGUAGE_APART = 0.07, 0.02, 0.95  # tried on texts in 14 languages
FEWEST_STRANGE = 64  # bytes beyond ASCII that are enough where no language is recognised
MOST_MARKS = 100  # on one character: a long run of them takes the square of its length to bring into order (NFC)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SURE = "text in an encoding that is certain; name it in `encoding`"


def encoding_of(member: Member) -> str:
    """The encoding of a file: by its byte order mark, else UTF-8 where all of it is, else detected.

    Raises BadFile: encoding_unknown where the guess is unsure, binary_text where it is no text at all.
    """
    head = member.read(SAMPLE_BYTES)
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    sample = not_utf8(member)
    if sample is None:
        return wide(head) or "utf-8"
    return wide(head) or detected(sample, member.path)


def not_utf8(member: Member) -> bytes | None:
    """None where the whole file is UTF-8, else SAMPLE_BYTES from the line on that is not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with member.open() as stream:
            while block := stream.read(BLOCK):
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as error:
                    data: bytes = error.object
                    start = after_line(data[: error.start])
                    return whole_lines((data[start:] + stream.read(SAMPLE_BYTES))[:SAMPLE_BYTES])
    except UNREADABLE as error:
        raise damaged(member.path, error) from error
    return decoder.getstate()[0] or None  # what is left is a character without its end


def after_line(data: bytes) -> int:
    """Where the last line of some bytes begins, in UTF-16 too."""
    start = data.rfind(b"\n") + 1
    return start + (start > 0 and data[start : start + 1] == b"\0")


def whole_lines(sample: bytes) -> bytes:
    """A full sample without the line that it cuts off, whose last character may be a part of one."""
    return sample[: after_line(sample) or None] if len(sample) == SAMPLE_BYTES else sample


def wide(head: bytes) -> str:
    """UTF-16 without a mark, told by the zero bytes of its Latin letters and line breaks; "" where it is not."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) % 2 or even + odd < max(1, len(head) // 4) or min(even, odd) * 20 > max(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def detected(sample: bytes, path: str) -> str:
    """The encoding whose reading of the sample looks like a language, where no other reading comes near it."""
    if damaged_utf8(sample):
        raise unsure(path, "UTF-8 with other bytes in it")
    matches = [match for match in from_bytes(sample, cp_isolation=list(DETECTED)) if not CONTROL.search(clean(match))]
    if not matches:
        if found := re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", sample):
            raise binary(path, found[0].decode(), "in the first part that is not UTF-8")
        raise unsure(path, "none that fits")
    best, *rivals = matches
    close = [rival for rival in rivals if near(rival, best)]
    enough = best.coherence or sum(byte > 0x7F for byte in sample) >= FEWEST_STRANGE
    if best.chaos > MESS_MOST or close or not enough:
        raise unsure(path, "perhaps " + ", ".join(DETECTED[match.encoding] for match in (best, *close)[:4]))
    return next(name for codec, name in DETECTED.items() if codec in best.could_be_from_charset)


def damaged_utf8(sample: bytes) -> bool:
    """Whether by far the most of it is well-formed UTF-8 beyond ASCII, which other encodings are not by chance."""
    read = sample.decode("utf-8", errors="replace")
    bad = read.count("\ufffd")
    return sum(char > "\x7f" for char in read) - bad > 4 * bad


def near(rival: CharsetMatch, best: CharsetMatch) -> bool:
    """Whether the second best reading is hardly messier than the best and nearly as much a language."""
    return rival.chaos <= best.chaos + MESS_APART and rival.coherence >= LANGUAGE_APART * best.coherence


def clean(match: CharsetMatch) -> str:
    """What a match reads, without the line ends and page breaks that a text may have."""
    return str(match).translate({ord("\r"): None, ord("\f"): None})


def pieces(member: Member, encoding: str) -> Iterator[str]:
    """The text of a file in parts that end with a line: line breaks are \\n, characters composed (NFC).

    Raises BadFile: encoding_wrong where the bytes are not of this encoding, binary_text at a control character.
    """
    inner = codecs.getincrementaldecoder(encoding)("strict")
    decoder = io.IncrementalNewlineDecoder(inner, translate=True)
    rest, bytes_read, characters = "", 0, 0
    with member.open() as stream:
        final = False
        while not final:
            try:
                block = stream.read(BLOCK)
            except UNREADABLE as error:
                raise damaged(member.path, error) from error
            final = not block
            pending = len(inner.getstate()[0])
            try:
                rest += decoder.decode(block, final=final)
            except UnicodeError as error:
                at = bytes_read - pending + getattr(error, "start", 0)
                expected = f"text in {encoding}; name another `encoding`"
                raise BadFile(
                    code="encoding_wrong", field=member.path, expected=expected, got=f"other bytes at byte {at:,}"
                ) from error
            bytes_read += len(block)
            if cut := _cut(rest, final):
                yield _composed(rest[:cut], member.path, characters)
                characters, rest = characters + cut, rest[cut:]


def _cut(text: str, final: bool) -> int:
    """How much may be given on: all at the end, else whole lines, else a long piece up to its last blank."""
    if final:
        return len(text)
    cut = text.rfind("\n") + 1
    return cut or ((text.rfind(" ") + 1 or len(text)) if len(text) > LONGEST_PIECE else 0)


def _composed(text: str, path: str, before: int) -> str:
    if not before:
        text = text.removeprefix("\ufeff")
    text = text.replace("\f", "\n")  # a page break ends a line (Unicode 5.8)
    if found := CONTROL.search(text):
        raise binary(path, found[0], f"at character {before + found.start() + 1:,}")
    if not text.isascii() and (found := marks().search(text)):
        expected = f"at most {MOST_MARKS} combining marks on one character"
        got = f"more at character {before + found.start() + 1:,}"
        raise BadFile(code="too_many_marks", field=path, expected=expected, got=got)
    return unicodedata.normalize("NFC", text)


@cache
def marks() -> re.Pattern[str]:
    """Finds more combining marks in a row than a text has, as UAX 15 (stream-safe format) bounds them."""
    every = "".join(char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(char))
    return re.compile(f"[{every}]{{{MOST_MARKS + 1}}}")


def binary(path: str, character: str, where: str) -> BadFile:
    """The BadFile for a file that is no text."""
    expected = "plain text: no control characters but line breaks and tabs; save documents as text first"
    got = f"a file that is no text: control character U+{ord(character):04X} {where}"
    return BadFile(code="binary_text", field=path, expected=expected, got=got)


def unsure(path: str, got: str) -> BadFile:
    """The BadFile for a text whose encoding cannot be told."""
    return BadFile(code="encoding_unknown", field=path, expected=SURE, got=got)
