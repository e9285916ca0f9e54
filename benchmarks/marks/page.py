"""docs/marks.md: what the marks survive, in tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from benchmarks.marks.rates import Rate
from benchmarks.marks.studies import Found
from workers.plugins import plugins

HEAD = """# Marks: what they survive, what they cost, and what they do not show

Made by `make bench-marks`; edit nothing here. Every artifact carries a label (AIGC and IPTC metadata) and a signed
credential (C2PA); pictures and texts carry a watermark besides. Label and credential are lost when metadata is
stripped: then the watermark is what may still be found. **A watermark is a hint that survives. Only a trusted signature
together with a proof of the log is evidence.**

## What must not be claimed
- That a watermark shows who made something: the forgery below makes clean pictures look marked.
- That one picture below 64 px, or one text below 600 characters, can be judged: there only a set of items is.
- That a mark survives rotation, a strong crop, regeneration by another model or, in a text, paraphrase; or that it
  cannot be removed.
- That the rate of false alarms was measured to be 1e-6: that is a bound over the choice of the key (Hoeffding 1963),
  seen to hold as far as the table of unmarked items reaches.

## Which marks there are
"""
SURVIVAL = """
## What is found after damage
An item, or the set of items that is judged together, counts as found where its statistic z clears the threshold of a
false alarm in a million over a million jobs (7.43, more where it is read in several ways). Rates have 95 % intervals
(Wilson); sets are drawn again and again from one pool, so their intervals are too narrow. Own pictures are of families
trained for a minute on handwritten digits, which hide a mark worse than photographs; the windows of the two photographs
overlap.
"""
TEXTS = """
### Texts
Drawn by an `lstm` trained here for a few minutes on English plays, at temperature 1. A lower temperature carries less.
"""
COST = """
## What it costs
PSNR and SSIM are against the same picture before its mark. A text is marked while it is drawn: its cost is how much
less likely the model finds it.
"""
NULL = """
## Items that nobody marked
Each distinct item is judged under many keys. The bound says that z reaches t with probability exp(-t^2 / 2) at most: 3
in 1.1 %, 4 in 0.034 %, 5.26 in 0.0001 %.
"""
FORGERY = """
## The averaging forgery
Somebody has 100 pictures of one job, averages them, takes off the average of pictures of the like, and pastes what is
left into clean pictures, without any key. So many of these then clear the threshold alone. Their verdict is
`likely_ours` at most, never `ours`: that takes a trusted credential or the exact bytes, and the proof of the log.
"""


def page(found: Found, facts: Mapping[str, str], day: date) -> str:
    """The page."""
    parts = [HEAD.rstrip(), "", _marks(), SURVIVAL, _survival(found.survival)]
    if found.text_survival:
        parts += [TEXTS, _survival(found.text_survival)]
    parts += [COST, _figures(found.cost)]
    if found.text_cost:
        parts += ["", _figures(found.text_cost)]
    parts += [NULL, _nulls(found), FORGERY, _table(("clean pictures of", "judged marked"), [
        (name, str(rate)) for name, rate in found.forgery.items()
    ]), "", "## Taken on"]  # fmt: skip
    return "\n".join(
        [*parts, *(f"- {name}: {value}" for name, value in {"date": day.isoformat(), **facts}.items()), ""]
    )


def _marks() -> str:
    rows = [(f"`{name}`", one.modality, one.summary, one.single_item) for name, one in sorted(plugins("mark").items())]
    return _table(("mark", "of", "in short", "one item is judged from"), rows)


def _survival(cases: Mapping[str, Mapping[str, Rate]]) -> str:
    """Damages down, cases across."""
    names = list(cases)
    damages = list(next(iter(cases.values())))
    return _table(("damage", *names), [(of, *(str(cases[name][of]) for name in names)) for of in damages])


def _figures(of: Mapping[str, Mapping[str, float]]) -> str:
    columns = list(next(iter(of.values())))
    return _table(("of", *columns), [(name, *(f"{each[one]:.3g}" for one in columns)) for name, each in of.items()])


def _nulls(found: Found) -> str:
    levels = list(next(iter(found.nulls.values())).reached)
    head = ("items", "distinct items", "keys", "sd of z", "largest z", *(f"z >= {level:g}" for level in levels))
    rows = [
        (
            name,
            str(one.items),
            str(one.keys),
            f"{one.deviation:.2f}",
            f"{one.largest:.2f}",
            *(f"{rate.hits} of {rate.n}" for rate in one.reached.values()),
        )
        for name, one in found.nulls.items()
    ]
    return _table(head, rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))
