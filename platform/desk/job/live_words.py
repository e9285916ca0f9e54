"""What the scripts of a job's page say, in the reader's language: progress and the names of curves come as figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.job.report import curve_names
from desk.model.figure_order import qualities, ways
from desk.words.sentences import in_language

UNITS = ("steps", "files", "images", "items", "samples", "characters")
PLACE = "{}"


def live_words(drawn: Iterable[str]) -> dict[str, Any]:
    """`{}` stands for a number; of times left there is one form for one and one for many.

    `drawn` are the curves that there are; of those that say how good the model is, `qualities` holds which way is
    better, in their order: the figures of metrics that workers announced may still come.
    """
    place = {"count": PLACE}
    good = qualities({*drawn, *ways()})
    return {
        "done": _("%(done)s of %(total)s %(unit)s") % {"done": "{done}", "total": "{total}", "unit": "{unit}"},
        "units": {name: in_language(name) for name in UNITS},
        "left": {
            "second": [
                ngettext("about %(count)s second left", "about %(count)s seconds left", n) % place for n in (1, 2)
            ],
            "minute": [
                ngettext("about %(count)s minute left", "about %(count)s minutes left", n) % place for n in (1, 2)
            ],
            "hour": [ngettext("about %(count)s hour left", "about %(count)s hours left", n) % place for n in (1, 2)],
        },
        "step": _("Step"),
        "value": _("Value"),
        "sample": _("Sample grid at step %(step)s") % {"step": PLACE},
        "at": _("Step %(step)s") % {"step": PLACE},
        "play": _("Play"),
        "pause": _("Pause"),
        "curves": curve_names({*drawn, *good}),
        "qualities": good,
    }
