"""The reviewer's desk: everything that waits for a decision, with the facts beside the buttons."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role
from audit.models import ReviewRequest
from desk.log.filter import page_of
from desk.pages import ReadOnlyAdmin, Route, answered, came_from
from desk.people.roles import projects_as
from desk.review import past, queue
from desk.review.reason_form import typed_again
from desk.review.subjects import link_to
from desk.words.sentences import sentence
from lineage.decisions import answer, decide
from lineage.flags import flag
from lineage.subjects import subject_for
from models_store.errors import InvalidInput

PLACE = "admin:audit_reviewrequest_changelist"
DESK = "desk"  # the field with the query of the desk that a form stood on


def _desk(request: HttpRequest, place: QueryDict) -> dict[str, Any]:
    """What the desk shows at a place: its filter and where it begins."""
    said, user = queue.asked(place), request.user
    context = queue.queue(user, said, place.get("from", "")) | queue.choices(user)
    reviews_here = projects_as(user, Role.REVIEWER).exists()
    address = {"desk_at": reverse(PLACE), "desk": place.urlencode()}
    return context | address | {"title": _("Waiting for my review"), "asked": said, "may_review": reviews_here}


def _decided(request: HttpRequest, kind: str, subject: str) -> None:
    """Take the decision of a form: an answer to a request, or one that nobody asked for."""
    said = {"actor": request.user, "comment": request.POST.get("comment", "")}
    decision = request.POST.get("decision", "")
    if asked := request.POST.get("request"):
        answer(asked, decision, **said)
    else:
        decide(kind, subject, decision, **said)


@admin.register(ReviewRequest)
class ReviewRequestAdmin(ReadOnlyAdmin):
    """What waits for a person."""

    project_path = "project_id"

    def routes(self) -> list[Route]:
        """What was decided; a decision, a flag."""
        return [
            ("past/", "past", self.past_view),
            ("decide/<str:kind>/<uuid:subject>/", "decide", self.decide_view),
            ("flag/<uuid:artifact>/", "flag", self.flag_view),
        ]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Oldest first; `?from=` goes on after a request."""
        return self.page(request, "pages/review/desk.html", **_desk(request, request.GET))

    @answered
    def past_view(self, request: HttpRequest) -> HttpResponseBase:
        """Decisions, newest first, of the projects that the person sees."""
        said, user = past.asked(request), request.user
        found = page_of(past.filtered(said), past.ways(user), request, said, past.known)
        context = found | past.choices(user) | {"lines": past.lines(found["rows"], user), "asked": said}
        return self.page(request, "pages/review/past.html", title=_("Past reviews"), **context)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The page of what it speaks of."""
        row = self.row(request, object_id)
        return redirect(link_to(row.subject_kind, row.subject_id))

    @answered
    def decide_view(self, request: HttpRequest, kind: str, subject: uuid.UUID) -> HttpResponseBase:
        """What was decided, and back to where the button stood; the desk once more where the comment is to mend."""
        desk = QueryDict(request.POST.get(DESK, ""))
        if request.method != "POST":
            return redirect(PLACE)
        try:
            _decided(request, kind, str(subject))
        except InvalidInput as error:
            context = _desk(request, desk) if DESK in request.POST and typed_again(request, error) else {"cards": []}
            if queue.marked(context["cards"], kind, str(subject), request.POST, sentence(error)):
                return self.page(request, "pages/review/desk.html", status=422, **context)
            raise
        messages.success(request, _("Your decision is in the log."))
        return redirect(f"{reverse(PLACE)}?{desk.urlencode()}" if DESK in request.POST else came_from(request))

    @answered
    def flag_view(self, request: HttpRequest, artifact: uuid.UUID) -> HttpResponseBase:
        """Say that something is wrong with an artifact."""
        if request.method == "POST":
            flag(
                subject_for(request.user, "artifact", str(artifact)), request.POST.get("reason", ""), actor=request.user
            )
            messages.success(request, _("A reviewer will look at it."))
        return redirect("admin:lineage_artifact_change", artifact)
