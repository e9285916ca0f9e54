"""What a project's policies say to a job: what they refuse, what they hold, and for whom it waits then."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from audit import reviews
from audit.judged import Facts, Objection, cannot_judge
from jobs.facts import brought_by, facts_of, names
from jobs.models import Job
from jobs.request import Given, Request
from models_store.errors import InvalidInput

if TYPE_CHECKING:
    from audit.policy import Policy

log = logging.getLogger(__name__)
HELD = "policy {policy} holds it; a reviewer of project {project} other than {who} can release it"
HELD_BECAUSE = "policy {policy} holds it: {why}; a reviewer of project {project} other than {who} can release it"
HELD_UNTIL = "policy {policy} holds it: {why}; a reviewer of project {project} other than {who} can approve that"


class PolicyRefuses(InvalidInput):
    """A policy of the project does not allow this."""

    code = "policy_refuses"


def check(request: Request, rules: Sequence[Policy]) -> bool:
    """Raise PolicyRefuses for what policies have against a submission; whether one holds it, and `hold` says why."""
    judging = [rule for rule in rules if rule.moment in ("submission", "use")]
    return bool(judging) and bool(_against(facts_of(request, request.id, request.inputs, judging), judging))


def would_hold(request: Request, rules: Sequence[Policy], who: str) -> str:
    """Why a submission by `who` would wait for a person, before there is a job and without asking anybody.

    "" where no policy holds it; raises PolicyRefuses.
    """
    judging = [rule for rule in rules if rule.moment in ("submission", "use")]
    found = _against(facts_of(request, request.id, request.inputs, judging), judging) if judging else []
    for rule, said in found:
        others = ", ".join(said.whose) if said.subject else who
        words = {"policy": rule.name, "why": said.sentence, "project": request.project.slug, "who": others}
        return (HELD_UNTIL if said.subject else HELD_BECAUSE if said.says else HELD).format(**words)
    return ""


def hold(job: Job, inputs: Mapping[str, Given], rules: Sequence[Policy]) -> str:
    """Why a job waits for a person, who is then asked; "" where no policy holds it. Raises PolicyRefuses.

    What a second person released is held for nothing but data and models that wait for a decision of their own. The
    caller keeps these: whoever decides on them comes afterwards, and looks at held jobs then.
    """
    judging = [rule for rule in rules if rule.moment == "use"]
    if not judging:
        return ""
    objections = _against(facts_of(job, job.pk, inputs, judging), judging)
    of_job = reviews.newest("job", [str(job.pk)]).get(str(job.pk)) if objections else None
    holding = [(rule, said) for rule, said in objections if said.subject or of_job != "approve"]
    return _held(job, *holding[0]) if holding else ""


def _against(facts: Facts, rules: Sequence[Policy]) -> list[tuple[Policy, Objection]]:
    """What holds; PolicyRefuses for the first that refuses."""
    found = [(rule, said) for rule in rules if (said := _judged(rule, facts))]
    for rule, said in found:
        _refuse(rule, said)
    return found


def _judged(rule: Policy, facts: Facts) -> Objection | None:
    """A policy that fails stops its own project's jobs, and no queue."""
    try:
        return rule.judge(facts)
    except Exception:
        log.exception("policy %s failed", rule.name)
        return cannot_judge()


def _refuse(rule: Policy, said: Objection) -> None:
    if said.decision == "refuse":
        expected = said.expected or None
        raise PolicyRefuses(said.sentence, field=said.field or None, expected=expected, got=said.got, policy=rule.name)


def _held(job: Job, rule: Policy, said: Objection) -> str:
    who = said.whose if said.subject else names(submitters(job))
    words = {"policy": rule.name, "why": said.sentence, "project": job.project.slug, "who": ", ".join(who)}
    reason = (HELD_UNTIL if said.subject else HELD_BECAUSE if said.says else HELD).format(**words)
    subject = said.subject or ("job", str(job.pk))
    reviews.ask(subject, project=job.project_id, why=said.sentence, policy=rule.name)
    return reason


def submitters(job: Job) -> set[int]:
    """Whose own work a job is, ids: who submitted it, and who declared and brought the data it works on."""
    rows = job.inputs.exclude(dataset_version=None).select_related("dataset_version__dataset")
    return {job.submitted_by_id}.union(*(brought_by(row.dataset_version) for row in rows))
