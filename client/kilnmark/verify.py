"""`kilnmark verify FILE... --offline --trust trust.json`: is this from that platform, without access to it?

The command itself is in kilnmark/commands/verify.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kilnmark.credential import LARGEST_BYTES, LARGEST_SIDECAR_BYTES, Credential, Missing, read
from kilnmark.verdicts import TAKEN_BACK, Facts, Verdict, judge

if TYPE_CHECKING:
    from kilnmark.proven import Proven

WORST_FIRST = (1, 3, 4, 5, 6, 0)
TITLES = {
    "ours": "OURS: made by the platform of this trust bundle",
    "altered": "ALTERED: its credential, but not the bytes that were signed",
    "likely_ours": "LIKELY OURS: credential trusted, no log proof of this file",
    "no_evidence": "NO EVIDENCE",
}
COLOURS = {"ours": "green", "altered": "red", "likely_ours": "yellow", "no_evidence": "white"}
BLOCK = 1 << 20


def offline(files: Sequence[Path], trust: Path, proofs: Sequence[Path], as_json: bool) -> int:
    """Print a verdict on each file; the exit code, of several the first that occurs of WORST_FIRST."""
    try:
        said, problems = examined(files, trust, proofs)
    except Unreadable as unreadable:
        typer.echo(json.dumps({"error": str(unreadable)}) if as_json else f"error: {unreadable}", err=not as_json)
        return 1
    _print(said, problems, as_json)
    codes = [verdict.exit_code for verdict in said]
    return next(code for code in WORST_FIRST if code in codes)


class Unreadable(Exception):
    """A file, the trust bundle or a package that is needed cannot be read."""


def examined(files: Sequence[Path], trust: Path, proofs: Sequence[Path]) -> tuple[list[Verdict], list[str]]:
    """A verdict on each file, and what about the proofs did not hold; raises Unreadable."""
    try:
        from kilnmark.proven import proven
        from kilnmark.verify_evidence import BROKEN, Refused, trust_of
    except SystemExit as missing:
        raise Unreadable("The package cryptography is missing: pip install cryptography.") from missing
    try:
        said = trust_of(trust.read_bytes(), "the trust bundle")
        found = proven(proofs, said)
        verdicts = [_one(file, said, found) for file in files]
    except Refused as refused:
        raise Unreadable(str(refused)) from refused
    except BROKEN as wrong:
        raise Unreadable(f"The trust bundle is damaged ({type(wrong).__name__}).") from wrong
    except OSError as wrong:
        raise Unreadable(f"{shown(str(wrong.filename))}: {wrong.strerror}") from wrong
    return verdicts, found.problems


def _one(file: Path, trust: Mapping[str, Any], found: Proven) -> Verdict:
    sha256, credential = _digest(file), _credential(file, trust)
    claims = credential.claims if credential and (credential.state == "Trusted" or credential.tampered) else {}
    item = found.of(sha256, claims)
    gone = found.said_of(sha256, item, claims)
    return judge(file.name, Facts(sha256, credential, item, gone, found.about, found.newest))


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def _credential(file: Path, trust: Mapping[str, Any]) -> Credential | None:
    """None where a credential is there and nothing can read it."""
    if file.stat().st_size > LARGEST_BYTES:
        return Credential()
    beside = file.with_name(file.name + ".c2pa")
    sidecar = beside.read_bytes() if beside.is_file() and beside.stat().st_size <= LARGEST_SIDECAR_BYTES else b""
    try:
        return read(file.read_bytes(), list(trust.get("roots_pem") or []), sidecar)
    except Missing:
        return None


def shown(text: str) -> str:
    """A name that may be hostile, without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _known(one: Verdict) -> dict[str, Any]:
    """Of one file for programs: what was taken back stands first."""
    said = asdict(one)
    return {"file": said.pop("file"), "cautions": said.pop("cautions"), **said, "exit_code": one.exit_code}


def _print(said: Sequence[Verdict], problems: Sequence[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"verdicts": [_known(one) for one in said], "problems": problems}, indent=1))
        return
    for one in said:
        for caution in one.cautions:
            typer.secho(f"{shown(one.file)}: CAUTION: {shown(caution['says'])}", fg="red", bold=True)
        title = TITLES[one.verdict] + (", AND TAKEN BACK" if one.exit_code == TAKEN_BACK else "")
        colour = "red" if one.cautions else COLOURS[one.verdict]
        typer.secho(f"{shown(one.file)}: {title}", fg=colour, bold=True)
        for line in one.evidence:
            typer.echo(f"  {line['kind']}: {shown(line['says'])}")
        for name, value in one.origin.items():
            typer.echo(f"  {name.replace('_', ' ')}: {shown(str(value))}")
        typer.echo(f"  SHA-256: {one.sha256}")
    for problem in problems:
        typer.secho(f"  A proof does not hold: {shown(problem)}", fg="red")
    typer.echo("What this does not say: " + " ".join(said[0].not_known))
