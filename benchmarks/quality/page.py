"""docs/quality.md from what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from benchmarks.quality.sets import SETS
from benchmarks.quality.study import Study

HEAD = """# How good the image families are

Written by `make bench-quality`; what was found is kept in docs/quality/. Each family was trained with the budget that
stands beside it (CPU time of all threads; on two cores half of it on the clock), exported, sampled as many times as
stands beside it and measured by an evaluate job ([metrics](metrics.md)). Each family has its default preset, but vae
the one by class, ddpm and flow_matching the one for small pictures; with as many steps as the budget has, and nothing
tuned to a set. Pictures of 32 px. Values in brackets are 95 % intervals. FID falls with the number of samples: compare
rows of as many.

`fid` and `kid` are on the embedder `{embedder}`, never on Inception: they compare with one another, not with figures of
papers. `resample` hands out training items again: its figures are those of a perfect copyist. The shares, the least
and the largest of a class, are of the labels that a judge gives, a small network that learned the real classes: cgan,
stylegan2, vae, ddpm and flow_matching are asked for all classes alike, so theirs differ where pictures are taken for
another class.

A minute of one machine is not a minute of another: beside the budget of a row stand its steps, and with its day the
machine that it was measured on.

{machines}
"""
ACROSS = 3  # grids in a row
COLUMNS = (  # beginning of a figure's name, heading, digits
    ("fid_", "FID", 1),
    ("kid_", "KID x 1000", 2),
    ("precision_lite0_", "precision", 2),
    ("recall_lite0_", "recall", 2),
    ("coverage_lite0_", "coverage", 2),
    ("synthetic_accuracy", "trained on synthetic, right on real", 3),
    ("synthetic_ratio", "of trained on real", 3),
    ("near_copies", "near copies", 3),
)


def page(studies: Sequence[Study], seen: Mapping[str, str]) -> str:
    """The whole page; `seen` is what the grids of a set show, in words."""
    names = [name for one in studies for name in one.figures if name.startswith("fid_")]
    embedder = names[0].removeprefix("fid_") if names else "none"
    letters = lettered(studies)
    machines = "\n".join(f"- {letter}: {facts}" for facts, letter in letters.items())
    parts = [HEAD.format(embedder=embedder, machines=machines)]
    for name, real in SETS.items():
        mine = [study for study in studies if study.data == name]
        if mine:
            parts.append(section(name, real.title, mine, letters, seen.get(name, "")))
    return "\n".join(parts)


def lettered(studies: Sequence[Study]) -> dict[str, str]:
    """A letter for each machine, by its facts; machines differ in versions, too."""
    found = dict.fromkeys(told(study.machine) for study in sorted(studies, key=lambda one: one.day))
    return dict(zip(found, ascii_uppercase, strict=False))


def told(machine: Mapping[str, str]) -> str:
    """The facts of a machine in one line."""
    return ", ".join(machine.values())


def section(name: str, title: str, studies: Sequence[Study], letters: Mapping[str, str], seen: str) -> str:
    """One data set: the table, what is seen, and the grids."""
    heads = [
        "family",
        "budget (CPU min)",
        "steps",
        "samples",
        *(heading for _, heading, _ in COLUMNS),
        "classes' shares",
        "measured",
    ]
    lines = [f"## {title}", "", "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row(study, letters)) + " |" for study in studies]
    return "\n".join([*lines, "", *([seen, ""] if seen else []), *grids(name, title, studies), ""])


def grids(name: str, title: str, studies: Sequence[Study]) -> list[str]:
    """The last sample grids of all families, as rows of a table."""
    lines = []
    for start in range(0, len(studies), ACROSS):
        some = studies[start : start + ACROSS]
        pictures = (f"![{one.family} on {title}](quality/{name}-{one.family}.png)" for one in some)
        lines += ["| " + " | ".join(one.family for one in some) + " |", "|" + "---|" * len(some)]
        lines += ["| " + " | ".join(pictures) + " |", ""]
    return lines


def row(study: Study, letters: Mapping[str, str]) -> list[str]:
    """One family."""
    samples = (figure(study, "fid_") or {}).get("n", 0)
    cells = [study.family, f"{study.train_cpu_s / 60:.1f}", f"{study.steps:,}", f"{samples:,}"]
    for name, _, digits in COLUMNS:
        cells.append(cell(figure(study, name), digits, 1000 if name == "kid_" else 1))
    return [*cells, shares(study), f"{study.day} {letters[told(study.machine)]}"]


def figure(study: Study, name: str) -> Mapping[str, Any] | None:
    """The figure of that name, or the one whose name begins so, where it ends with an underscore."""
    if name.endswith("_"):
        return next((said for key, said in study.figures.items() if key.startswith(name)), None)
    return study.figures.get(name)


def cell(said: Mapping[str, Any] | None, digits: int, scale: float = 1) -> str:
    """`value [low, high]`, or a dash."""
    if said is None:
        return "-"
    value = f"{said['value'] * scale:.{digits}f}"
    if said.get("low") is None:
        return value
    return f"{value} [{said['low'] * scale:.{digits}f}, {said['high'] * scale:.{digits}f}]"


def shares(study: Study) -> str:
    """The least and the largest share of a class among the samples."""
    found = [said["value"] for name, said in study.figures.items() if name.startswith("class_share_")]
    return f"{min(found):.1%} to {max(found):.1%}" if found else "-"
