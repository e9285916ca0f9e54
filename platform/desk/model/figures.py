"""The figures of a model version in words and numbers: losses, scores, evaluations, how exact its export is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import ModelVersion
from desk.job.amounts import rounded
from desk.model.class_shares import Shares, class_shares
from desk.model.figure_names import CLASS_SHARE, REAL, figure_name, on_network, unit_of, unit_said
from desk.model.figure_order import comes_first, in_words, rank, way, ways
from desk.model.measured import Measured

HEADLINES = 3  # figures on a card of the list
NOTHING = "—"


@dataclass(frozen=True)
class Figure:
    """One row of a table."""

    name: str
    title: str
    value: str
    unit: str = ""
    n: str = ""
    interval: str = ""
    way: str = ""  # which way is better, in words
    about: str = ""  # what it was measured on
    job: str = ""


@dataclass(frozen=True)
class Report:
    """Figures by what people ask for first; `classes` are the shares of the classes as one picture."""

    first: tuple[Figure, ...]
    more: tuple[Figure, ...]
    classes: Shares | None
    about: str = ""  # what all of them were measured on, by `job`; "" where that differs: then the rows say it
    job: str = ""

    @property
    def networks(self) -> str:
        """Whose features figures are of, by name; "" where none is."""
        found = (on_network(one.name.removesuffix(REAL)) for one in (*self.first, *self.more))
        return ", ".join(sorted({said[1] for said in found if said}))


def counted(n: int | None) -> str:
    """How many items a figure is of."""
    return f"{n:,}" if n is not None else ""


def interval(low: float | None, high: float | None) -> str:
    """The bounds of a figure."""
    return f"{rounded(low)} – {rounded(high)}" if low is not None and high is not None else ""


def figure(name: str, said: Mapping[str, Any], announced: dict[str, str], **more: str) -> Figure:
    """A row of what a metric found: {value, low, high, n, unit}."""
    value, span = said.get("value"), interval(said.get("low"), said.get("high"))
    return Figure(
        name=name, title=figure_name(name), value=NOTHING if value is None else rounded(value),
        unit=unit_said(said.get("unit")), n=counted(said.get("n")), interval=span,
        way=in_words(way(name, announced)), **more,
    )  # fmt: skip


def report(metrics: Mapping[str, Mapping[str, Any]]) -> Report:
    """What an evaluation found."""
    announced = ways()
    rows = [figure(name, said, announced) for name, said in metrics.items()]
    return _ordered(rows, class_shares(metrics))


def evaluated(found: Mapping[str, Measured]) -> Report:
    """What evaluations found, newest of each; where all were measured by one job, that is said once."""
    announced = ways()
    told = {name: one.said for name, one in found.items()}
    of = {(str(one.data or ""), str(one.job.pk)) for one in found.values()}
    about, job = of.pop() if len(of) == 1 else ("", "")
    rows = [
        figure(name, told[name], announced, about="" if job else str(one.data or ""), job=str(one.job.pk))
        for name, one in found.items()
    ]
    return _ordered(rows, class_shares(told), about=about, job=job)


def _ordered(rows: Iterable[Figure], classes: Shares | None, **more: str) -> Report:
    """Where nothing is asked for first, all of it is."""
    known = sorted((one for one in rows if not one.name.startswith(CLASS_SHARE)), key=lambda one: rank(one.name))
    first = tuple(one for one in known if comes_first(one.name))
    rest = tuple(one for one in known if not comes_first(one.name))
    return Report(first or rest, rest if first else (), classes, **more)


def learned(version: ModelVersion) -> list[Figure]:
    """What the training itself said: scores on unseen items first, then the losses at its end."""
    scores = [
        figure(f"holdout_{name}", said | {"unit": unit_of(name)}, {})
        for name, said in version.metrics.get("holdout", {}).items()
    ]
    losses = version.metrics.get("losses", {})
    return scores + [
        figure(name, {"value": value, "unit": unit_of(name)}, {})
        for name, value in sorted(losses.items())
        if isinstance(value, int | float)
    ]


def headlines(version: ModelVersion) -> list[Figure]:
    """The few of `learned` that a card has room for."""
    return learned(version)[:HEADLINES]


def parity(version: ModelVersion) -> dict[str, Any]:
    """How far the exported graph is from the trained network: sentences, and the differences by batch size."""
    said = version.metrics.get("parity", {})
    if "max_abs_diff" not in said:
        return {}
    words = {"got": f"{said['max_abs_diff']:.2g}", "allowed": f"{said.get('tolerance', 0):.2g}"}
    lines = [
        _("The exported graph differs from the trained network by at most %(got)s; %(allowed)s is allowed.") % words
    ]
    if said.get("tolerance") and said["max_abs_diff"]:
        share = {"times": f"{said['tolerance'] / said['max_abs_diff']:,.0f}"}
        lines.append(_("That is %(times)s times closer than it has to be.") % share)
    if tokens := said.get("tokens", {}).get("compared"):
        chosen = ngettext(
            "%(count)s token was compared: all are the same.",
            "%(count)s tokens were compared: all are the same.",
            tokens,
        )
        lines.append(chosen % {"count": f"{tokens:,}"})
    batches = sorted(said.get("batches", {}).items(), key=lambda one: int(one[0]))
    return {"lines": lines, "batches": [(int(size), f"{apart:.2g}") for size, apart in batches]}


def bundle(version: ModelVersion) -> list[tuple[str, str]]:
    """What is known of the bundle itself."""
    said = [(_("Files"), str(len(version.files)))]
    if size := version.metrics.get("onnx_bytes"):
        said.append((_("Size of the graphs"), filesizeformat(size)))
    return said
