"""Which figures are asked for first, which way each is better, and which say how good a model is while it learns."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from catalog.plugins import available
from desk.model.figure_names import CLASS_SHARE, HOLDOUT, REAL, on_network

FIRST = (  # without the network that they are of; what is not here comes later, by name
    "synthetic_ratio", "synthetic_accuracy", "fid", "kid", "precision", "recall", "coverage", "near_copies",
    "trigram_divergence", "known_words", "reconstruction_psnr", "anomaly_auroc", "anomaly_recall", "false_alarm_rate",
    "anomaly_rate", "anomaly_threshold",
)  # fmt: skip
HIGHER, LOWER = "higher", "lower"
KNOWN = (
    dict.fromkeys(
        ("synthetic_ratio", "synthetic_accuracy", "synthetic_f1", "synthetic_recall", "precision", "recall", "coverage",
         "confident_share", "reconstruction_psnr", "reconstruction_ssim", "anomaly_auroc", "anomaly_recall"),
        HIGHER,
    )
    | dict.fromkeys(("fid", "kid", "trigram_divergence", "reconstruction_mse", "false_alarm_rate"), LOWER)
)  # fmt: skip
WORDS = {HIGHER: gettext_noop("higher is better"), LOWER: gettext_noop("lower is better")}


def stem(name: str) -> str:
    """A figure without the network that it is of."""
    found = on_network(name)
    return found[0] if found else name


def rank(name: str) -> tuple[int, bool, str]:
    """Where a figure stands among others: those people ask for first, then by name; shares of classes last.

    One on a named network, which others can be compared with, stands before its like on a network of the data's own.
    """
    if name.startswith(CLASS_SHARE):
        return len(FIRST) + 1, False, name
    place = FIRST.index(stem(name)) if stem(name) in FIRST else len(FIRST)
    return place, place < len(FIRST) and on_network(name) is None, name


def comes_first(name: str) -> bool:
    """Whether it is one of those that people ask for first."""
    return stem(name) in FIRST


def ways() -> dict[str, str]:
    """Of headline figures, which way is better ("higher", "lower"), as their metrics announced it: one query."""
    said = [row.abilities for row in available("metric")]
    known = {one.get("headline", ""): one.get("better", "none") for one in said}
    return {name: way for name, way in known.items() if name}


def way(name: str, announced: dict[str, str]) -> str:
    """Either "higher" or "lower"; "" where neither is better. What metrics `announced` (`ways`) comes first."""
    if name.startswith(HOLDOUT):
        return LOWER  # losses, on items that the model has not seen
    if name.endswith(REAL):
        return ""  # what real items reach: nothing that a model could be better at
    said = announced.get(name) or KNOWN.get(stem(name), "")
    return said if said in WORDS else ""


def in_words(said: str) -> str:
    """Of `way`, in the reader's language."""
    return _(WORDS[said]) if said in WORDS else ""


def qualities(names: Iterable[str]) -> dict[str, str]:
    """Those among the names of curves that say how good the model is, and are no losses: name -> which way, in words.

    Figures that a metric takes on a schedule carry the name of its headline; they come in the order of `rank`.
    """
    announced = ways()
    known = {name for name in names if name in announced or on_network(name)}
    return {name: in_words(way(name, announced)) for name in sorted(known, key=rank)}
