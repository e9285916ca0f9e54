"""What the page of a job says of its guards: near copies found, what was withheld, and the pairs to whoever may see."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from desk.words.sentences import in_language
from jobs.models import Job
from jobs.near_pairs import may_see

MOST_LISTED = 50


def judged(job: Job, user: User) -> dict[str, Any]:
    """`near` as sentences, `withheld` as [index, guard, reason], and whether there are `pairs` for this person."""
    withheld = job.result.get("withheld", [])
    count = job.result.get("withheld_count", len(withheld))
    return {
        "near": near_sentences(job.result.get("near_copies") or {}),
        "withheld": [(one["index"], one["guard"], in_language(one["says"])) for one in withheld[:MOST_LISTED]],
        "withheld_count": count,
        "withheld_more": max(0, count - MOST_LISTED),
        "pairs": may_see(user, job),
    }


def near_sentences(said: dict[str, Any]) -> list[str]:
    """What was measured of a job's items against the training data, from which distance on, and what it is not."""
    if not said:
        return []
    shares = {name: f"{100 * said[name]:.2g}" for name in ("rate", "low", "high", "quantile")}
    shares |= {name: f"{said[name]:,}" for name in ("near", "checked", "n", "covers", "of")}
    shares["threshold"] = f"{said['threshold']:.3f}"
    return [
        _("%(near)s of %(checked)s items looked at are near copies of the training data: %(rate)s %% (95 in 100: %(low)s to %(high)s %%).") % shares,  # noqa: E501
        _("Near is whatever lies closer than %(threshold)s; of %(n)s real items that were not learned from, about %(quantile)s %% do.") % shares,  # noqa: E501
        *([_("%(covers)s of %(of)s items of the training data were looked through.") % shares] if said["covers"] < said["of"] else []),  # noqa: E501
        _("That there is no near copy does not guarantee privacy."),
    ]  # fmt: skip
