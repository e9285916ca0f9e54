#!/usr/bin/env python3
"""Checks a Kilnmark evidence bundle without Kilnmark: Python 3.9 or newer and the package cryptography.

    python verify_evidence.py EVIDENCE.zip --trust trust.json        (a folder that was unpacked from it will do too)

Exit code 0: everything in it that can be checked here holds. 1: something does not, and the last line says what. 6: it
holds, and the log says that the file was withdrawn or the model revoked; that is said first, after CAUTION.
The trust bundle holds the public keys; take it from the platform's owner on another way than the evidence itself.
Checked: every file against its digest; each log proof up to a signed head (RFC 9162 section 2.1, Ed25519); that the
proof speaks of the file that lies here and of what the evidence says it is for; that a job's archive holds the files
that the log holds and no others; the model's signed manifest (DSSE); the certificate chain; the salted digest of the
manifest. Not checked here: the credential inside a file (c2patool, or `kilnmark verify`) and time stamps (openssl).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import io
import json
import re
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Generator, Iterator, Mapping, Sequence  # noqa: UP035 - Python 3.9

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
except ImportError:
    sys.exit("This needs the Python package cryptography.")

EVIDENCE, TRUST = "kilnmark-evidence", "kilnmark-trust"
INDEX = "evidence.json"
KINDS = ("artifact", "job", "model_version")
RELEASED = "artifacts.released"  # what a leaf says that holds artifacts
TAKEN_BACK = {"artifact.withdrawn": ("artifact", "withdrawn"), "model_version.revoked": ("model_version", "revoked")}
CAUTIOUS = 6  # exit code: it holds, and it was taken back
ARCHIVE = "files/archive.zip"
LISTING, CREDENTIAL = "artifacts.json", "META-INF/content_credential.c2pa"  # in an archive, beside what was made
BESIDE = (".c2pa", ".xmp")
LARGEST_JSON = 64 << 20  # bytes of one JSON document
LARGEST_LINE = 16 << 20
LARGEST_FILE = 1 << 30
LARGEST_INTEGER = 2**53 - 1  # RFC 8785: beyond it, numbers are not exact
BLOCK = 1 << 20
PAE = b"DSSEv1 %d %s %d %s"
# what a file that was damaged, or made to harm, brings about on the way
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ArithmeticError, LookupError,
          TypeError, ValueError, AttributeError)  # fmt: skip


class Refused(Exception):
    """What does not hold, in one sentence with its place."""


def told(text: Any) -> str:
    """What a person wrote, in one line without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text)[:2000]).strip()


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
        said = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_int=_integer, parse_constant=_constant)
    except UnicodeDecodeError:
        raise Refused(f"{place} is no UTF-8 text.") from None
    except RecursionError:
        raise Refused(f"{place} is nested too deeply.") from None
    except ValueError as wrong:
        raise Refused(f"{place} is no JSON that can be checked: {shown(str(wrong))}.") from None
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


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def field(said: Mapping[str, Any], name: str, kind: type, place: str) -> Any:
    """A value of exactly that type."""
    value = said.get(name)
    if type(value) is not kind:  # a bool is no int here
        raise Refused(f"{place}: {name} should be of type {kind.__name__}, but is {shown(value)}.")
    return value


def from_hex(text: Any, length: int, place: str) -> bytes:
    """That many bytes, written as lower-case hex."""
    if type(text) is not str or len(text) != 2 * length or not re.fullmatch("[0-9a-f]+", text):
        raise Refused(f"{place} should be {2 * length} hex digits, but is {shown(text)}.")
    return bytes.fromhex(text)


def canonical(value: Any) -> bytes:
    """RFC 8785 for what is signed and hashed here: ASCII names, texts and whole numbers; no other numbers."""
    if any(type(part) is float for part in _parts(value)):
        raise Refused("A number with a fraction stands where none can.")
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if type(value) is dict else value if type(value) is list else ()
    for part in inner:
        yield from _parts(part)


