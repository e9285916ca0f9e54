#!/usr/bin/env python3
"""Checks an export of the Kilnmark audit log without Kilnmark: Python 3.9 or newer and the package cryptography.

    python verify_audit.py EXPORT.jsonl --key log-key.pem --older head-of-last-year.json --details

Exit code 0: everything that was asked for holds. 1: something does not, and the last line says what and where.
What this proves, and what it does not, stands in docs/audit.md. The format: the first line holds the signed tree head
and public keys, each further line one leaf, the last line their number. Hashes are those of RFC 9162 section 2.1.1,
the signature is Ed25519 (RFC 8032) over canonical JSON (RFC 8785).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys
from decimal import Decimal
from typing import Any, BinaryIO, Iterator  # noqa: UP035 - Python 3.9

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
except ImportError:
    sys.exit("This needs the Python package cryptography.")

FORMAT, VERSION = "kilnmark-audit-export", 1
LONGEST_LINE = 16 << 20  # bytes
LARGEST_INTEGER = 2**53 - 1  # RFC 8785: beyond it, numbers are not exact
OPENED = {"actor", "salt", "detail"}
STAMPS = ("stamp", "stamped_head")  # what REST gives beside a head; openssl checks it (docs/keys.md)


class Refused(Exception):
    """What does not hold, in one sentence with its place."""


def shown(value: Any) -> str:
    """A value of a file that may be hostile: short, and without control characters."""
    try:
        said = ascii(value)
    except RecursionError:
        return "nested too deeply"
    return said if len(said) <= 80 else said[:77] + "..."


# --- JSON, strictly ---


def parsed(raw: bytes, place: str) -> dict[str, Any]:
    """One JSON object; no duplicate names, no NaN, no integers beyond 2**53 - 1."""
    try:
        said = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_int=_integer, parse_float=_float,
            parse_constant=_constant,
        )  # fmt: skip
    except UnicodeDecodeError:
        raise Refused(f"{place} is no UTF-8 text.") from None
    except RecursionError:
        raise Refused(f"{place} is nested too deeply.") from None
    except json.JSONDecodeError as wrong:
        raise Refused(f"{place} is no JSON: {wrong.msg} at character {wrong.pos + 1}.") from None
    except ValueError as wrong:
        raise Refused(f"{place} is no JSON that can be checked: {wrong}.") from None
    if type(said) is not dict:
        raise Refused(f"{place} is no JSON object.")
    return said


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("a name stands twice")
    return said


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        raise ValueError("an integer is too large")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return value


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def field(said: dict[str, Any], name: str, kind: type, place: str) -> Any:
    """A value of exactly that type."""
    value = said.get(name)
    if type(value) is not kind:  # a bool is no int here
        raise Refused(f"{place}: {name} should be of type {kind.__name__}, but is {shown(value)}.")
    return value


def from_hex(said: dict[str, Any], name: str, length: int, place: str) -> bytes:
    """That many bytes, written as lower-case hex."""
    text = field(said, name, str, place)
    if len(text) != 2 * length or not re.fullmatch("[0-9a-f]+", text):
        raise Refused(f"{place}: {name} should be {2 * length} hex digits, but is {shown(text)}.")
    return bytes.fromhex(text)


def only(said: dict[str, Any], names: set[str], place: str) -> None:
    """Nothing may stand there that nobody checks."""
    if unknown := sorted(set(said) - names):
        raise Refused(f"{place} has a field that is not known: {shown(unknown[0])}.")


def canonical(value: Any) -> str:
    """RFC 8785: names sorted by UTF-16 units, no spaces, numbers as ECMAScript writes them."""
    if type(value) is dict:
        ordered = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(name) + ":" + canonical(part) for name, part in ordered) + "}"
    if type(value) is list:
        return "[" + ",".join(map(canonical, value)) + "]"
    return _number(value) if type(value) is float else json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """ECMAScript Number::toString: the shortest digits that give the value back."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    said = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, said.digits))
    point = len(digits) + int(said.exponent)  # where the point stands, counted from the first digit
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


# --- the tree and its head ---


