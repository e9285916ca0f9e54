"""What was found, kept in the repository beside the page's pictures: docs/quality/SET.json and SET-FAMILY.png.

Beside them SET.md is what a person saw who looked at the grids, written by hand. A run replaces the rows of what it
measured and no others, so the page outlives the machine it was made on.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from benchmarks.quality.plans import PLANS
from benchmarks.quality.study import Study


def kept(name: str, folder: Path) -> list[Study]:
    """What is kept of that set, in the order of the plans."""
    file, order = folder / f"{name}.json", [plan.family for plan in PLANS]
    said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return [Study(family, name, **said[family]) for family in order if family in said]


def keep(study: Study, grid: Path, folder: Path) -> None:
    """This study and its grid in place of those before of its family and set."""
    studies = {one.family: one for one in kept(study.data, folder)} | {study.family: study}
    said = {family: one.as_dict() for family, one in sorted(studies.items())}
    folder.mkdir(exist_ok=True)
    (folder / f"{study.data}.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    if grid.is_file():
        shutil.copy(grid, folder / f"{study.data}-{study.family}.png")


def seen(name: str, folder: Path) -> str:
    """What a person saw in the grids of that set; empty where nobody has said it."""
    file = folder / f"{name}.md"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
