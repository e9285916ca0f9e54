"""Molecules of MOL and SDF files (V2000) as a drawing: atoms at their own coordinates, bonds between them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from desk.artifact.content import NotReadable

MOST_BYTES, MOST_MOLECULES, MOST_ATOMS, MOST_BONDS = 131_072, 6, 250, 300
FARTHEST, SHARED_PX, MARGIN, GAP = 10_000.0, 40.0, 26.0, 2.6  # a bond is about SHARED_PX long
END = "$$$$"


@dataclass(frozen=True)
class Atom:
    """An atom on the drawing (px); carbon is not written where bonds meet."""

    x: float
    y: float
    element: str
    written: bool


@dataclass(frozen=True)
class Molecule:
    """One molecule: its name, formula, atoms, and the lines of its bonds (x1, y1, x2, y2)."""

    name: str
    formula: str
    atoms: tuple[Atom, ...]
    lines: tuple[tuple[float, float, float, float], ...]
    width: float
    height: float


def read_molecules(text: str, most: int = MOST_MOLECULES) -> tuple[list[Molecule], bool]:
    """The first molecules of a file, up to one that is broken or cut, and whether it has more.

    Raises NotReadable where not one can be read.
    """
    records = [part.lstrip("\r\n") if at else part for at, part in enumerate(text.split(END))]
    records = [part for part in records if part.strip()]
    if not records:
        raise NotReadable(expected="a molecule in V2000", got="nothing")
    found = [_molecule(records[0])]
    for part in records[1:most]:
        try:
            found.append(_molecule(part))
        except NotReadable:
            break
    return found, len(records) > len(found)


def _molecule(record: str) -> Molecule:
    lines = record.splitlines()
    if len(lines) < 4 or "V2000" not in lines[3]:
        raise NotReadable(expected="a molecule in V2000", got=(lines[3][:40] if len(lines) > 3 else "nothing"))
    try:
        atoms_n, bonds_n = int(lines[3][0:3]), int(lines[3][3:6])
        if not 0 < atoms_n <= MOST_ATOMS or not 0 <= bonds_n <= MOST_BONDS:
            raise NotReadable(expected=f"1 to {MOST_ATOMS} atoms", got=atoms_n)
        places = [_place(line) for line in lines[4 : 4 + atoms_n]]
        bonds = [_bond(line, atoms_n) for line in lines[4 + atoms_n : 4 + atoms_n + bonds_n]]
    except ValueError as wrong:
        raise NotReadable(expected="a molecule in V2000", got=str(wrong)[:60]) from wrong
    if len(places) < atoms_n or len(bonds) < bonds_n:
        raise NotReadable(expected="a whole molecule", got=len(places))
    return _drawn(lines[0].strip()[:80], places, bonds)


def _place(line: str) -> tuple[float, float, str]:
    x, y, element = float(line[0:10]), float(line[10:20]), line[31:34].strip()[:3]
    if not (math.isfinite(x) and math.isfinite(y) and abs(x) < FARTHEST and abs(y) < FARTHEST):
        raise ValueError("coordinates")
    if not element.isascii() or not element.isalpha():
        raise ValueError("element")
    return x, y, element


def _bond(line: str, atoms: int) -> tuple[int, int, int]:
    one, other, kind = int(line[0:3]) - 1, int(line[3:6]) - 1, int(line[6:9])
    if not (0 <= one < atoms and 0 <= other < atoms) or one == other:
        raise ValueError("bond")
    return one, other, kind


def _drawn(name: str, places: list[tuple[float, float, str]], bonds: list[tuple[int, int, int]]) -> Molecule:
    lengths = sorted(math.dist(places[one][:2], places[other][:2]) for one, other, _kind in bonds)
    usual = lengths[len(lengths) // 2] if lengths else 1.0
    scale = SHARED_PX / usual if usual > 1e-6 else SHARED_PX
    left, top = min(x for x, _y, _e in places), max(y for _x, y, _e in places)
    at = [((x - left) * scale + MARGIN, (top - y) * scale + MARGIN) for x, y, _element in places]
    bound = Counter(end for one, other, _kind in bonds for end in (one, other))
    atoms = tuple(
        Atom(round(x, 1), round(y, 1), element, element != "C" or not bound[number])
        for number, ((x, y), (_x, _y, element)) in enumerate(zip(at, places, strict=True))
    )
    lines = tuple(line for one, other, kind in bonds for line in _lines(at[one], at[other], kind))
    width, height = max(x for x, _y in at) + MARGIN, max(y for _x, y in at) + MARGIN
    return Molecule(name, _formula([place[2] for place in places]), atoms, lines, round(width, 1), round(height, 1))


def _lines(
    one: tuple[float, float], other: tuple[float, float], kind: int
) -> list[tuple[float, float, float, float]]:  # fmt: skip
    """A single, double (also aromatic) or triple bond, as so many lines side by side."""
    long = math.dist(one, other) or 1.0
    across = (other[1] - one[1]) / long * GAP, (one[0] - other[0]) / long * GAP
    shifts = {2: (-1.0, 1.0), 4: (-1.0, 1.0), 3: (-1.6, 0.0, 1.6)}.get(kind, (0.0,))
    made = []
    for shift in shifts:
        x, y = across[0] * shift, across[1] * shift
        made.append((round(one[0] + x, 1), round(one[1] + y, 1), round(other[0] + x, 1), round(other[1] + y, 1)))
    return made


def _formula(elements: list[str]) -> str:
    """Hill's order: carbon, hydrogen, the others by name; hydrogens that the file leaves out are not counted."""
    counts = Counter(elements)
    first = [element for element in ("C", "H") if element in counts and "C" in counts]
    order = first + sorted(element for element in counts if element not in first)
    return " ".join(f"{element}{counts[element] if counts[element] > 1 else ''}" for element in order)
