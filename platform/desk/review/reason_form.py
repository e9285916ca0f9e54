"""What was typed beside a decision and could not be taken: shown once more, with the error beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import User
from desk.review.subjects import link_to, word
from desk.words.sentences import sentence
from lineage.subjects import SUBJECTS, subject_for
from models_store.errors import InvalidInput, NotFound, ProductError

LABELS = {"comment": _("Comment"), "reason": _("Reason")}
DECISIONS = {
    "approve": gettext_noop("Approve"),
    "reject": gettext_noop("Reject"),
    "retire": gettext_noop("Retire"),
    "revoke": gettext_noop("Revoke"),
    "confirm": gettext_noop("Confirm"),
    "withdraw": gettext_noop("Withdraw"),
}
KINDS = {"catalog.modelversion": "model_version", "catalog.alias": "alias", "jobs.job": "job"}  # by their models
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


class ReasonForm(forms.Form):
    """The whole of a form of a page again: the words to mend, and everything else as it was sent."""

    def __init__(self, request: HttpRequest, error: InvalidInput) -> None:
        super().__init__(request.POST)
        for name in request.POST:
            if name != TOKEN:
                self.fields[name] = forms.CharField(required=False, strip=False, widget=forms.HiddenInput())
        words = UnfoldAdminTextareaWidget(attrs={"rows": 6})
        name = str(error.field)
        self.fields[name] = forms.CharField(label=LABELS[name], required=False, widget=words)
        decision = DECISIONS.get(request.POST.get("decision", ""))
        self.button = gettext(decision) if decision else ""
        self.is_valid()
        self.errors.pop(name, None)  # what the service says of it is enough
        self.add_error(name, sentence(error))


def spoken_of(user: User, model: str, place: Mapping[str, Any]) -> tuple[str, str]:
    """What the form at an address is about, in words, and its page; empty for what the person may not see."""
    kind, pk = place.get("kind") or KINDS.get(model, ""), place.get("subject") or place.get("pk")
    if "artifact" in place:
        kind, pk = "artifact", place["artifact"]
    if kind not in SUBJECTS:
        return "", ""
    try:
        subject = subject_for(user, kind, str(pk))
    except NotFound:
        return "", ""
    return f"{capfirst(word(kind))}: {subject}", link_to(kind, pk)


def typed_again(request: HttpRequest, error: ProductError) -> ReasonForm | None:
    """The form for an error that speaks of a reason or comment; None for any other."""
    words = isinstance(error, InvalidInput) and error.field in LABELS and error.field in request.POST
    return ReasonForm(request, error) if words and isinstance(error, InvalidInput) else None
