"""The forms of a webhook: where it is told, and of what; and from when on it is told again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Project, User
from accounts.services import projects_owned
from desk.form_errors import place
from desk.words.verbs import verb_title
from models_store.errors import ProductError
from webhooks.address import LONGEST
from webhooks.events import OF_VERBS, PING, TYPES
from webhooks.models import Webhook
from webhooks.services import LONGEST_NAME, change_webhook, create_webhook

HOURS: dict[str, tuple[timedelta, str | Promise]] = {
    "hour": (timedelta(hours=1), _("the last hour")),
    "day": (timedelta(days=1), _("the last day")),
    "week": (timedelta(days=7), _("the last week")),
    "month": (timedelta(days=30) - timedelta(minutes=5), _("the last 30 days")),
}
GROUPS: dict[str, str | Promise] = {
    "job": _("Jobs"),
    "model": _("Models"),
    "data": _("Data"),
    "artifact": _("Artifacts"),
    "artifacts": _("Artifacts"),
    "alias": _("Aliases"),
    "review": _("Reviews"),
}
_VERBS = {kind: verb for verb, kind in OF_VERBS.items()} | {verb: verb for verb in OF_VERBS if verb in TYPES}


def type_words(kind: str) -> str:
    """What a type tells of, in the reader's language."""
    return str(_("test message")) if kind == PING else verb_title(_VERBS.get(kind, kind))


class WebhookForm(forms.Form):
    """A new webhook, or other values for one."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=UnfoldAdminTextInputWidget,
        help_text=_("What it is for: “build server”, “chat of the team”."),
    )  # fmt: skip
    url = forms.CharField(
        label=_("Address"), max_length=LONGEST,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://hooks.example.com/kilns", "inputmode": "url"}),
        help_text=_(
            "An https address in the public internet; a private one only where the platform's settings say so."
        ),
    )  # fmt: skip
    types = forms.MultipleChoiceField(
        label=_("It is told of"), choices=[(one, one) for one in TYPES], required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing chosen means everything, also what later versions of the platform tell."),
    )  # fmt: skip

    def __init__(self, *said: Any, user: User, webhook: Webhook | None = None, **more: Any) -> None:
        about = {"name": webhook.name, "url": webhook.url, "types": webhook.types} if webhook else {}
        super().__init__(*said, initial=about, **more)
        self.user, self.webhook = user, webhook
        if webhook is None:
            rows = [(str(row.pk), row.title or row.slug) for row in projects_owned(user).order_by("slug")]
            widget = UnfoldAdminSelectWidget
            self.fields["project"] = forms.ChoiceField(label=_("Project"), choices=rows, widget=widget)
            self.order_fields(["project", "name", "url", "types"])

    def plain(self) -> list[forms.BoundField]:
        """All but the types."""
        return [self[name] for name in self.fields if name != "types"]

    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The types under their nouns, with what each tells of."""
        chosen = self["types"].value() or []
        found: dict[str, list[dict[str, Any]]] = {str(title): [] for title in GROUPS.values()}
        for kind in TYPES:
            noun = kind.partition(".")[0]
            group = found.setdefault(str(GROUPS.get(noun, _("The project"))), [])
            group.append({"name": kind, "words": type_words(kind), "checked": kind in chosen})
        return list(found.items())

    def saved(self) -> tuple[Webhook, str] | None:
        """The webhook, with its secret where it is new; None, errors beside their fields, where it was refused."""
        if not self.is_valid():
            return None
        said = {name: self.cleaned_data[name] for name in ("name", "url", "types")}
        try:
            if self.webhook:
                return change_webhook(self.webhook, actor=self.user, changes=said), ""
            project = Project.objects.get(pk=self.cleaned_data["project"])
            return create_webhook(project, actor=self.user, **said)
        except ProductError as error:
            place(self, error, {})
            return None


class ReplayForm(forms.Form):
    """From when on everything is sent again."""

    since = forms.ChoiceField(
        label=_("What happened in"), choices=[(name, words) for name, (_length, words) in HOURS.items()],
        widget=UnfoldAdminSelectWidget,
        help_text=_(
            "Everything that the webhook listens to goes out again, also what happened while it was paused. Each "
            "message has the id of the first time, so a receiver that knows it can pass over it."
        ),
    )  # fmt: skip
    button = _("Send again")

    def length(self) -> timedelta:
        """How long ago it begins."""
        return HOURS[self.cleaned_data["since"]][0]
