"""What a reviewer has to know beside the buttons, for each kind of thing that waits for a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Role, User
from audit import reviews
from audit.judged import TRAINS, Data, Facts
from audit.models import Review, ReviewRequest
from audit.policies import policy
from catalog.alias_models import MoveState
from catalog.aliases import barred, move_rows
from catalog.models import Alias, DatasetVersion, ModelVersion, VersionState
from catalog.stages import submitters
from desk.artifact.text import TEXT, excerpt
from desk.job.page import parameters, title, written
from desk.people.roles import holds, projects_as
from desk.review.subjects import link_to, word
from desk.words.sentences import in_language
from jobs import policing
from jobs.models import Job, State
from lineage.consequences import withdrawal_of
from lineage.flags import hidden
from lineage.models import Artifact
from lineage.subjects import found

Fact = tuple[str, str]
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
        **_ABOUT[kind](subject),
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
    if kind == "dataset_version":
        return user.pk in (subject.created_by_id, subject.dataset.created_by_id)
    if kind == "model_version":
        return user.pk in submitters(subject)
    if kind == "alias":
        return any(user.pk in barred(move) for move in move_rows().filter(alias=subject, state=MoveState.PROPOSED))
    return user.pk in (policing.submitters(subject) if kind == "job" else {subject.job.submitted_by_id})


def _data(version: DatasetVersion) -> dict[str, Any]:
    said = version.dataset
    place = f"/api/v1/datasets/{said.pk}/versions/{version.number}/preview"
    facts: list[Fact] = [
        (_("Source"), said.source),
        (_("Licence"), said.licence),
        (_("Does the licence allow it?"), licence_in_words(version)),
        (_("Legal basis"), said.legal_basis),
        (_("Personal data"), written(said.contains_personal_data)),
        (_("Sensitive attributes"), written(said.sensitive_attributes) or _("none were declared")),
        (_("Is the declaration complete?"), completeness(version)),
        (_("Notes"), said.notes or "—"),
        (_("Items"), f"{sum(version.counts.values()):,}"),
        (_("Files with problems"), str(len(version.problems))),
        (_("Brought by"), version.created_by.username),
    ]
    return {
        "title": str(version),
        "facts": facts,
        "picture": place if "preview.png" in version.files else "",
    }


def licence_in_words(version: DatasetVersion) -> str:
    """Whether its licence says one of the well-known words that forbid training."""
    one = Data(role="data", id="", name=str(version), licence=version.dataset.licence, personal=False)
    objection = policy("licence_forbids")().judge(Facts(kind="train", produces=TRAINS, data=(one,)))
    if objection is None:
        return _("It says none of the well-known words that forbid training; read it yourself.")
    return _("It says “%(word)s”.") % {"word": objection.facts["word"]}


def completeness(version: DatasetVersion) -> str:
    """What a declaration leaves open, beyond the fields that it must have."""
    said, open_ = version.dataset, []
    if said.contains_personal_data and not said.sensitive_attributes:
        open_.append(_("personal data, but no sensitive attributes are named"))
    if said.sensitive_attributes and not said.contains_personal_data:
        open_.append(_("sensitive attributes, but no personal data are declared"))
    if not said.notes:
        open_.append(_("no notes"))
    return "; ".join(open_) or _("All fields are filled in.")


def _model(version: ModelVersion) -> dict[str, Any]:
    losses = version.metrics.get("losses", {})
    facts: list[Fact] = [
        (_("Method"), version.family),
        (_("Data"), str(version.dataset_version or "—")),
        (_("Licence"), version.dataset_version.dataset.licence if version.dataset_version else "—"),
        (_("Trained by"), version.created_by.username),
        (_("Figures"), ", ".join(f"{name} {value:.4g}" for name, value in losses.items()) or "—"),
    ]
    return {
        "title": str(version),
        "facts": facts,
    }


def _alias(alias: Alias) -> dict[str, Any]:
    move = move_rows().filter(alias=alias, state=MoveState.PROPOSED).first()
    facts: list[Fact] = [(_("stands for"), str(alias.version or "—"))]
    if move:
        facts += [
            (_("Proposed"), str(move.version or _("nothing any more"))),
            (_("Proposed by"), move.proposed_by.username),
            (_("Reason"), move.reason or "—"),
        ]
    return {"title": str(alias), "facts": facts}


def _job(job: Job) -> dict[str, Any]:
    related = ("dataset_version__dataset", "model_version__model", "from_job")
    inputs = ", ".join(
        str(row.dataset_version or row.model_version or row.from_job or row.upload_name)
        for row in job.inputs.select_related(*related)
    )
    facts: list[Fact] = [
        (_("Kind"), " · ".join(filter(None, (in_language(job.kind), job.family)))),
        (_("Inputs"), inputs or "—"),
        (_("Purpose"), job.purpose or _("not stated")),
        (_("Intended use"), job.intended_use or _("not stated")),
        (_("Parameters"), ", ".join(f"{name}: {value}" for name, value in parameters(job)) or "—"),
        (_("Submitted by"), job.submitted_by.username),
    ]
    return {"title": title(job), "facts": facts}


def _artifact(artifact: Artifact) -> dict[str, Any]:
    flags = [f"{one.flagged_by}: {one.reason}" for one in artifact.flags.select_related("flagged_by")]
    facts: list[Fact] = [
        (_("Flags"), "; ".join(flags) or _("none")),
        (_("Model"), str(artifact.model_version)),
        (_("Submitted by"), artifact.job.submitted_by.username),
        (_("Purpose"), artifact.job.purpose or _("not stated")),
    ]
    picture = f"/api/v1/artifacts/{artifact.pk}/content" if artifact.media_type.startswith("image/") else ""
    return {
        "title": f"{title(artifact.job)} #{artifact.index}",
        "facts": facts,
        "picture": picture,
        "text": excerpt(artifact) if artifact.media_type == TEXT else None,
    }


DECIDED = {
    "approve": gettext_noop("approved"),
    "reject": gettext_noop("rejected"),
    "withdraw": gettext_noop("withdrawn"),
}
_ABOUT = {"dataset_version": _data, "model_version": _model, "job": _job, "artifact": _artifact, "alias": _alias}
