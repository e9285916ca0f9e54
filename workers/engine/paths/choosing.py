"""Which path a bundle is opened on: the one that was asked for, else the one that was chosen when it was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models_store.errors import InvalidInput
from workers.engine.paths.candidates import BASELINE, NAMES, Candidate
from workers.engine.paths.table import usable


class PathUnusable(InvalidInput):
    """The model was not published with this path."""

    code = "path_unusable"


@dataclass(frozen=True)
class Choice:
    """A path, its threads, and what decided for it."""

    candidate: Candidate
    threads: int
    why: str


def choice(said: Mapping[str, Any], *, asked: str = "", device: str = "cpu", threads: int = 1) -> Choice:
    """Of a table of paths ({} where nothing was measured) for `device` with at most `threads`.

    Raises PathUnusable where `asked` is none that passed.
    """
    if asked:
        if asked not in usable(said):
            raise PathUnusable(
                f"The model was published without the path {asked}: leave it open, or take one that passed.",
                field="params.path", expected=usable(said), got=asked,
            )  # fmt: skip
        return Choice(NAMES[asked], threads, "asked for")
    chosen = said.get("chosen")
    if not chosen:
        return Choice(BASELINE, threads, "nothing was measured")
    if (measured_on := said.get("device", "cpu").split(":")[0]) != device.split(":")[0]:
        return Choice(BASELINE, threads, f"paths were measured on {measured_on}")
    known = NAMES.get(str(chosen.get("path")))
    if known is None or not known.is_onnx:  # of a later version, or put there by hand
        return Choice(BASELINE, threads, f"the path {chosen.get('path')} is not known here")
    fewer = chosen["threads"] < said.get("threads", chosen["threads"])  # than there were: more were no faster
    return Choice(known, min(chosen["threads"], threads) if fewer else threads, chosen["why"])
