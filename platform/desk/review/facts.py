"""What a reviewer has to know beside the buttons, for each kind of thing that waits for a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.hands import kept_hands
from accounts.models import Role, User
from accounts.services import holds
from audit import reviews
from audit.models import Review, ReviewRequest
from catalog.alias_models import MoveState
from catalog.aliases import barred, move_rows
from catalog.models import Alias, DatasetVersion, VersionState
from catalog.stages import submitters
from desk.people.roles import projects_as
from desk.review.about import ABOUT
from desk.review.subjects import link_to, word
from desk.words.sentences import in_language
from jobs import policing
from jobs.models import Job, State
from lineage.consequences import withdrawal_of
from lineage.flags import hidden
from lineage.models import Artifact
from lineage.subjects import found

BUTTONS: Mapping[str, tuple[tuple[str, str], ...]] = {  # the first lets it pass, the second does not
    "dataset_version": (("approve", gettext_noop("Approve")), ("reject", gettext_noop("Reject"))),
    "model_version": (("approve", gettext_noop("Approve")), ("reject", gettext_noop("Reject"))),
    "job": (("approve", gettext_noop("Release")), ("reject", gettext_noop("Reject"))),
    "artifact": (("approve", gettext_noop("Let it stand")), ("withdraw", gettext_noop("Withdraw"))),
    "alias": (("approve", gettext_noop("Approve")), ("reject", gettext_noop("Reject"))),
}


def waiting_for(user: User) -> QuerySet[ReviewRequest]:
    """Open requests of the projects in which the person reviews."""
    return ReviewRequest.objects.filter(closed_at=None, project_id__in=projects_as(user, Role.REVIEWER).values("pk"))


def subjects(requests: Iterable[ReviewRequest]) -> dict[tuple[str, str], Any]:
    """The things that requests speak of, in one query for each kind; what is no longer there is left out."""
    there = {}
    for kind in BUTTONS:
        rows = found(kind, [one.subject_id for one in requests if one.subject_kind == kind])
        there |= {(kind, subject_id): row for subject_id, row in rows.items()}
    return there


def card(kind: str, subject: Any, user: User, request: ReviewRequest | None = None) -> dict[str, Any]:
    """One thing with its facts and the buttons; those of own work are for others."""
    return {
        "kind": kind,
        "word": word(kind),
        "subject": subject,
        "link": link_to(kind, subject.pk),
        "request": request,
        "why": in_language(request.why) if request else "",
        "own": own_work(kind, subject, user),
        "buttons": [{"name": name, "title": _(said)} for name, said in BUTTONS[kind]],
        **ABOUT[kind](subject),
    }


def review_of(job: Job, user: User) -> dict[str, Any] | None:
    """The card on the page of a job that a policy holds, for reviewers; None where nothing is to be decided."""
    if job.state != State.HELD or not holds(user, job.project, Role.REVIEWER):
        return None
    asked = reviews.waiting(("job", str(job.pk)))
    return card("job", job, user, asked) if asked else None


def review_of_alias(alias: Alias, user: User) -> dict[str, Any] | None:
    """The card on the page of an alias whose move waits, for reviewers."""
    asked = reviews.waiting(("alias", str(alias.pk))) if holds(user, alias.model.project, Role.REVIEWER) else None
    return card("alias", alias, user, asked) if asked else None


def reviewed(version: DatasetVersion, user: User) -> dict[str, Any]:
    """For the page of a data set version: what was decided on it, and for reviewers the card."""
    subject = ("dataset_version", str(version.pk))
    rows = Review.objects.filter(subject_kind=subject[0], subject_id=subject[1])
    may = version.state == VersionState.READY and holds(user, version.dataset.project, Role.REVIEWER)
    return {
        "reviews": [(row, _(DECIDED.get(row.decision, row.decision))) for row in rows],
        "review": card(subject[0], version, user, reviews.waiting(subject)) if may else None,
    }


def flags_of(artifact: Artifact, user: User) -> dict[str, Any]:
    """For the page of an artifact: its flags, whether it was withdrawn, and for reviewers the card."""
    subject = ("artifact", str(artifact.pk))
    gone = withdrawal_of(artifact)
    may = not gone and holds(user, artifact.project, Role.REVIEWER)
    return {
        "flags": artifact.flags.select_related("flagged_by"),
        "withdrawal": gone,
        "hidden": bool(hidden([artifact], user)),
        "asked": (asked := reviews.waiting(subject)),
        "may_withdraw": may,
        "review": card("artifact", artifact, user, asked) if may and asked else None,
    }


def own_work(kind: str, subject: Any, user: User) -> bool:
    """Whether it is this person's own work, which a second person decides on."""
    own = kept_hands(user)
    if kind == "dataset_version":
        return bool(own & {subject.created_by_id, subject.dataset.created_by_id})
    if kind == "model_version":
        return bool(own & submitters(subject))
    if kind == "alias":
        return any(own & barred(move) for move in move_rows().filter(alias=subject, state=MoveState.PROPOSED))
    return bool(own & (policing.submitters(subject) if kind == "job" else {subject.job.submitted_by_id}))


DECIDED = {
    "approve": gettext_noop("approved"),
    "confirm": gettext_noop("confirmed"),
    "reject": gettext_noop("rejected"),
    "retire": gettext_noop("retired"),
    "revoke": gettext_noop("revoked"),
    "withdraw": gettext_noop("withdrawn"),
}
