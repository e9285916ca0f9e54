"""`kilnmark verify FILE...`: asks the platform; with --offline and a trust bundle nobody is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kilnmark.answers.lineage import Verdict
from kilnmark.commands import says
from kilnmark.commands.exits import BY_VERDICT, Exit
from kilnmark.commands.options import Json, Profile, Project
from kilnmark.commands.session import connected
from kilnmark.verify import offline as verified_offline

WORST_FIRST = (
    Exit.ALTERED, Exit.NO_EVIDENCE, Exit.RESEMBLES, Exit.LIKELY_OURS, Exit.TAKEN_BACK, Exit.DONE,
)  # fmt: skip
COLOURS = {"ours": "bold green", "altered": "bold red", "likely_ours": "bold yellow", "resembles": "bold yellow"}
TAKEN_BACK = ("withdrawn", "revoked")


def verify(
    files: Annotated[list[Path], typer.Argument(help="Files, or zips of files.")],
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: what is on this machine decides.")] = False,
    trust: Annotated[
        Path | None,
        typer.Option(help="--offline: the platform's trust bundle (JSON), got on another way than the files."),
    ] = None,
    proof: Annotated[
        list[Path] | None,
        typer.Option(help="--offline: a log proof (JSON) or an evidence bundle, zipped or unpacked; again for more."),
    ] = None,
    project: Project = None,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Say whether FILES come from the platform, and why.

    Exit codes: 0 ours; 1 something cannot be read; 2 wrong usage; 3 altered; 4 no evidence; 5 likely ours; 6 ours, but
    withdrawn or its model revoked; 7 resembles (never offline). Of several files the first that occurs of 1, 3, 4,
    7, 5, 6, 0. Offline, FILE.c2pa beside a file is taken as its credential.
    """
    if offline and trust is None:
        raise typer.BadParameter("is needed with --offline.", param_hint="--trust")
    if not offline and (trust or proof):
        raise typer.BadParameter("is for --offline alone: say --offline, too.", param_hint="--trust, --proof")
    if offline and trust:
        raise typer.Exit(verified_offline(files, trust, proof or [], as_json))
    found: list[tuple[Path, Verdict]] = []
    for file in files:
        file.open("rb").close()  # a name that is wrong is said before anything is asked
    with connected(profile) as client:
        for file in files:
            verdict = client.verify(file, project=project)
            found.append((file, verdict))
            if not as_json:
                _tell(file, verdict)
    if as_json:
        says.document({"verdicts": [{"file": file.name, **one.raw, "exit_code": code_of(one)} for file, one in found]})
    codes = [code_of(verdict) for _, verdict in found]
    raise typer.Exit(next(code for code in WORST_FIRST if code in codes))


def code_of(verdict: Verdict) -> Exit:
    """Of one file."""
    if verdict.verdict == "ours" and verdict.stage in TAKEN_BACK:
        return Exit.TAKEN_BACK
    return BY_VERDICT.get(verdict.verdict, Exit.NO_EVIDENCE)


def _tell(file: Path, verdict: Verdict) -> None:
    if verdict.stage in TAKEN_BACK:
        says.say(f"{file.name}: CAUTION: {verdict.stage}", style="bold red")
    says.say(f"{file.name}: {verdict.verdict.replace('_', ' ').upper()}", style=COLOURS.get(verdict.verdict, "bold"))
    for one in verdict.evidence:
        says.say(f"  {one.kind}: {one.says}")
    facts: list[tuple[str, Any]] = [
        ("artifact", verdict.artifact), ("job", verdict.job), ("model version", verdict.model_version),
        ("stage", verdict.stage), ("asked as", verdict.verification),
    ]  # fmt: skip
    for name, value in facts:
        if value:
            says.say(f"  {name}: {value}")
    if verdict.verdict == "no_evidence":
        says.say('  That is not "not ours".')
