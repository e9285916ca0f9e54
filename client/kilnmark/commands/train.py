"""`kilnmark train DATA --family dcgan --set steps=300 --watch`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kilnmark.answers.jobs import Job
from kilnmark.commands import says
from kilnmark.commands.completion import datasets, families, kinds, windows
from kilnmark.commands.exits import code_of_state
from kilnmark.commands.options import Json, Profile, Project, Setting, settings
from kilnmark.commands.session import connected
from kilnmark.commands.watch import told, watched

if TYPE_CHECKING:
    from kilnmark import Client

Window = Annotated[str | None, typer.Option(help="Name or id: it runs in these hours only.", autocompletion=windows)]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Watch it until it has ended.")]
Wait = Annotated[bool, typer.Option("--wait", help="Answer once it has ended, or waits for a person.")]
Key = Annotated[str | None, typer.Option("--key", help="Idempotency-Key: the same key is the same job for 24 hours.")]
Seed = Annotated[str | None, typer.Option(help="A whole number below 2**63.")]
Purpose = Annotated[str | None, typer.Option(help="What for.")]
Priority = Annotated[int | None, typer.Option(min=-100, max=100)]


def train(
    data: Annotated[
        str,
        typer.Argument(help="A data set's name (its newest version), or the id of a version.", autocompletion=datasets),
    ],
    family: Annotated[str, typer.Option(help="What is trained.", autocompletion=families)],
    preset: Annotated[str | None, typer.Option(help="Of the family: quick, balanced, overnight.")] = None,
    set_: Setting = None,
    name: Annotated[str | None, typer.Option(help="The model's name.")] = None,
    seed: Seed = None,
    then: Annotated[
        list[str] | None,
        typer.Option(
            help="What comes once it has succeeded: evaluate, generate=64; again for more.", autocompletion=kinds
        ),
    ] = None,
    window: Window = None,
    priority: Priority = None,
    purpose: Purpose = None,
    intended_use: Annotated[str | None, typer.Option(help="What the model is meant for.")] = None,
    project: Project = None,
    key: Key = None,
    watch: Watch = False,
    wait: Wait = False,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Train a model. Without --watch or --wait it answers as soon as the job is taken."""
    body: dict[str, Any] = {
        "dataset_version": dataset_version(data), "family": family, "name": name, "seed": seed, "window": window,
        "priority": priority, "purpose": purpose, "intended_use": intended_use, "project": project,
    }  # fmt: skip
    if then:
        body["then"] = [following(one) for one in then]
    with connected(profile) as client:
        body["params"] = (preset_of(client, family, preset) if preset else {}) | settings(set_)
        submitted(client, "train", body, key, watch, wait, as_json)


def dataset_version(data: str) -> str:
    """As a body names it."""
    return data if is_id(data) or ":" in data else f"latest:{data}"


def is_id(said: str) -> bool:
    """Whether it is a UUID."""
    try:
        return str(uuid.UUID(said)) == said.lower()
    except ValueError:
        return False


def following(said: str) -> dict[str, Any]:
    """`evaluate`, or `generate=64`, as the body of a job."""
    kind, sign, count = said.partition("=")
    if sign and not count.isdecimal():
        raise typer.BadParameter(f"expected KIND or KIND=COUNT, got {said!r}.", param_hint="--then")
    return {"kind": kind} | ({"count": int(count)} if sign else {})


def preset_of(client: Client, family: str, name: str) -> dict[str, Any]:
    """The values of a family's preset."""
    plugin = next((one for one in client.plugins.list(kind="family") if one.name == family), None)
    presets = {one["name"]: one["values"] for one in (plugin.abilities.get("presets") or ())} if plugin else {}
    if plugin and name not in presets:
        known = ", ".join(presets) or "none"
        raise typer.BadParameter(f"{family} has no preset {name!r}; there are: {known}.", param_hint="--preset")
    return dict(presets.get(name, {}))


def submitted(
    client: Client, kind: str, body: dict[str, Any], key: str | None, watch: bool, wait: bool, as_json: bool
) -> Job:
    """Submit, and watch or wait where that was asked for; leaves with the exit code of the job's outcome."""
    said = {name: value for name, value in body.items() if value is not None}
    job = client.jobs.submit(kind, key=key, **said)
    if (watch or wait) and not as_json:
        says.aside(f"job {job.id}")
    if watch:
        raise typer.Exit(watched(client, job, as_json))
    if wait:
        job = client.jobs.wait(job.id, still=True)
    if as_json:
        says.document(job.raw)
    elif wait:
        says.say(job.id, job.state)
        told(job)
    else:
        says.say(job.id)
        for warning in job.warnings:
            says.fault(f"{warning.detail} ({warning.code})", kind="warning")
        says.aside(f"{job.state}. To watch it: kilnmark watch {job.id}")
    if wait:
        raise typer.Exit(code_of_state(job.state))
    return job
