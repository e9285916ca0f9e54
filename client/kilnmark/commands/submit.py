"""`kilnmark submit KIND --input model=NAME@1 --input data=latest:NAME`: a job of any kind."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kilnmark.commands.completion import families, kinds
from kilnmark.commands.options import Json, Profile, Project, Setting, pairs, settings
from kilnmark.commands.session import connected
from kilnmark.commands.train import Key, Priority, Purpose, Seed, Wait, Watch, Window, submitted


def submit(
    kind: Annotated[str, typer.Argument(help="train, generate, evaluate, score and others.", autocompletion=kinds)],
    input_: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="ROLE=WHAT",
            help="What it works on; again for more. WHAT is an id, NAME@1 of a model, latest:NAME of data, or job:ID.",
        ),
    ] = None,
    family: Annotated[str | None, typer.Option(help="What is trained.", autocompletion=families)] = None,
    set_: Setting = None,
    name: Annotated[str | None, typer.Option(help="The model's name.")] = None,
    seed: Seed = None,
    window: Window = None,
    priority: Priority = None,
    purpose: Purpose = None,
    project: Project = None,
    key: Key = None,
    watch: Watch = False,
    wait: Wait = False,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Submit a job of any kind: evaluate, score, or a training that goes on from a model."""
    body: dict[str, Any] = {
        "inputs": dict(pairs(input_, "--input", "ROLE=WHAT")) or None, "family": family, "name": name,
        "params": settings(set_) or None, "seed": seed, "window": window, "priority": priority, "purpose": purpose,
        "project": project,
    }  # fmt: skip
    with connected(profile) as client:
        submitted(client, kind, body, key, watch, wait, as_json)
