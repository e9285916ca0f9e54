"""The studies of `make bench-marks`, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.marks import damage, forgery, made, survival, unmarked
from benchmarks.marks.rates import Rate
from benchmarks.marks.survival import KEY, Case
from workers.marks.dct_luma import DctLuma, psnr_db
from workers.marks.green_list import GreenList

SETS = {32: (16, 64), 64: (1, 16), 128: (1,)}  # of own pictures by size: how many are judged together
PHOTOGRAPHS = (64, 128, 256)
LENGTHS = (256, 600)
BONUSES = (2.0, 4.0)
FORGER_HAS = 100


@dataclass
class Found:
    """Everything that was found."""

    survival: dict[str, dict[str, Rate]] = field(default_factory=dict)
    text_survival: dict[str, dict[str, Rate]] = field(default_factory=dict)
    cost: dict[str, dict[str, float]] = field(default_factory=dict)
    text_cost: dict[str, dict[str, float]] = field(default_factory=dict)
    nulls: dict[str, unmarked.Null] = field(default_factory=dict)
    forgery: dict[str, Rate] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        survived = {**self.survival, **self.text_survival}
        return {
            "survival": {case: {of: rate.as_dict() for of, rate in each.items()} for case, each in survived.items()},
            "cost": {**self.cost, **self.text_cost},
            "null": {
                name: {"items": one.items, "keys": one.keys, "deviation": one.deviation, "largest": one.largest}
                | {f"reached {level}": rate.as_dict() for level, rate in one.reached.items()}
                for name, one in self.nulls.items()
            },
            "forgery": {name: rate.as_dict() for name, rate in self.forgery.items()},
        }


def all_of(items: int, unmarked_items: int) -> Found:
    """Every study, with so many items each."""
    found = Found()
    for about, study in (
        ("pictures", pictures), ("forgery", forgeries), ("unmarked pictures", empty_pictures),
    ):  # fmt: skip
        print(f"{about} ...", flush=True)
        study(found, unmarked_items if "unmarked" in about else items)
    if made.ENGLISH.is_file():
        for about, study in (("texts", texts), ("unmarked texts", empty_texts)):
            print(f"{about} ...", flush=True)
            study(found, unmarked_items if "unmarked" in about else items)
    else:
        print(f"texts are left out: {made.ENGLISH.parent.name} is not here", flush=True)
    return found


def pictures(found: Found, items: int) -> None:
    """What a picture's mark survives, of our own pictures and of photographs, and what it costs."""
    mark = DctLuma()
    for name, size_px, together, plain in _sources(items):
        marked = [mark.embed(item, KEY) for item in plain]
        found.cost[f"{name}, {size_px} px"] = {
            "PSNR (dB)": survival.average(psnr_db, plain, marked),
            "SSIM": survival.average(survival.structural_similarity, plain, marked),
        }
        for count in together:
            said = "alone" if count == 1 else f"sets of {count}"
            case = Case(f"{name}, {size_px} px, {said}", mark, marked, count)
            found.survival[case.name] = survival.survived(case, damage.PICTURES)


def _sources(items: int) -> Iterator[tuple[str, int, tuple[int, ...], list[np.ndarray]]]:
    for size_px, together in SETS.items():
        yield f"made by {made.FAMILIES[size_px][0]}", size_px, together, made.pictures(size_px, items)
    for size_px in PHOTOGRAPHS:
        yield "photographs", size_px, (1,), made.photographs(size_px, items // 4)


def texts(found: Found, items: int) -> None:
    """What a text's mark survives, by length and bonus, and what it costs in likelihood."""
    for bonus in BONUSES:
        for length in LENGTHS:
            case = Case(
                f"{length} characters, bonus {bonus:g}", GreenList(bonus=bonus),
                made.texts(KEY, items // 4, length, 1.0, bonus),
            )  # fmt: skip
            found.text_survival[case.name] = survival.survived(case, damage.TEXTS)
        marked, plain = (made.texts(key, 32, 400, 1.0, bonus) for key in (KEY, b""))
        found.text_cost[f"bonus {bonus:g}"] = {
            "nats a character, marked": made.surprise(marked),
            "nats a character, unmarked": made.surprise(plain),
        }


def empty_pictures(found: Found, items: int) -> None:
    """Digits that people wrote and pictures that our models made, none of them marked."""
    half = items // 2
    for size_px in (32, 64):
        plain = [*made.digits(size_px)[:half], *made.pictures(size_px, half)]
        found.nulls[f"pictures of {size_px} px"] = unmarked.null(DctLuma(), plain)


def empty_texts(found: Found, items: int) -> None:
    """Pieces of plays and texts that our model made, none of them marked."""
    for length in (100, 400):
        plain = [*made.english(items // 2, length), *made.texts(b"", items // 2, length, 1.0, 2.0)]
        found.nulls[f"texts of {length} characters"] = unmarked.null(GreenList(), plain)


def forgeries(found: Found, items: int) -> None:
    """The averaging forgery at 64 px and 128 px, by somebody who has a hundred pictures of one job."""
    mark = DctLuma()
    for size_px in (64, 128):
        marked = [mark.embed(item, KEY) for item in made.pictures(size_px, FORGER_HAS)]
        alike = list(made.digits(size_px)[:FORGER_HAS])
        clean = list(made.digits(size_px)[FORGER_HAS : FORGER_HAS + items])
        pasted = forgery.residual(marked, alike)
        found.forgery[f"{size_px} px, before"] = forgery.found(mark, KEY, clean)
        for gain in (1.0, 2.0):
            name = f"{size_px} px, residual times {gain:g}"
            found.forgery[name] = forgery.found(mark, KEY, forgery.forged(clean, pasted, gain))