# --- trees and heads (RFC 9162) ---


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf), section 2.1.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_over(hashes: Sequence[bytes]) -> bytes:
    """MTH over at least one leaf hash, section 2.1.1: a level at a time, whatever has no neighbour moves up."""
    level = list(hashes)
    while len(level) > 1:
        paired = [_node(left, right) for left, right in zip(level[::2], level[1::2])]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def leads_to(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf hash at `index` of `size` leads along the path to the root, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = _node(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def begins_with(first: int, second: int, older: bytes, newer: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree (first, older) is a beginning of the tree (second, newer), section 2.1.4.2; first > 0."""
    if not 0 < first <= second or first == second:
        return first == second and older == newer and not path
    steps = list(path) if first & (first - 1) else [older, *path]
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = _node(step, was), _node(step, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = _node(now, step)
        place, last = place >> 1, last >> 1
    return last == 0 and was == older and now == newer


def _path(said: Mapping[str, Any], place: str) -> list[bytes]:
    return [from_hex(step, 32, f"{place}: a step of the path") for step in field(said, "path", list, place)]


Keys = Mapping[str, Ed25519PublicKey]


def keys_of(trust: Mapping[str, Any], part: str) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a trust bundle by id: `log_keys` or `bundle_keys`."""
    found = {}
    for name, pem in (trust.get(part) or {}).items():
        try:
            key = load_pem_public_key(str(pem).encode())
        except (ValueError, UnsupportedAlgorithm):
            raise Refused(f"trust bundle: the key {shown(name)} is no public key in PEM.") from None
        if not isinstance(key, Ed25519PublicKey):
            raise Refused(f"trust bundle: the key {shown(name)} is of another kind than Ed25519.")
        found[name] = key
    return found


def trust_of(raw: bytes, place: str) -> dict[str, Any]:
    """A trust bundle."""
    said = parsed(raw, place)
    if said.get("format") != TRUST or said.get("version") != 1:
        raise Refused(f"{place} is no {TRUST} of version 1.")
    return said


def check_head(head: Mapping[str, Any], keys: Keys, place: str = "the head") -> str:
    """The id of the key that signed this head, among these; else Refused."""
    said = {name: field(head, name, kind, place) for name, kind in (("size", int), ("root", str), ("at", str))}
    signed = canonical({"schema": "kilnmark/tree-head", "version": 1, **said})
    signature = from_hex(head.get("signature"), 64, f"{place}: signature")
    for name, key in keys.items():
        try:
            key.verify(signature, signed)
            return name
        except InvalidSignature:
            continue
    raise Refused(f"{place} was not signed by a log key that is trusted here.")


def check_log(log: Mapping[str, Any], keys: Keys, place: str = "the log proof") -> dict[str, Any]:
    """The leaf as JSON, once its path leads to the root of a head that a trusted log key signed."""
    head = field(log, "head", dict, place)
    check_head(head, keys, f"{place}, head")
    leaf = field(log, "leaf", str, place).encode("utf-8", "surrogatepass")
    root = from_hex(head["root"], 32, f"{place}: root")
    if not leads_to(leaf_hash(leaf), field(log, "index", int, place), head["size"], _path(log, place), root):
        raise Refused(f"{place} does not lead from the leaf to the signed root.")
    return parsed(leaf, f"{place}, leaf")


def _item(said: Any, leaf: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What a leaf that released artifacts holds of one of them; other leaves hold items of other kinds."""
    if leaf.get("verb") != RELEASED or type(said) is not dict:
        raise Refused(f"{place} is about no artifact.")
    for name, kind in (("artifact", str), ("job", str), ("index", int), ("model_version", str)):
        field(said, name, kind, place)
    from_hex(said.get("sha256"), 32, f"{place}: sha256")
    return said


def check_artifact(proof: Mapping[str, Any], keys: Keys, place: str = "the log proof") -> dict[str, Any]:
    """The item (what the log says of one artifact), once it leads to its leaf and the leaf to a signed root."""
    leaf = check_log(field(proof, "log", dict, place), keys, place)
    item = _item(proof.get("item"), leaf, place)
    root = from_hex(leaf.get("items_root"), 32, f"{place}: items_root")
    size, position = field(proof, "items", int, place), field(proof, "position", int, place)
    if not leads_to(leaf_hash(canonical(item)), position, size, _path(proof, place), root):
        raise Refused(f"{place} does not lead from the artifact to its leaf of the log.")
    return item


def check_chunk(chunk: Mapping[str, Any], keys: Keys, place: str) -> list[dict[str, Any]]:
    """All items below one leaf of the log."""
    leaf = check_log(field(chunk, "log", dict, place), keys, place)
    items = field(chunk, "items", list, place)
    root = from_hex(leaf.get("items_root"), 32, f"{place}: items_root")
    if not items or root_over([leaf_hash(canonical(item)) for item in items]) != root:
        raise Refused(f"{place}: the artifacts are not those that the leaf of the log speaks of.")
    return [_item(item, leaf, place) for item in items]


# --- a bundle, as a zip or as a folder ---


class Files:
    """The files of an evidence bundle by name; nothing is unpacked to disk."""

    def __init__(self, place: Path, inner: BinaryIO | None = None) -> None:
        self.zip: zipfile.ZipFile | None = None
        self.folder = place
        if inner is None and place.is_dir():
            found = [path for path in sorted(place.rglob("*")) if path.is_symlink() or not path.is_dir()]
            self.names = [path.relative_to(place).as_posix() for path in found]
            return
        try:
            self.zip = zipfile.ZipFile(inner or place)
        except zipfile.BadZipFile:
            raise Refused(f"{shown(str(place))} is neither a folder nor a zip.") from None
        self.names = [info.filename for info in self.zip.infolist() if not info.is_dir()]
        if len(set(self.names)) != len(self.names):
            raise Refused("A name stands twice in the zip.")

    def open(self, name: str) -> BinaryIO:
        """One file; a link is refused."""
        if self.zip is not None:
            return self.zip.open(name)  # type: ignore[return-value]
        if (self.folder / name).is_symlink():
            raise Refused(f"{shown(name)} is a link.")
        return (self.folder / name).open("rb")

    def read(self, name: str) -> bytes:
        """The bytes of a small file."""
        with self.open(name) as file:
            data = file.read(LARGEST_JSON + 1)
        if len(data) > LARGEST_JSON:
            raise Refused(f"{shown(name)} is longer than {LARGEST_JSON} bytes.")
        return data

    def json(self, name: str) -> dict[str, Any]:
        """One JSON object."""
        return parsed(self.read(name), name)

    def lines(self, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Place and object of each line."""
        with io.BufferedReader(self.open(name)) as file:  # type: ignore[type-var,arg-type]
            number = 0
            while raw := file.readline(LARGEST_LINE + 1):
                number += 1
                yield f"{name}, line {number}", parsed(raw, f"{name}, line {number}")

    def digest(self, name: str, most: int) -> tuple[str, int]:
        """SHA-256 (hex) and length; no more than `most` + 1 bytes are read."""
        found, length = hashlib.sha256(), 0
        with self.open(name) as file:
            while length <= most and (block := file.read(BLOCK)):
                found.update(block)
                length += len(block)
        return found.hexdigest(), length


# --- what was taken back ---


class TakenBack:
    """An artifact that was withdrawn, or a model version that was revoked: on which day, and why as far as it is said.

    `in_log`: a leaf below a signed head says so. The log only commits to the reason; it stands in `evidence.json`,
    which is not signed.
    """

    def __init__(self, subject: tuple[str, str], on: str, because: str, *, in_log: bool) -> None:
        self.kind, self.id = subject
        self.what = dict(TAKEN_BACK.values())[self.kind]  # withdrawn, revoked
        self.on, self.because, self.in_log = told(on)[:10], told(because), in_log

    def __str__(self) -> str:
        """In a sentence or two."""
        thing = "The file" if self.kind == "artifact" else "The model that made it"
        if not self.in_log:
            why = f": {self.because}" if self.because else "."
            return f"{INDEX}, which is not signed, says: {thing} was {self.what} on {self.on}{why}"
        why = f" The reason by {INDEX}, which is not signed: {self.because}" if self.because else ""
        return f"{thing} was {self.what.upper()} on {self.on}; the log says so.{why}"


def taken_back(files: Files, keys: Keys) -> list[TakenBack]:
    """What the evidence says was taken back, that of the log first; the bundle must have been checked."""
    stated = _stated(files, keys)
    found: dict[tuple[str, str], TakenBack] = {}
    for place, event in files.lines("log/events.jsonl") if "log/events.jsonl" in files.names else ():
        leaf = check_log(field(event, "log", dict, place), keys, place)
        part, what = field(leaf, "subject", list, place), TAKEN_BACK.get(field(leaf, "verb", str, place))
        if what and len(part) == 2 and part[0] == what[0] and type(part[1]) is str and tuple(part) not in found:
            because = stated.get((part[0], part[1]), ("", ""))[1]
            found[part[0], part[1]] = TakenBack((part[0], part[1]), str(leaf.get("at", "")), because, in_log=True)
    rest = [TakenBack(part, *said, in_log=False) for part, said in stated.items() if part not in found]
    return [*found.values(), *rest]


def _stated(files: Files, keys: Keys) -> dict[tuple[str, str], tuple[str, str]]:
    """Day and reason by kind and id, as the index says it, which is not signed: of what a single one can be meant."""
    index, found = files.json(INDEX), {}
    named = {part: {item[part] for item in _items(files, keys)} for part, _what in TAKEN_BACK.values()}
    kind, subject = _subject(index)
    for part, what in TAKEN_BACK.values():
        ids = {subject} if part == kind else named[part]
        if type(said := index.get(what)) is dict and len(ids) == 1:
            found[part, ids.pop()] = str(said.get("on", "")), str(said.get("because", ""))
    return found


def _items(files: Files, keys: Keys) -> Iterator[dict[str, Any]]:
    """What the log says of each artifact that the evidence is for."""
    if "log/proof.json" in files.names:
        yield check_artifact(files.json("log/proof.json"), keys)
    for place, chunk in files.lines("log/chunks.jsonl") if "log/chunks.jsonl" in files.names else ():
        yield from check_chunk(chunk, keys, place)


def cautions(files: Files, trust: Mapping[str, Any] | None) -> tuple[list[str], list[str]]:
    """Of a bundle that holds: what the log says was taken back of what the evidence is for; and what else it says."""
    keys = keys_of(trust or files.json("trust.json"), "log_keys")
    subject = _subject(files.json(INDEX))
    about, count = {subject}, 0
    for item in _items(files, keys):
        about |= {("artifact", item["artifact"]), ("model_version", item["model_version"])}
        count += 1
    first, others, gone = [], [], []
    for said in taken_back(files, keys):
        if not said.in_log:
            others.append(str(said))
        elif (said.kind, said.id) not in about:
            others.append(f"The log says that the {said.kind.replace('_', ' ')} {shown(said.id)} was {said.what}.")
        elif said.kind == "artifact" and subject[0] == "job":
            gone.append(said)
        else:
            own = said.kind == subject[0] == "model_version"
            first.append(str(said).replace("The model that made it", "The model") if own else str(said))
    if gone:
        days = ", ".join(f"{shown(one.id)} on {one.on}" for one in gone)
        first.append(f"Of {count} files of the job {len(gone)} were WITHDRAWN; the log says so: {days}.")
    return first, others


def check(files: Files, trust: Mapping[str, Any] | None) -> Iterator[str]:
    """Sentences about what holds, as it is found; Refused for the first thing that does not."""
    if INDEX not in files.names:
        raise Refused(f"There is no {INDEX}: this is no evidence bundle.")
    index = files.json(INDEX)
    if index.get("format") != EVIDENCE or index.get("version") != 1:
        raise Refused(f"{INDEX} is no {EVIDENCE} of version 1.")
    kind, subject = _subject(index)
    present = set(files.names)
    yield from _digests(files, index, present)
    if trust is None:
        trust = trust_of(files.read("trust.json"), "trust.json")
        yield (
            "WARNING: the keys were taken from the bundle itself, which proves much less: whoever makes up evidence "
            "can make up its keys too. Get the trust bundle on another way and give it with --trust."
        )
    keys, listed = keys_of(trust, "log_keys"), field(index, "files", dict, INDEX)
    job, about, signed = subject if kind == "job" else "", 0, False
    if kind == "artifact":
        item = _artifact(files, index, listed, keys, present)
        job = item["job"]
        yield (
            f"The log holds {shown(index['file'])} as artifact {shown(item['artifact'])}, number {item['index']} of "
            f"job {shown(job)}."
        )
    elif "log/proof.json" in present:
        raise Refused("log/proof.json stands in evidence that is for no artifact.")
    if "log/chunks.jsonl" in present:
        known = _chunks(files, index, keys, job)
        yield f"The log holds each of the {len(known)} artifacts of the job."
        if ARCHIVE in present:
            yield _archive(files, known)
    elif ARCHIVE in present:
        raise Refused(f"{ARCHIVE} is here, but no log/chunks.jsonl that shows that the log holds what is in it.")
    if "log/events.jsonl" in present:
        about = yield from _events(files, keys, [kind, subject])
    if "log/head.json" in present:
        head = files.json("log/head.json")
        yield f"The head of {shown(head.get('size'))} events was signed by {check_head(head, keys, 'log/head.json')}."
    if "log/stamped-head.json" in present:
        yield from _stamped(files, keys)
    if {"model/manifest.json", "model/manifest.sig.json"} <= present:
        yield _model(files, index, keys_of(trust, "bundle_keys"))
        signed = kind == "model_version"
    for name in sorted(name for name in present if name.startswith("credential/chain")):
        yield _chain(files, name, trust)
    if {"manifest/generation.json", "manifest/salt.json"} <= present:
        yield _generation(files, index, job)
    if not (about or signed or kind == "artifact" or "log/chunks.jsonl" in present):
        raise Refused(f"Nothing that is signed speaks of the {kind.replace('_', ' ')} {shown(subject)}.")


def _subject(index: Mapping[str, Any]) -> tuple[str, str]:
    """What the evidence is for: kind and id."""
    said = field(index, "subject", dict, INDEX)
    kind, subject = field(said, "kind", str, INDEX), field(said, "id", str, INDEX)
    if kind not in KINDS:
        raise Refused(f"{INDEX}: evidence for {shown(kind)} is not known here.")
    return kind, subject


def _digests(files: Files, index: Mapping[str, Any], present: set[str]) -> Iterator[str]:
    listed, left = field(index, "files", dict, INDEX), []
    for name, said in listed.items():
        entry = said if type(said) is dict else {}
        if name not in present:
            if entry.get("private") is not True:
                raise Refused(f"{shown(name)} is missing.")
            left.append(name)
            continue
        size = field(entry, "size", int, name)
        if size > LARGEST_FILE:
            raise Refused(f"{shown(name)} is larger than {LARGEST_FILE} bytes.")
        if files.digest(name, size) != (entry.get("sha256"), size):
            raise Refused(f"{shown(name)} is not the file that {INDEX} lists: its digest differs.")
    if extra := sorted(present - set(listed) - {INDEX}):
        raise Refused(f"{shown(extra[0])} does not belong to the bundle.")
    yield f"All {len(listed) - len(left)} files are those that {INDEX} lists."
    for name in left:
        yield f"NOTE: {shown(name)} was left out by whoever passed the bundle on."


def _artifact(
    files: Files, index: Mapping[str, Any], listed: Mapping[str, Any], keys: Keys, present: set[str]
) -> dict[str, Any]:
    """What the log says of the artifact that the evidence is for, and of the file that lies here."""
    if "log/proof.json" not in present:
        raise Refused("There is no log/proof.json: nothing shows that the log holds the artifact.")
    item = check_artifact(files.json("log/proof.json"), keys, "log/proof.json")
    name = field(index, "file", str, INDEX)
    elsewhere = {part.get("name"): part for part in index.get("left_out") or () if type(part) is dict}
    if (listed.get(name) or elsewhere.get(name) or {}).get("sha256") != item["sha256"]:
        raise Refused(f"log/proof.json speaks of another file than {shown(name)}.")
    if item["artifact"] != index["subject"]["id"]:
        raise Refused(f"log/proof.json speaks of another artifact than {INDEX}.")
    return item


def _chunks(files: Files, index: Mapping[str, Any], keys: Keys, job: str) -> dict[int, str]:
    """SHA-256 of each artifact of the job, by its number: those of the log, once the listing names just these."""
    known: dict[int, str] = {}
    for place, chunk in files.lines("log/chunks.jsonl"):
        for item in check_chunk(chunk, keys, place):
            if item["job"] != job or known.setdefault(item["index"], item["sha256"]) != item["sha256"]:
                raise Refused(f"{place} speaks of another job, or twice of one artifact.")
    said = set()
    for place, line in files.lines("artifacts.jsonl"):
        number = field(line, "index", int, place)
        if known.get(number) != line.get("sha256") or number in said:
            raise Refused(f"{place}: the log does not hold this artifact.")
        said.add(number)
    if said != set(known) or len(said) != index.get("artifacts"):
        raise Refused(
            f"artifacts.jsonl has {len(said)} lines, log/chunks.jsonl {len(known)} artifacts, and {INDEX} says "
            f"{shown(index.get('artifacts'))}."
        )
    return known


def _archive(files: Files, known: Mapping[int, str]) -> str:
    """That the archive holds each artifact, and beside them what belongs to one, the listing and the credential."""
    with files.open(ARCHIVE) as inner:
        archive, left, digests = Files(Path(ARCHIVE), inner), LARGEST_FILE, {}
        for name in archive.names:
            digests[name], length = archive.digest(name, left)
            left -= length
            if left < 0:
                raise Refused(f"{ARCHIVE} holds more than {LARGEST_FILE} bytes.")
    made = set(known.values())
    kept = {name for name, digest in digests.items() if digest in made}
    if made != {digests[name] for name in kept}:
        raise Refused(f"{ARCHIVE} lacks an artifact that the log holds, or holds another file in its place.")
    for name in sorted(set(digests) - kept - {LISTING, CREDENTIAL}):
        if not (name.endswith(BESIDE) and name.rpartition(".")[0] in kept):
            raise Refused(f"{ARCHIVE} holds {shown(name)}, which the log does not hold.")
    return f"{ARCHIVE} holds all of them, and {len(digests) - len(kept)} files beside them."


def _events(files: Files, keys: Keys, subject: Sequence[str]) -> Generator[str, None, int]:
    """Says how many leaves speak of what; returns how many of the very thing that the evidence is for."""
    count = opened = about = 0
    others: dict[str, int] = {}
    for place, event in files.lines("log/events.jsonl"):
        leaf = check_log(field(event, "log", dict, place), keys, place)
        count, spoken = count + 1, field(leaf, "subject", list, place)
        if spoken == subject:
            about += 1
        else:
            others[shown(" ".join(map(str, spoken)))] = others.get(shown(" ".join(map(str, spoken))), 0) + 1
        if "salt" in event:
            salt = from_hex(event["salt"], 16, f"{place}: salt")
            said = hashlib.sha256(hmac.new(salt, b"actor", "sha256").digest() + canonical(event.get("actor")))
            if leaf.get("actor") != said.hexdigest():
                raise Refused(f"{place}: the actor is not the one that the leaf commits to.")
            opened += 1
    if subject[0] == "artifact" and not about:
        yield f"The log holds {count} further events: about the job, the model or the data that it comes from."
    else:
        yield f"The log holds {count} events: {about} about what this evidence is for."
    for name in sorted(others):
        yield f"The log holds {others[name]} of them about {name}."
    if opened:
        yield f"Who did {opened} of them is what their leaves commit to."
    return about


def _stamped(files: Files, keys: Keys) -> Iterator[str]:
    early, late = files.json("log/stamped-head.json"), files.json("log/head.json")
    for head, place in ((early, "log/stamped-head.json"), (late, "log/head.json")):
        check_head(head, keys, place)
    path = _path(files.json("log/consistency.json"), "log/consistency.json")
    roots = [from_hex(head["root"], 32, "root") for head in (early, late)]
    if not begins_with(early["size"], late["size"], roots[0], roots[1], path):
        raise Refused("log/consistency.json does not show that the log only grew since the stamped head.")
    signed = files.read("log/stamped-head.bin")
    said = {name: early[name] for name in ("size", "root", "at")}
    if signed != canonical({"schema": "kilnmark/tree-head", "version": 1, **said}):
        raise Refused("log/stamped-head.bin is not what was signed as log/stamped-head.json.")
    yield f"The log only grew since its head of {early['size']} events, dated {shown(early['at'])}."
    if hashlib.sha256(signed).digest() not in files.read("log/stamped-head.tsr"):
        raise Refused("log/stamped-head.tsr is a stamp of something else.")
    yield "NOTE: log/stamped-head.tsr is a stamp of that head; its signature is not checked here, but by openssl."


def _model(files: Files, index: Mapping[str, Any], keys: Keys) -> str:
    envelope, manifest = files.json("model/manifest.sig.json"), files.read("model/manifest.json")
    kind = field(envelope, "payloadType", str, "model/manifest.sig.json")
    try:
        payload = base64.b64decode(field(envelope, "payload", str, "model/manifest.sig.json"), validate=True)
        signatures = [base64.b64decode(each["sig"], validate=True) for each in envelope["signatures"]]
    except (KeyError, TypeError, ValueError):
        raise Refused("model/manifest.sig.json is no DSSE envelope.") from None
    signed = PAE % (len(kind.encode()), kind.encode(), len(payload), payload)
    signer = next((name for name, key in keys.items() for said in signatures if _fits(key, said, signed)), None)
    if signer is None:
        raise Refused("model/manifest.sig.json was not signed by a bundle key that is trusted here.")
    digest = hashlib.sha256(manifest).hexdigest()
    subjects = [part.get("digest", {}).get("sha256") for part in parsed(payload, "payload").get("subject", [])]
    if subjects != [digest]:
        raise Refused("model/manifest.json is not the one that was signed.")
    if index.get("bundle_sha256") not in (None, digest):
        raise Refused("model/manifest.json is that of another model version.")
    listed = field(parsed(manifest, "model/manifest.json"), "files", dict, "model/manifest.json")
    there = [name for name in files.names if name.removeprefix("model/") in listed and name.startswith("model/")]
    for name in there:
        entry = listed[name.removeprefix("model/")]
        if files.digest(name, LARGEST_FILE) != (entry["sha256"], entry["size"]):
            raise Refused(f"{shown(name)} is not the file that the model's manifest lists.")
    return f"The model's manifest was signed by {signer}; {len(there)} of its {len(listed)} files lie here and fit it."


def _fits(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _chain(files: Files, name: str, trust: Mapping[str, Any]) -> str:
    try:
        chain = x509.load_pem_x509_certificates(files.read(name))
        roots = [x509.load_pem_x509_certificate(str(pem).encode()) for pem in trust.get("roots_pem") or []]
    except ValueError:
        raise Refused(f"{shown(name)}, or a root of the trust bundle, is no certificate in PEM.") from None
    for root in roots:
        try:
            chain[0].verify_directly_issued_by(root)
        except (InvalidSignature, ValueError, TypeError):
            continue
        subject = shown(chain[0].subject.rfc4514_string())
        return f"The certificate in {shown(name)} that signs credentials ({subject}) was issued by a trusted root."
    raise Refused(f"{shown(name)}: its first certificate was issued by no root that is trusted here.")


def _generation(files: Files, index: Mapping[str, Any], job: str) -> str:
    said, raw = files.json("manifest/salt.json"), files.read("manifest/generation.json")
    salt = from_hex(said.get("salt"), 16, "manifest/salt.json: salt")
    if hashlib.sha256(salt + raw).hexdigest() != said.get("digest"):
        raise Refused("manifest/salt.json: the digest does not follow from salt and manifest.")
    manifest = parsed(raw, "manifest/generation.json")
    models = [manifest, *(part for part in (manifest.get("models") or {}).values() if type(part) is dict)]
    if manifest.get("job") != job:
        raise Refused("manifest/generation.json is that of another job.")
    if index.get("bundle_sha256") not in (None, *(model.get("bundle_sha256") for model in models)):
        raise Refused("manifest/generation.json names another model than the one that this evidence is of.")
    return f"Salt and manifest of the job give the digest {said['digest']}, which its credentials state."


def main() -> int:
    """Exit code 0 where everything holds, 1 where something does not, 6 where it holds and was taken back."""
    words = argparse.ArgumentParser(description="Check a Kilnmark evidence bundle, without Kilnmark.")
    words.add_argument("evidence", help="the zip, or the folder it was unpacked to")
    words.add_argument("--trust", help="the trust bundle (JSON), got on another way than the evidence")
    asked = words.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a reason may be in any script
    holds: list[str] = []
    first: list[str] = []
    refused = ""
    try:
        trust = trust_of(Path(asked.trust).read_bytes(), "the trust bundle") if asked.trust else None
        files = Files(Path(asked.evidence))
        holds.extend(check(files, trust))
        first, others = cautions(files, trust)
        holds += [f"NOTE: {other}" for other in others]
        holds.append(_until(files))
    except Refused as wrong:
        refused = str(wrong)
    except (OSError, *BROKEN) as wrong:
        refused = f"something cannot be read: {type(wrong).__name__}: {shown(str(wrong))}"
    print("".join(f"{sentence}\n" for sentence in [*(f"CAUTION: {one}" for one in first), *holds]), end="")
    if refused:
        print(f"NOT VERIFIED: {refused}")
        return 1
    print("VERIFIED, WITH A CAUTION: the evidence holds; what it is for was taken back, see above." if first
          else "VERIFIED.")  # fmt: skip
    return CAUTIOUS if first else 0


def _until(files: Files) -> str:
    """How far the evidence speaks."""
    head = files.json("log/head.json") if "log/head.json" in files.names else {}
    day = f"{shown(head.get('at'))[1:11]}, the day of its signed head" if head else "it was taken"
    return f"A withdrawal or revocation is told only where the evidence holds it, and none after {day}."


if __name__ == "__main__":
    sys.exit(main())
