"""`kilnmark audit check`: the whole log, checked on this machine, against the key and the head of last time."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kilnmark.commands import says
from kilnmark.commands.exits import Exit
from kilnmark.commands.options import Json, Profile
from kilnmark.commands.session import connected

if TYPE_CHECKING:
    from kilnmark import Client

app = typer.Typer(no_args_is_help=True, help="Check the platform's audit log without trusting the platform.")


@app.callback()
def audit() -> None:
    """Check the platform's audit log without trusting the platform."""


@dataclass(frozen=True)
class Kept:
    """What is remembered of one platform's log: keys that were met first, and the newest head that was verified."""

    folder: Path

    @classmethod
    def of(cls, base: str, folder: Path | None) -> Kept:
        """In `folder`, else $XDG_STATE_HOME/kilnmark/log/HOST."""
        if folder is None:
            home = os.environ.get("XDG_STATE_HOME", "")
            state = Path(home) if home else Path.home() / ".local" / "state"
            folder = state / "kilnmark" / "log" / re.sub(r"[^A-Za-z0-9.-]+", "_", base.partition("://")[2])
        return cls(folder)

    def keys(self) -> list[Path]:
        """Public keys, PEM."""
        return sorted(self.folder.glob("*.pem"))

    def head(self) -> Path | None:
        """The newest head, JSON."""
        place = self.folder / "head.json"
        return place if place.exists() else None

    def remember(self, keys: dict[str, str], head: dict[str, Any]) -> None:
        """After everything held; keys that are there are never replaced."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, pem in keys.items():
            place = self.folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', name)}.pem"
            if not place.exists():
                place.write_text(pem)
        aside = self.folder / "head.json.new"
        aside.write_text(json.dumps(head, indent=1) + "\n")
        aside.replace(self.folder / "head.json")


@app.command()
def check(
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key of the log (PEM), got on another way; again for earlier ones.")
    ] = None,
    older: Annotated[list[Path] | None, typer.Option(help="A head that you kept (JSON); again for more.")] = None,
    details: Annotated[bool, typer.Option("--details", help="Check who and why, too; that is personal data.")] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Where keys and the newest head are kept.", show_default="your own state folder")
    ] = None,
    export: Annotated[Path | None, typer.Option(help="Write the export here and leave it there.")] = None,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Fetch the whole log and its head, check every leaf here, and demand that it continues the head of last time.

    Needs the platform role auditor and the package cryptography. Exit code 30: NOT VERIFIED.
    """
    with connected(profile) as client:
        kept = Kept.of(client.url, keep)
        if export:
            raise typer.Exit(_checked(client, kept, export, key or [], older or [], details, as_json))
        with tempfile.TemporaryDirectory(prefix="kilnmark-") as folder:
            place = Path(folder) / "log.jsonl"
            raise typer.Exit(_checked(client, kept, place, key or [], older or [], details, as_json))


def _checked(
    client: Client, kept: Kept, place: Path, keys: list[Path], older: list[Path], details: bool, as_json: bool
) -> Exit:
    client.audit.export(to=place, details=details, overwrite=True)
    given = keys or kept.keys()
    olders = [*older, *([kept.head()] if kept.head() else [])]
    sentences: list[str] = []
    problem = ""
    head: dict[str, Any] = {}
    try:
        for sentence in found_in(place, given, [one for one in olders if one], details, head):
            sentences.append(sentence)
            if not as_json:
                says.say(sentence.replace("\n", " "))
    except NotVerified as broken:
        problem = str(broken)
    first = not given
    if not problem:
        kept.remember(head.pop("public_keys"), head["head"])
        if first and not as_json:
            said = f"The key was taken as it came, and is kept in {kept.folder}: from now on no other is believed."
            says.say(f"{said} Compare it once with what the platform's owner gives you.", style="yellow")
    if as_json:
        said_all = {
            "verified": not problem,
            "problem": problem or None,
            "sentences": sentences,
            "head": head.get("head"),
        }
        says.document({**said_all, "kept_in": str(kept.folder), "key_taken_on_first_use": first})
    else:
        says.say(f"NOT VERIFIED: {problem}" if problem else "VERIFIED.", style="bold red" if problem else "bold green")
    return Exit.LOG_BROKEN if problem else Exit.DONE


class NotVerified(Exception):
    """Something does not hold; the sentence says what and where."""


def found_in(place: Path, keys: list[Path], olders: list[Path], details: bool, into: dict[str, Any]) -> Iterator[str]:
    """What holds, sentence by sentence; NotVerified. `into` gets the head and the keys of the file."""
    try:
        from kilnmark import verify_audit
    except SystemExit as missing:
        from kilnmark.errors import KilnmarkError

        why = "The package cryptography is missing, so nothing was checked: pip install cryptography."
        raise KilnmarkError(why) from missing
    try:
        pems = [one.read_bytes() for one in keys]
        named = [(*verify_audit.public_key(pem, one.name), pem.decode()) for pem, one in zip(pems, keys, strict=True)]
        given = {name: key for name, key, _ in named}
        heads = [
            verify_audit.Head(
                verify_audit.parsed(one.read_bytes(), one.name), f"the head in {one}", verify_audit.STAMPS
            )
            for one in olders
        ]
        with place.open("rb") as file:
            export = verify_audit.Export(file)
            yield from verify_audit.check(export, given, heads, details)
        with place.open("rb") as file:
            said = verify_audit.parsed(file.readline(), "line 1")
        into.update(head=said["head"], public_keys={name: pem for name, _, pem in named} or said["public_keys"])
    except verify_audit.Refused as refused:
        raise NotVerified(str(refused)) from refused