class Tree:
    """A tree of RFC 9162 that only grows; kept are the hashes of its complete subtrees, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """One more leaf."""
        found, place = hashlib.sha256(b"\x00" + leaf).digest(), self.size
        while place & 1:
            found, place = _node(self.edge.pop(), found), place >> 1
        self.edge.append(found)
        self.size += 1

    def root(self) -> bytes:
        """MTH of the leaves so far (section 2.1.1)."""
        if not self.edge:
            return hashlib.sha256(b"").digest()
        found = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            found = _node(left, found)
        return found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Head:
    """A signed tree head: size, root, time, signature, and the id of the key that made it."""

    def __init__(self, said: dict[str, Any], place: str, beside: tuple[str, ...] = ()) -> None:
        only(said, {"size", "root", "at", "signature", "key_id", "public_key", *beside}, place)
        self.place = place
        self.stamped = any(said.get(name) for name in beside)
        self.size: int = field(said, "size", int, place)
        if self.size < 0:
            raise Refused(f"{place}: size is below zero.")
        self.root = from_hex(said, "root", 32, place)
        self.at: str = field(said, "at", str, place)
        self.signature = from_hex(said, "signature", 64, place)
        self.key_id: str = field(said, "key_id", str, place)

    def signed_by(self, keys: dict[str, Ed25519PublicKey]) -> str | None:
        """The id of the key, among these, that made the signature."""
        said = {"schema": "kilnmark/tree-head", "version": 1, "size": self.size, "root": self.root.hex(), "at": self.at}
        for name, key in keys.items():
            try:
                key.verify(self.signature, canonical(said).encode("utf-8", "surrogatepass"))
                return name
            except InvalidSignature:
                continue
        return None


def public_key(pem: bytes, place: str) -> tuple[str, Ed25519PublicKey]:
    """An Ed25519 key in PEM, and its id."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(f"{place} is no public key in PEM.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(f"{place} is a key of another kind than Ed25519.")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "log-" + hashlib.sha256(der).hexdigest()[:16], key


# --- the export ---


class Export:
    """An open export: its first line is read, its leaves come one by one."""

    def __init__(self, file: BinaryIO) -> None:
        self.lines = _lines(file)
        place, said = next(self.lines, ("line 1", {}))
        if said.get("format") != FORMAT or said.get("version") != VERSION or type(said["version"]) is not int:
            raise Refused(f"{place} does not say that this is a {FORMAT} of version {VERSION}.")
        only(said, {"format", "version", "details", "head", "public_keys"}, place)
        self.has_details: bool = field(said, "details", bool, place)
        self.head = Head(field(said, "head", dict, place), f"{place}, head")
        self.keys = {}
        for name, pem in field(said, "public_keys", dict, place).items():
            if type(pem) is not str:
                raise Refused(f"{place}: the public key {shown(name)} is no text.")
            found, key = public_key(pem.encode("utf-8", "replace"), f"{place}: the public key {shown(name)}")
            if found != name:
                raise Refused(f"{place}: the public key {shown(name)} should be named {found}.")
            self.keys[name] = key

    def leaves(self) -> Iterator[tuple[str, dict[str, Any], bytes]]:
        """Place, line and leaf, in order and without a gap, up to the line that says how many they were."""
        place = "line 1"
        for count, (place, said) in enumerate(self.lines):
            if "end" in said:
                return self._end(said, count, place)
            if count == self.head.size:
                raise Refused(f"{place}: there are more leaves than the {count} of the head.")
            index = field(said, "index", int, place)
            if index != count:
                raise Refused(f"{place}: the leaf with index {count} should stand here, but it is {shown(index)}.")
            only(said, {"index", "leaf", "leaf_base64"} | (OPENED | {"erased"} if self.has_details else set()), place)
            yield place, said, _leaf(said, place)
        raise Refused(f"The file is cut: after {place}, the last line is missing that says how many leaves there are.")

    def _end(self, said: dict[str, Any], count: int, place: str) -> None:
        only(said, {"end", "count"}, place)
        if said["end"] is not True or field(said, "count", int, place) != count:
            raise Refused(f"{place} should say that {count} leaves stand before it, but says {shown(said)}.")
        if count != self.head.size:
            raise Refused(f"{place}: the file has {count} leaves, but the head covers {self.head.size}.")
        if more := next(self.lines, None):
            raise Refused(f"{more[0]}: something follows after the last line.")


