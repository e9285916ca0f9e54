"""Endpoints outside, what is to be delivered to them, and how far the log was read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_store.ids import new_id


class WebhookState(models.TextChoices):
    """Whether deliveries are made."""

    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")


class PausedWhy(models.TextChoices):
    """What paused an endpoint."""

    BY_HAND = "by_hand", _("somebody paused it")
    FAILING = "failing", _("nothing but failures for a day")
    GONE = "gone", _("it answered that it is gone (410)")
    OWNER_LEFT = "owner_left", _("whoever answers for it does not own the project any more")
    SECRET_LOST = "secret_lost", _("its secret cannot be read: the platform's own secret key was changed")


class Webhook(models.Model):
    """An address that is told what happens in one project; `owner` answers for it and has to own the project.

    An empty list of types means all. Secrets are encrypted (webhooks/secret.py); the former one signs too until
    `former_until`. `since` is when it began to listen: what happened before is not delivered by itself.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=2000)
    types = models.JSONField(_("types of events"), default=list)
    secret = models.CharField(max_length=300, editable=False)
    former_secret = models.CharField(max_length=300, blank=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=WebhookState, default=WebhookState.ACTIVE)
    paused_why = models.CharField(_("why it is paused"), max_length=16, choices=PausedWhy, blank=True)
    paused_at = models.DateTimeField(_("paused"), null=True)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    since = models.DateTimeField(editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("answers for it")
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_webhook_of_a_name")]
        indexes = [
            models.Index(fields=["project", "id"], name="webhook_project"),
            models.Index(fields=["state"], name="webhook_state"),
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    """How far a delivery is."""

    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")


class Fault(models.TextChoices):
    """Why a try was no delivery."""

    STATUS = "status", _("it answered with a status that is no success")
    REDIRECT = "redirect", _("it redirects; deliveries follow no redirect")
    TIMEOUT = "timeout", _("it did not answer in time")
    NOT_PUBLIC = "not_public", _("its name leads to an address that is not public")
    UNKNOWN_HOST = "unknown_host", _("nobody knows its name")
    CERTIFICATE = "certificate", _("its certificate is not trusted, or is not for this name")
    NOT_REACHED = "not_reached", _("nobody listens there, or the way is closed")
    BROKEN_OFF = "broken_off", _("the connection broke, or what came was no HTTP")
    UNEXPECTED = "unexpected", _("something that the log of the web process explains")


class Delivery(models.Model):
    """One message for one endpoint. `message` goes out as `webhook-id`, the same at each try and at each replay.

    While it waits, `due_at` is when it is tried next. Who tries it moves that on (webhooks/claims.py) and puts `lease`
    there; where a process dies, it is due again by itself.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    message = models.CharField(max_length=64, editable=False)
    event_id = models.UUIDField(null=True, editable=False)
    type = models.CharField(_("type"), max_length=64, editable=False)
    body = models.TextField(editable=False)
    state = models.CharField(_("state"), max_length=16, choices=DeliveryState, default=DeliveryState.WAITING)
    due_at = models.DateTimeField(null=True, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    tries = models.PositiveIntegerField(_("attempts"), default=0)
    past = models.JSONField(default=list, editable=False)
    status = models.PositiveIntegerField(_("status"), null=True)
    ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    fault = models.CharField(_("fault"), max_length=32, choices=Fault, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["webhook", "message"], name="one_delivery_of_a_message")]
        indexes = [
            models.Index(fields=["webhook", "due_at"], condition=models.Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["webhook", "id"], name="delivery_log"),
            models.Index(fields=["webhook", "state", "id"], name="delivery_by_state"),
            models.Index(fields=["ended_at"], condition=models.Q(ended_at__isnull=False), name="delivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message}"


class Place(models.Model):
    """How far the log was read: the index of the event that comes next. There is one row."""

    index = models.BigIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("place in the log"), _("places in the log")

    def __str__(self) -> str:
        return str(self.index)
