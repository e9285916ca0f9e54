"""Webhooks in the admin: the list, one with its log of deliveries, forms, a new secret, rest, replay."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from accounts.models import Role
from accounts.services import holds, is_operator, projects_owned, require
from config import clock
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.webhook.form import ReplayForm, WebhookForm, type_words
from desk.webhook.log import log_of, whole
from webhooks import services
from webhooks.models import Delivery, Webhook, WebhookState
from webhooks.replay import replay_delivery, replay_since


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Owners manage those of their projects; auditors and operators look, operators pause and resume."""

    list_display = ("name", "project", "host", "now")
    list_select_related = ("project",)
    list_before_template = "pages/shared/list_lead.html"
    lead = gettext_lazy(
        "Addresses of yours that are told what happens in a project: a job ended, a model was approved. Messages are "
        "signed, and sent again for a day until they are answered."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        return services.seen_by(request.user)

    def ways(self, request: HttpRequest) -> list[Q]:
        """By the projects that the person owns."""
        return [Q(project=one) for one in projects_owned(request.user).values_list("pk", flat=True)]

    @display(description=gettext_lazy("host"))
    def host(self, webhook: Webhook) -> str:
        return urlsplit(webhook.url).netloc

    @display(description=gettext_lazy("now"))
    def now(self, webhook: Webhook) -> str:
        return stands(webhook)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever owns some project."""
        return self.has_view_permission(request) and projects_owned(request.user).exists()

    def routes(self) -> list[Route]:
        """Other values, a new secret, what may be asked of it, its deliveries."""
        return [
            ("<uuid:pk>/edit/", "edit", self.edit_view),
            ("<uuid:pk>/secret/", "secret", self.secret_view),
            ("<uuid:pk>/replay/", "replay", self.replay_view),
            ("<uuid:pk>/ask/<str:what>/", "ask", self.ask_view),
            ("<uuid:pk>/delivery/<uuid:delivery>/", "delivery", self.delivery_view),
        ]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A new one; its secret stands on the answer and nowhere else."""
        if not self.has_add_permission(request):
            return self.page(request, "pages/shared/not_yours.html", title=_("New webhook"), status=403)
        return self._filled(request, WebhookForm(request.POST or None, user=request.user), _("New webhook"))

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One webhook, how it stands, and what was delivered."""
        webhook = self.row(request, object_id)
        owns = holds(request.user, webhook.project, Role.OWNER)
        context = {
            "title": webhook.name,
            "webhook": webhook,
            "stands": stands(webhook),
            "active": webhook.state == WebhookState.ACTIVE,
            "types": [(kind, type_words(kind)) for kind in webhook.types],
            "owns": owns,
            "may_pause": owns or is_operator(request.user),
        }
        return self.page(request, "pages/webhook/page.html", **context, **log_of(webhook, request))

    @answered
    def edit_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Another name, address or choice; whoever changes it answers for it."""
        webhook = self._owned(request, pk)
        form = WebhookForm(request.POST or None, user=request.user, webhook=webhook)
        return self._filled(request, form, _("Change %(name)s") % {"name": webhook.name})

    @answered
    def secret_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Asked once more, then a new secret, shown once."""
        webhook = self._owned(request, pk)
        title = _("New secret for %(name)s") % {"name": webhook.name}
        if request.method != "POST":
            return self.page(request, "pages/webhook/rotate.html", title=title, webhook=webhook)
        webhook, secret = services.rotate_secret(webhook, actor=request.user)
        return self.page(request, "pages/webhook/secret.html", title=title, webhook=webhook, secret=secret)

    @answered
    def replay_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """All that happened in some time, once more."""
        webhook = self._owned(request, pk)
        form = ReplayForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            count = replay_since(webhook, clock.now() - form.length(), actor=request.user)
            said = ngettext("%(count)s message goes out again.", "%(count)s messages go out again.", count)
            messages.success(request, said % {"count": count})
            return redirect("admin:webhooks_webhook_change", pk)
        status = 422 if request.method == "POST" else 200
        title = _("Send again to %(name)s") % {"name": webhook.name}
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, status=status)

    @answered
    def ask_view(self, request: HttpRequest, pk: uuid.UUID, what: str) -> HttpResponseBase:
        """A test, rest, go on, away with it."""
        webhook = self.row(request, pk)
        if request.method == "POST" and what == "remove":
            services.delete_webhook(webhook, actor=request.user)
            messages.success(request, _("%(name)s was taken away.") % {"name": webhook.name})
            return redirect("admin:webhooks_webhook_changelist")
        verbs = {"ping": services.ping, "pause": services.pause_webhook, "resume": services.resume_webhook}
        if request.method == "POST" and what in verbs:
            verbs[what](webhook, actor=request.user)
            if what == "ping":
                messages.success(request, _("A test message is on its way; the log below says what came of it."))
        return redirect("admin:webhooks_webhook_change", pk)

    @answered
    def delivery_view(self, request: HttpRequest, pk: uuid.UUID, delivery: uuid.UUID) -> HttpResponseBase:
        """One delivery; what is posted sends it again."""
        webhook = self.row(request, pk)
        row = Delivery.objects.filter(webhook=webhook, pk=delivery).select_related("webhook__project").first()
        if row is None:
            raise Http404(_("There is no such page, or you may not see it."))
        if request.method == "POST":
            replay_delivery(row, actor=request.user)
            messages.success(request, _("It goes out again, under the same id."))
            return redirect("admin:webhooks_webhook_delivery", pk, delivery)
        owns = holds(request.user, webhook.project, Role.OWNER)
        context = {"title": type_words(row.type), "webhook": webhook, "owns": owns}
        return self.page(request, "pages/webhook/delivery.html", **context, **whole(row))

    def _owned(self, request: HttpRequest, pk: uuid.UUID) -> Webhook:
        webhook: Webhook = self.row(request, pk)
        require(request.user, webhook.project, Role.OWNER)
        return webhook

    def _filled(self, request: HttpRequest, form: WebhookForm, title: str) -> HttpResponseBase:
        if request.method == "POST" and (made := form.saved()):
            webhook, secret = made
            if secret:
                return self.page(request, "pages/webhook/secret.html", title=title, webhook=webhook, secret=secret)
            messages.success(request, _("%(name)s was saved.") % {"name": webhook.name})
            return redirect("admin:webhooks_webhook_change", webhook.pk)
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/webhook/form.html", title=title, form=form, status=status)


def stands(webhook: Webhook) -> str:
    """Whether deliveries are made, and how that goes."""
    if webhook.state == WebhookState.PAUSED:
        return _("paused: %(why)s") % {"why": webhook.get_paused_why_display()}
    return _("failing") if webhook.failing_since else _("active")
