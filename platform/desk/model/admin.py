"""Models in the admin: versions, their card and figures, the decision of a second person."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import Role
from audit.models import Review
from catalog.models import ModelVersion, Stage
from catalog.plugins import newest
from catalog.stages import FOUR_EYES, MOVES, USABLE, submitters
from desk.job.page import samples
from desk.model.card import card_html
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import holds
from desk.review.legal_hold_note import legal_hold_note
from desk.review.reason_form import DECISIONS
from jobs.ancestry import revoked_ancestors, unconfirmed
from jobs.holds import decide_model
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


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """What was trained, how good it is, who decided on it."""

    project_path = "model__project"
    list_display = ("__str__", "colour", "family", "modality", "data", "trained_by", "created_at")
    list_filter = ("stage",)
    search_fields = ("model__name",)
    list_select_related = ("model__project", "dataset_version__dataset", "created_by")

    @display(description=gettext_lazy("stage"), label={stage.value: colour for stage, colour in COLOURS.items()})
    def colour(self, version: ModelVersion) -> tuple[str, str]:
        return version.stage, version.get_stage_display()

    @display(description=gettext_lazy("Data"), ordering="dataset_version")
    def data(self, version: ModelVersion) -> str:
        return str(version.dataset_version or "—")

    @display(description=gettext_lazy("Trained by"), ordering="created_by")
    def trained_by(self, version: ModelVersion) -> str:
        return str(version.created_by or "—")

    def routes(self) -> list[Route]:
        """The decision."""
        return [("<uuid:pk>/decide/", "decide", self.decide_view)]

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One version."""
        version = self.row(request, object_id)
        project = version.model.project
        may_decide = holds(request.user, project, Role.REVIEWER)
        own_work = request.user.pk in submitters(version)
        may_use = version.stage in USABLE and holds(request.user, project, Role.SUBMITTER)
        reviews = Review.objects.filter(subject_kind="model_version", subject_id=str(version.pk))
        context = {
            "title": str(version),
            "version": version,
            "colour": COLOURS[Stage(version.stage)],
            "card": _card(version),
            "losses": _numbers(version.metrics.get("losses", {})),
            "parity": _parity(version.metrics.get("parity", {})),
            "revoked_parents": [(one, revocation_of(one)) for one in revoked_ancestors(version)],
            "unconfirmed": unconfirmed(version),
            "aliases": version.aliases.select_related("model").order_by("name"),
            "may_name": version.stage == Stage.APPROVED and holds(request.user, project, Role.SUBMITTER),
            "reviews": [(review, _(DECISIONS.get(review.decision, review.decision))) for review in reviews],
            "sample": (samples(version.job) or [None])[-1] if version.job else None,
            "decisions": _open_decisions(version, own_work=own_work) if may_decide else [],
            "needs_another": own_work and version.stage in MOVES["approve"][1],
            "may_generate": may_use,
            "may_evaluate": may_use and newest("kind", "evaluate") is not None,
            "may_go_on": may_use and _goes_on(version),
        }
        context |= legal_hold_note(request.user, project, "model_version", version.pk)
        return self.page(request, "pages/model/page.html", **context)

    @answered
    def decide_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Approve, reject, retire, revoke."""
        version = self.row(request, pk)
        if request.method == "POST":
            said = {"actor": request.user, "comment": request.POST.get("comment", "")}
            decide_model(version, request.POST.get("decision", ""), **said)
            words = {"version": version, "stage": version.get_stage_display()}
            messages.success(request, _("%(version)s is now %(stage)s.") % words)
        return redirect("admin:catalog_modelversion_change", pk)


def _open_decisions(version: ModelVersion, *, own_work: bool) -> list[dict[str, str]]:
    return [
        {"name": name, "title": _(DECISIONS[name])}
        for name, (_to, sources) in MOVES.items()
        if version.stage in sources
        and not (own_work and name in FOUR_EYES)
        and (name != "confirm" or unconfirmed(version) is not None)
    ]


def _goes_on(version: ModelVersion) -> bool:
    family = newest("family", version.family)
    return family is not None and PARENT in family.abilities.get("roles", {})


def _card(version: ModelVersion) -> str:
    try:
        return card_html(version)
    except ProductError:  # a damaged card must not hide the rest of the page
        return ""


def _parity(said: dict[str, Any]) -> dict[str, str]:
    return {name: f"{said[name]:.2g}" for name in ("max_abs_diff", "tolerance") if name in said}


def _numbers(figures: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, f"{value:.4g}") for name, value in sorted(figures.items()) if isinstance(value, int | float)]
