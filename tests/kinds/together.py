"""Generate orders that run together, as a parent sends them: their folders, and what is heard of each."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from models_store.keys import Keyring
from models_store.signing import sign_es256
from tests.contract.toys.attempts import ROLES, order
from tests.home import HOME
from workers.engine.running import run_together

LAST = ("result", "stopped", "failure")
Heard = list[dict[str, Any]]
Deed = Callable[[int, dict[str, Any]], object]


class Ear(io.StringIO):
    """The pipe that the parent reads; `deed(place, report)` is done at each report, as it comes."""

    def __init__(self, deed: Deed) -> None:
        super().__init__()
        self.deed = deed

    def write(self, line: str) -> int:
        said = json.loads(line)
        self.deed(said.get("of", 0), said)
        return super().write(line)


def together(folder: Path, model: Mapping[str, str], *jobs: Mapping[str, Any], deed: Deed = lambda *_: None) -> Heard:
    """Run these jobs over one model in one go; all reports in the order in which they were heard."""
    ear, sign = Ear(deed), partial(sign_es256, Keyring.load(HOME / "keys").credential)
    orders = []
    for place, said in enumerate(jobs):
        at = place_of(folder, place)
        at.mkdir(parents=True)
        body = order("generate", inputs=dict(zip(ROLES, [model], strict=False))) | said
        (at / "order.json").write_text(json.dumps(body))
        orders.append({"folder": str(at), "secrets": {"mark_key": mark_key_of(place)}})
    run_together(orders, ear, sign=sign)
    return [json.loads(line) for line in ear.getvalue().splitlines()]


def mark_key_of(place: int) -> str:
    """Each has its own, in hex."""
    return f"{place:02x}" * 32


def place_of(folder: Path, place: int) -> Path:
    """The attempt folder of one of them."""
    return folder / str(place)


def want(folder: Path, place: int, said: str) -> None:
    """What the parent asks of one of them."""
    (place_of(folder, place) / "control.json").write_text(json.dumps({"want": said}))


def of(heard: Heard, place: int, type_: str = "") -> Heard:
    """What was heard of one of them."""
    return [said for said in heard if said.get("of", 0) == place and type_ in ("", said["type"])]


def end_of(heard: Heard, place: int) -> dict[str, Any]:
    """The one last report of one of them, after which nothing was heard of it."""
    *_, last = of(heard, place)
    assert [said["type"] for said in of(heard, place) if said["type"] in LAST] == [last["type"]]
    return last


def content(heard: Heard, place: int) -> dict[int, str]:
    """Index -> content_sha256 of what one of them made."""
    return {item["index"]: item["content_sha256"] for said in of(heard, place, "artifacts") for item in said["items"]}
