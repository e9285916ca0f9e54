"""Bodies as JSON, read strictly: what could be read in two ways, or by some readers only, is refused with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.message import Message
from math import isinf
from typing import IO, Any

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, JSONParser

from models_store.errors import ProductError

DEEPEST = 100  # levels of objects and lists within one another
LONGEST_NUMBER = 1000  # characters: each further one costs more to read than the one before
LONGEST_BOUNDARY = 80
BOM = b"\xef\xbb\xbf"


class Malformed(ProductError):
    """The body cannot be read."""

    code, http_status = "malformed", 400


class UnknownEncoding(ProductError):
    """The body is encoded in a way that is not read here."""

    code, http_status = "unsupported_media_type", 415


class StrictJson(JSONParser):
    """RFC 8259, in UTF-8, as I-JSON (RFC 7493) has it: names once, no NaN, numbers that there are."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """What the body says."""
        said = Message()
        said["content-type"] = media_type or self.media_type
        charset = said.get_param("charset", "utf-8")
        if str(charset).lower() not in ("utf-8", "utf8"):
            raise UnknownEncoding("JSON is in UTF-8.", field="Content-Type", expected="utf-8", got=str(charset))
        return strict(stream.read())


class EmptyForm(BaseParser):
    """A form without fields, which some clients send where they have nothing to say: nothing. Any other is refused."""

    media_type = "multipart/form-data"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """No field."""
        said = stream.read(LONGEST_BOUNDARY)
        empty = re.fullmatch(rb"--[^\r\n]{1,70}--(\r\n)?", said)  # RFC 2046, section 5.1.1
        if "boundary=" not in (media_type or "") or not empty:
            raise UnsupportedMediaType(self.media_type)
        return {}


def strict(raw: bytes) -> Any:
    """The value of a JSON text; raises Malformed with line and column, or the name, of what is wrong."""
    if raw.startswith(BOM):
        raise Malformed("The body begins with a byte order mark.", expected="JSON in UTF-8 without one")
    try:
        text = raw.decode()
    except UnicodeDecodeError as fault:
        raise Malformed(
            f"Byte {fault.start} of the body is no UTF-8.", expected="JSON in UTF-8", got=f"0x{raw[fault.start]:02x}"
        ) from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int
        )
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise Malformed(f"The body is no JSON: {fault.msg}, at {place}.", expected="JSON", got=place) from None
    except RecursionError:
        raise _too_deep() from None
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and depth(value) > DEEPEST:
        raise _too_deep()
    return value


def depth(value: Any) -> int:
    """Levels of objects and lists; counted without recursion."""
    level, here = 0, [value]
    while here := [one for one in here if isinstance(one, dict | list)]:
        level += 1
        here = [inner for one in here for inner in (one.values() if isinstance(one, dict) else one)]
    return level


def _too_deep() -> Malformed:
    return Malformed("The body is nested too deeply.", expected=f"at most {DEEPEST} levels")


def _object(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        there: set[str] = set()  # each name is looked at once: a body may have hundreds of thousands
        twice = next(name for name, _ in pairs if name in there or there.add(name))
        raise Malformed(f"The name {twice!r} stands twice in one object.", field=twice, expected="each name once")
    return found


def _constant(said: str) -> Any:
    raise Malformed(f"{said} is no number of JSON.", expected="a number, or null", got=said)


def _float(said: str) -> float:
    value = float(said) if len(said) <= LONGEST_NUMBER else float("inf")
    if isinf(value):
        raise _too_large(said)
    return value


def _int(said: str) -> int:
    if len(said) > LONGEST_NUMBER:
        raise _too_large(said)
    return int(said)


def _too_large(said: str) -> Malformed:
    expected = f"at most {LONGEST_NUMBER} digits, within the range of a double"
    return Malformed("A number is too large.", expected=expected, got=said[:LONGEST_NUMBER])
