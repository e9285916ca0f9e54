"""What the page of a model version shows: a report of what it is, how good, how fast, where from, who decided."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.hands import kept_hands
from accounts.models import Role, User
from accounts.services import holds
from audit import reviews
from catalog.models import ModelVersion, Stage
from catalog.plugins import available
from catalog.stages import FOUR_EYES, MOVES, USABLE, submitters
from desk.job.page import samples
from desk.job.parameter_fields import summary_of, title_of
from desk.model.card import card_html
from desk.model.changes import changes, earlier, versions_of
from desk.model.decision_form import FINAL, DecisionForm
from desk.model.figures import bundle, evaluated, learned, parity
from desk.model.history import history
from desk.model.lineage_drawing import drawings
from desk.model.lineage_graph import lineage_of
from desk.model.measured import measured
from desk.model.paths import paths
from desk.model.speed import speeds
from desk.review.about import licence_in_words
from desk.review.reason_form import DECISIONS
from jobs.ancestry import revoked_ancestors, unconfirmed
from jobs.parents import ROLE as PARENT
from lineage.consequences import revocation_of
from models_store.errors import ProductError

COLOURS = {
    Stage.DRAFT: "warning",
    Stage.APPROVED: "success",
    Stage.REJECTED: "danger",
    Stage.RETIRED: "default",
    Stage.REVOKED: "danger",
}


def report(version: ModelVersion, user: User, *, since: str = "") -> dict[str, Any]:
    """The page without what may be asked of it; `since` is the number of the version that it is compared with."""
    families = {row.name: row for row in available("family")}
    family = families.get(version.family)
    before = earlier(version, since)
    found = measured([version, before] if before else [version])
    graph = lineage_of(version)
    revoked = [(one, revocation_of(one)) for one in revoked_ancestors(version)]
    return {
        "title": str(version),
        "version": version,
        "colour": COLOURS[Stage(version.stage)],
        "family_title": title_of(family) if family else version.family,
        "family_summary": summary_of(family) if family else "",
        "card": _card(version),
        "learned": learned(version),
        "evaluated": evaluated(found[version.pk]) if found[version.pk] else None,
        "parity": parity(version),
        "bundle": bundle(version),
        "paths": paths(version),
        "speeds": speeds(version),
        "drawings": drawings(graph),
        "before": graph.before(),
        "after": graph.after(),
        "versions": [(one, COLOURS[Stage(one.stage)]) for one in versions_of(version)],
        "earlier": before,
        "changes": changes(before, version, families, found) if before else [],
        "revoked_parents": revoked,
        "unconfirmed": unconfirmed(version),
        "moments": history(version, revoked),
        "aliases": version.aliases.select_related("model").order_by("name"),
        **_grids(version),
        **_asks(version, user, goes_on=family is not None and PARENT in family.abilities.get("roles", {})),
    }


def _grids(version: ModelVersion) -> dict[str, Any]:
    found = {one["step"]: one["url"] for one in samples(version.job)} if version.job else {}
    steps = sorted(found)
    return {
        "sample": {"step": steps[-1], "url": found[steps[-1]]} if steps else None,
        "told": {"grids": {"steps": steps, "runs": [[(step, found[step]) for step in steps]]}},
    }


def _asks(version: ModelVersion, user: User, *, goes_on: bool) -> dict[str, Any]:
    """What this person may do now."""
    project = version.model.project
    may_decide, own_work = holds(user, project, Role.REVIEWER), bool(kept_hands(user) & submitters(version))
    may_submit = holds(user, project, Role.SUBMITTER)
    may_use = version.stage in USABLE and may_submit
    return {
        "decisions": open_decisions(version, own_work=own_work) if may_decide else [],
        "facts": review_facts(version) if may_decide else [],
        "asked": reviews.waiting(("model_version", str(version.pk))) if may_decide else None,
        "needs_another": own_work and version.stage in MOVES["approve"][1],
        "may_name": version.stage == Stage.APPROVED and may_submit,
        "name_later": version.stage == Stage.DRAFT and may_submit,
        "may_generate": may_use,
        "may_evaluate": may_use and any(row.name == "evaluate" for row in available("kind")),
        "may_go_on": may_use and goes_on,
    }


def open_decisions(version: ModelVersion, *, own_work: bool) -> list[dict[str, Any]]:
    """The decisions that are possible now; `final` ones ask for the model's name."""
    return [
        {"name": name, "title": _(DECISIONS[name]), "final": name in FINAL}
        for name, (_to, sources) in MOVES.items()
        if version.stage in sources
        and not (own_work and name in FOUR_EYES)
        and (name != "confirm" or unconfirmed(version) is not None)
    ]


def review_facts(version: ModelVersion) -> list[tuple[str, str]]:
    """What a reviewer should know before saying yes, beside figures and pictures."""
    data = version.dataset_version
    said = [(_("Trained by"), version.created_by.username)]
    if data:
        personal = _("yes") if data.dataset.contains_personal_data else _("no")
        said += [
            (_("Data"), str(data)),
            (_("Licence"), data.dataset.licence),
            (_("Does the licence allow it?"), licence_in_words(data)),
            (_("Legal basis"), data.dataset.legal_basis),
            (_("Personal data"), personal),
        ]
    if version.job:
        said += [(_("Purpose"), version.job.purpose or _("not stated"))]
        said += [(_("Intended use"), version.job.intended_use or _("not stated"))]
    return said


def refused(version: ModelVersion, form: DecisionForm) -> dict[str, Any]:
    """The form as it was sent, beside what is wrong with it."""
    return {"form": form, "decision_sent": form["decision"].value(), "final_sent": form.final}


def _card(version: ModelVersion) -> str:
    try:
        return card_html(version)
    except ProductError:  # a damaged card must not hide the rest of the page
        return ""
