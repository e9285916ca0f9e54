"""The figures of a model version in words and numbers: losses, scores, evaluations, how exact its export is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import ModelVersion
from desk.model.figure_names import CLASS_SHARE, figure_name, unit_of
from desk.model.measured import Measured

HEADLINES = 3  # figures on a card of the list


@dataclass(frozen=True)
class Figure:
    """One row of a table."""

    title: str
    value: str
    unit: str
    n: str
    interval: str = ""
    about: str = ""  # what it was measured on
    job: str = ""


def learned(version: ModelVersion) -> list[Figure]:
    """What the training itself said: scores on unseen items first, then the losses at its end."""
    scores = [
        Figure(figure_name(f"holdout_{name}"), f"{said['value']:.4g}", unit_of(name), f"{said['n']:,}")
        for name, said in version.metrics.get("holdout", {}).items()
    ]
    losses = version.metrics.get("losses", {})
    return scores + [
        Figure(figure_name(name), f"{value:.4g}", unit_of(name), "")
        for name, value in sorted(losses.items())
        if isinstance(value, int | float)
    ]


def evaluated(found: Mapping[str, Measured]) -> list[Figure]:
    """What evaluations found, newest of each."""
    return [
        Figure(
            figure_name(one.name), f"{one.value:.4g}", one.unit, f"{one.n:,}" if one.n is not None else "",
            f"{one.low:.4g} – {one.high:.4g}" if one.low is not None and one.high is not None else "",
            str(one.data or ""), str(one.job.pk),
        )
        for one in sorted(found.values(), key=lambda one: (one.name.startswith(CLASS_SHARE), one.name))
    ]  # fmt: skip


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
