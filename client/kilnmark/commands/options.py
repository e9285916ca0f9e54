"""Options that several commands have, and what the shell completes them with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kilnmark.commands.completion import jobs, models, projects

Json = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")]
Profile = Annotated[
    str | None, typer.Option("--profile", envvar="KILNMARK_PROFILE", help="Which login to use.", show_envvar=False)
]
Project = Annotated[
    str | None, typer.Option("--project", help="Name or id; else your first one.", autocompletion=projects)
]
JobId = Annotated[str, typer.Argument(help="The id of a job.", metavar="JOB", autocompletion=jobs)]
ModelName = Annotated[
    str, typer.Argument(help="NAME@NUMBER, NAME@ALIAS or the id of a version.", metavar="MODEL", autocompletion=models)
]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A parameter; again for more. VALUE is JSON or a word."),
]


def settings(said: Sequence[str] | None, option: str = "--set") -> dict[str, Any]:
    """KEY=VALUE pairs; a value is JSON where it is valid JSON, else the text itself."""
    return {name: _value(text) for name, text in pairs(said, option)}


def pairs(said: Sequence[str] | None, option: str, form: str = "KEY=VALUE") -> list[tuple[str, str]]:
    """What was said as KEY=VALUE, each key once."""
    found: dict[str, str] = {}
    for pair in said or ():
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"expected {form}, got {pair!r}.", param_hint=option)
        if name in found:
            raise typer.BadParameter(f"{name} is said twice.", param_hint=option)
        found[name] = value
    return list(found.items())


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
