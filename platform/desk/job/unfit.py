"""Why a method cannot learn from data, as far as that can be known before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from catalog.models import DatasetVersion, Plugin
from catalog.plugins import available
from desk.job.input_fields import data_role
from desk.job.parameter_fields import title_of
from desk.words.sentences import sentence
from jobs.fitting import check
from jobs.request import is_there
from models_store.errors import ProductError


def unfit(kind: Plugin, family: Plugin, version: DatasetVersion) -> str:
    """The reason in words; "" where it can learn from them."""
    role = data_role(kind, family)
    if not role:
        return _("It learns from no data.")
    if not is_there(version):
        return _("The data are not ready yet.")
    try:
        check(kind, family, {role: version})
    except ProductError as error:
        return _in_words(version, error)
    return ""


def _in_words(version: DatasetVersion, error: ProductError) -> str:
    """What the method learns from and what these data are, where that is the reason."""
    if error.code == "wrong_modality":
        titles = {row.name: title_of(row) for row in available("modality")}
        wanted = ", ".join(titles.get(name, name) for name in error.expected)
        words = {"wanted": wanted, "is": titles.get(version.dataset.modality, version.dataset.modality)}
        return _("It learns from: %(wanted)s. These data: %(is)s.") % words
    if error.code == "wrong_shape":
        words = {"wanted": _sizes(error.expected), "is": _size(error.got)}
        return _("It takes items of these sizes: %(wanted)s. These are %(is)s.") % words
    return sentence(error)


def _sizes(shapes: Sequence[Sequence[int]]) -> str:
    """Many shapes in few words: sizes with the same colours together."""
    colours: dict[str, list[str]] = {}
    for shape in shapes:
        if len(shape) != 3:
            return ", ".join(dict.fromkeys(map(_size, shapes)))
        colours.setdefault(f"{shape[2]} × {shape[1]}", []).append(_colour(shape[0]))
    alike: dict[str, list[str]] = {}
    for size, found in colours.items():
        alike.setdefault(_(" or ").join(dict.fromkeys(found)), []).append(size)
    return "; ".join(f"{', '.join(sizes)} px ({found})" for found, sizes in alike.items())


def _colour(channels: int) -> str:
    return {1: _("grey"), 3: _("colour"), 4: _("with transparency")}.get(channels, str(channels))


def _size(shape: Sequence[int] | None) -> str:
    """(channels, height, width) as people say it."""
    if not shape or len(shape) != 3:
        return " × ".join(map(str, shape or ())) or "—"
    channels, height, width = shape
    return f"{width} × {height} px ({_colour(channels)})"
