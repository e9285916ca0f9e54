"""What happened to a model version, oldest first: training, decisions with their comments, names, a revoked parent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.models import Review, ReviewRequest
from catalog.alias_models import AliasMove, MoveState
from catalog.models import ModelVersion

MOST = 60
REVIEWED = {
    "approve": gettext_noop("Approved"),
    "reject": gettext_noop("Rejected"),
    "retire": gettext_noop("Retired"),
    "revoke": gettext_noop("Revoked"),
    "confirm": gettext_noop("Confirmed after a model before it was revoked"),
}


@dataclass(frozen=True)
class Moment:
    """One entry: when, what, who, and what they said; `grave` is what cannot be undone or forbids its use."""

    at: datetime
    what: str
    who: str = ""
    comment: str = ""
    link: str = ""
    grave: bool = False


def history(version: ModelVersion, revoked: list[tuple[ModelVersion, Any]]) -> list[Moment]:
    """At most MOST entries, the newest of them; three queries. `revoked` are the models before it that were revoked."""
    found = [_trained(version), *_reviews(version), *_asked(version), *_moves(version)]
    found += [
        Moment(one.decided_at, _("%(model)s, which it was trained on from, was revoked") % {"model": one},
               _name(one.decided_by), one.comment, _page("modelversion", one.pk), True)
        for one, _said in revoked if one.decided_at
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.at)[-MOST:]


def _trained(version: ModelVersion) -> Moment:
    link = reverse("admin:jobs_job_change", args=[version.job_id]) if version.job_id else ""
    return Moment(version.created_at, _("Trained"), _name(version.created_by), link=link)


def _reviews(version: ModelVersion) -> list[Moment]:
    rows = Review.objects.filter(subject_kind="model_version", subject_id=str(version.pk)).order_by("-at")[:MOST]
    return [
        Moment(row.at, _(REVIEWED.get(row.decision, row.decision)), row.reviewer, row.comment,
               grave=row.decision in ("revoke", "reject"))
        for row in rows
    ]  # fmt: skip


def _asked(version: ModelVersion) -> list[Moment]:
    rows = ReviewRequest.objects.filter(subject_kind="model_version", subject_id=str(version.pk)).order_by("-asked_at")
    return [Moment(row.asked_at, _("Put before the reviewers"), row.asked_by, row.why) for row in rows[:MOST]]


def _moves(version: ModelVersion) -> list[Moment]:
    """Names that were given to it and taken from it, and what was proposed."""
    related = ("alias__model", "proposed_by", "decided_by")
    rows = AliasMove.objects.filter(Q(version=version) | Q(before=version)).select_related(*related).order_by("-pk")
    found = []
    for row in rows[:MOST]:
        link, words = _page("alias", row.alias_id), {"alias": row.alias}
        if row.version_id == version.pk:
            found.append(
                Moment(row.proposed_at, _("Proposed as %(alias)s") % words, _name(row.proposed_by), row.reason, link)
            )
        if row.decided_at:
            what = _decided(row, version) % words
            found.append(Moment(row.decided_at, what, _name(row.decided_by), row.comment, link))
    return found


def _decided(row: AliasMove, version: ModelVersion) -> str:
    if row.state == MoveState.MOVED:
        return _("%(alias)s stands for it") if row.version_id == version.pk else _("%(alias)s no longer stands for it")
    return (
        _("It did not become %(alias)s: rejected")
        if row.state == MoveState.REJECTED
        else _("The proposal for %(alias)s was taken back")
    )


def _page(model: str, pk: Any) -> str:
    return reverse(f"admin:catalog_{model}_change", args=[pk])


def _name(person: Any) -> str:
    return person.username if person else ""
