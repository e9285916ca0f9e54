"""Aliases: a name that stands for one version of a model, and the proposals that made it stand for another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_store.ids import new_id


class MoveState(models.TextChoices):
    """How a proposal stands."""

    PROPOSED = "proposed", _("waits for a decision")
    MOVED = "moved", _("approved")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Alias(models.Model):
    """A movable name of a model: `chest-xray@production`. It stands for nothing before its first move is approved."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    model = models.ForeignKey(
        "catalog.Model", on_delete=models.PROTECT, related_name="aliases", verbose_name=_("model")
    )
    name = models.CharField(_("name"), max_length=64)
    version = models.ForeignKey(
        "catalog.ModelVersion", on_delete=models.PROTECT, null=True, related_name="aliases", verbose_name=_("version")
    )
    moved_at = models.DateTimeField(_("since"), null=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name, verbose_name_plural = _("alias"), _("aliases")
        constraints = [models.UniqueConstraint(fields=["model", "name"], name="one_alias_name_per_model")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.model.name}@{self.name}"


class AliasMove(models.Model):
    """One proposal to let an alias stand for a version (or for nothing), and what a second person decided.

    Those that were approved are the alias's history: each holds from `decided_at` until the next. `event` is the leaf
    of the log that says so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    alias = models.ForeignKey(Alias, on_delete=models.PROTECT, related_name="moves")
    version = models.ForeignKey("catalog.ModelVersion", on_delete=models.PROTECT, null=True, related_name="+")
    before = models.ForeignKey("catalog.ModelVersion", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=MoveState, default=MoveState.PROPOSED)
    reason = models.TextField(_("reason"), blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    comment = models.TextField(_("comment"), blank=True)
    event = models.ForeignKey("audit.AuditEvent", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("move of an alias"), _("moves of aliases")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["alias"], condition=models.Q(state="proposed"), name="one_open_move_per_alias"
            )
        ]
        indexes = [models.Index(fields=["alias", "decided_at"], name="alias_history")]

    def __str__(self) -> str:
        return f"{self.alias} → {self.version or '—'}"