def _lines(file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
    number = 1
    while raw := file.readline(LONGEST_LINE + 1):
        if len(raw) > LONGEST_LINE:
            raise Refused(f"line {number} is longer than {LONGEST_LINE} bytes.")
        yield f"line {number}", parsed(raw, f"line {number}")
        number += 1


def _leaf(said: dict[str, Any], place: str) -> bytes:
    try:
        if "leaf_base64" not in said:
            return field(said, "leaf", str, place).encode("utf-8")
        if "leaf" not in said:
            return base64.b64decode(field(said, "leaf_base64", str, place), validate=True)
    except ValueError:
        raise Refused(f"{place}: its leaf is damaged.") from None
    raise Refused(f"{place} has two leaves.")


def opens(said: dict[str, Any], leaf: bytes, place: str) -> bool:
    """Whether actor and detail are there; Refused where they are not what the leaf commits to."""
    if said.get("erased") is True and not OPENED & set(said):
        return False
    if "erased" in said or not set(said) >= OPENED:
        raise Refused(f"{place} should have actor, salt and detail, or say that they were erased.")
    salt, held = from_hex(said, "salt", 16, place), parsed(leaf, f"{place}: its leaf")
    for part in ("actor", "detail"):
        try:
            value = canonical(said[part]).encode("utf-8")
        except (RecursionError, ValueError):
            raise Refused(f"{place}: its {part} has no canonical form.") from None
        commitment = hashlib.sha256(hmac.new(salt, part.encode(), "sha256").digest() + value).hexdigest()
        if held.get("v") != 1 or held.get(part) != commitment:
            raise Refused(f"{place}: its {part} is not what its leaf commits to.")
    return True


# --- what is asked ---


def check(export: Export, given: dict[str, Ed25519PublicKey], olders: list[Head], details: bool) -> Iterator[str]:
    """Sentences about what holds, as it is found; Refused for the first thing that does not."""
    yield _signature(export.head, given, export.keys)
    for older in olders:
        yield from _older_signature(older, given)
    if details and not export.has_details:
        raise Refused("The file has no details to check: it was exported without them.")
    tree, roots, opened, erased = Tree(), {}, 0, 0
    sizes = {older.size for older in olders}
    if 0 in sizes:
        roots[0] = tree.root()
    for place, said, leaf in export.leaves():
        tree.append(leaf)
        if tree.size in sizes:
            roots[tree.size] = tree.root()
        if details:
            found = opens(said, leaf, place)
            opened, erased = opened + found, erased + (not found)
    if tree.root() != export.head.root:
        raise Refused("The leaves do not give the root of the head: what stands in the file is not what was signed.")
    yield f"All {tree.size} leaves of the head are there, in order, and their hashes give its root (RFC 9162)."
    for older in sorted(olders, key=lambda head: head.size):
        yield _prefix(older, export.head, roots)
    if details:
        yield f"Actor and detail of {opened} events are what their leaves commit to; those of {erased} were erased."
    elif export.has_details:
        yield "NOTE: the file also has actors and details; they were not checked. --details checks them."


def _signature(head: Head, given: dict[str, Ed25519PublicKey], inside: dict[str, Ed25519PublicKey]) -> str:
    if not (key := head.signed_by(given or inside)):
        raise Refused(f"{head.place}: its signature was not made by the key {', '.join(given or inside) or '(none)'}.")
    holds = f"The head of {head.size} events, dated {shown(head.at)}, was signed by the key {key}."
    if given:
        return holds
    return (
        f"{holds}\nWARNING: that key was taken from the file itself, which proves much less: whoever makes up a log "
        "can make up its key too. Get the key on another way and give it with --key."
    )


def _older_signature(older: Head, given: dict[str, Ed25519PublicKey]) -> Iterator[str]:
    if older.stamped:
        yield f"NOTE: the time stamps in {older.place} were not checked."
    if key := older.signed_by(given):
        yield f"{older.place} was signed by the key {key}."
    elif older.key_id in given:
        raise Refused(f"{older.place}: its signature was not made by the key {older.key_id} that it names.")
    else:
        yield f"NOTE: the signature of {older.place} was not checked: its key {shown(older.key_id)} was not given."


def _prefix(older: Head, head: Head, roots: dict[int, bytes]) -> str:
    if older.size > head.size:
        raise Refused(f"{older.place} covers {older.size} events, but the file only {head.size}: events are missing.")
    if roots[older.size] != older.root:
        raise Refused(f"{older.place}: the first {older.size} leaves do not give its root. The past was rewritten.")
    return f"The log begins with the {older.size} events of {older.place}: nothing of them was changed since."


def main() -> int:
    """Exit code 0 where everything holds, 1 where something does not."""
    words = argparse.ArgumentParser(description="Check an export of the Kilnmark audit log, without Kilnmark.")
    words.add_argument("export", help="the file, JSON Lines")
    words.add_argument("--key", action="append", default=[], help="public key of the log, PEM; again for earlier ones")
    words.add_argument("--older", action="append", default=[], help="a tree head that was kept elsewhere, JSON")
    words.add_argument("--details", action="store_true", help="check who and why against what the leaves commit to")
    asked = words.parse_args()
    place = asked.export
    try:
        given, olders = {}, []
        for place in asked.key:
            name, key = public_key(_small(place), shown(place))
            given[name] = key
        for place in asked.older:
            olders.append(Head(parsed(_small(place), shown(place)), f"the head in {shown(place)}", STAMPS))
        place = asked.export
        with open(place, "rb") as file:
            for sentence in check(Export(file), given, olders, asked.details):
                print(sentence, flush=True)
    except Refused as refused:
        print(f"NOT VERIFIED: {refused}")
        return 1
    except OSError as wrong:
        print(f"NOT VERIFIED: {shown(place)} cannot be read: {wrong.strerror}.")
        return 1
    print("VERIFIED.")
    return 0


def _small(place: str) -> bytes:
    with open(place, "rb") as file:
        return file.read(1 << 20)


if __name__ == "__main__":
    sys.exit(main())
