"""The log's rows. They name people, projects and subjects by text and id only: the log outlives what it speaks of."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.count_models import HourlyCount as HourlyCount
from audit.leaves import moment
from audit.policy_models import ProjectPolicy as ProjectPolicy
from audit.policy_models import ReviewRequest as ReviewRequest
from audit.stamp_models import Stamp as Stamp
from audit.watch_models import LogAlarm as LogAlarm
from audit.watch_models import SelfCheck as SelfCheck
from models_store import merkle
from models_store.ids import new_id


class LeafField(models.BinaryField):
    """Bytes; text that an editor put in their place (SQLite lets it) is read as UTF-8 and left to the self-check."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Bytes, whatever the column holds."""
        return value.encode() if isinstance(value, str) else value

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """In the schema it is a plain binary column."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


class AuditEvent(models.Model):
    """One thing that happened. `leaf` is what the tree commits to; the columns repeat it, so that it can be searched.

    `actor` is not in the leaf, only a commitment to it: it is blank once the person was erased.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    index = models.BigIntegerField(_("place in the log"), null=True, unique=True, editable=False)
    at = models.DateTimeField(_("time"), editable=False)
    actor = models.CharField(_("who"), max_length=150, blank=True, editable=False)
    verb = models.CharField(_("what"), max_length=64, editable=False)
    subject_kind = models.CharField(_("kind of subject"), max_length=32, editable=False)
    subject_id = models.CharField(_("subject"), max_length=64, editable=False)
    project_id = models.UUIDField(_("project"), null=True, editable=False)
    leaf = LeafField(editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("audit event"), _("audit events")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["at", "id"], condition=models.Q(index=None), name="audit_waiting"),
            models.Index(fields=["subject_id", "project_id", "id"], name="audit_subject"),
            models.Index(fields=["project_id", "id"], name="audit_project"),
            models.Index(fields=["verb", "id"], name="audit_verb"),
            models.Index(fields=["actor", "id"], name="audit_actor"),
            models.Index(fields=["at", "id"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_kind} {self.subject_id}"

    @property
    def leaf_hash(self) -> bytes:
        """The leaf's hash in the tree, 32 bytes."""
        return merkle.leaf_hash(bytes(self.leaf))


class AuditDetail(models.Model):
    """What the leaf only commits to, and the salt of that commitment: deleted when it must be forgotten."""

    event = models.OneToOneField(AuditEvent, on_delete=models.CASCADE, primary_key=True, related_name="detail")
    salt = models.BinaryField(max_length=16, editable=False)
    detail = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("detail"), _("details")

    def __str__(self) -> str:
        return str(self.event_id)


class TreeNode(models.Model):
    """The hash of one complete subtree (models_store/merkle.py); written once, never changed."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name, verbose_name_plural = _("tree node"), _("tree nodes")

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class TreeHead(models.Model):
    """A signed root of the tree over the first `size` events."""

    size = models.BigIntegerField(_("events"), unique=True, editable=False)
    root = models.CharField(_("root"), max_length=64, editable=False)
    at = models.DateTimeField(_("time"), editable=False)
    signature = models.CharField(_("signature"), max_length=128, editable=False)
    key_id = models.CharField(_("key"), max_length=64, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("tree head"), _("tree heads")
        ordering = ["-size"]

    def __str__(self) -> str:
        return f"{self.size} {self.root[:12]}"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON: size, root (hex), at, signature (hex), key_id."""
        return {
            "size": self.size,
            "root": self.root,
            "at": moment(self.at),
            "signature": self.signature,
            "key_id": self.key_id,
        }


class Review(models.Model):
    """A person's recorded decision on a data set version, model version, job or artifact."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject_kind = models.CharField(_("kind of subject"), max_length=32)
    subject_id = models.CharField(_("subject"), max_length=64)
    project_id = models.UUIDField(_("project"), null=True, editable=False)
    reviewer = models.CharField(_("reviewer"), max_length=150)
    decision = models.CharField(_("decision"), max_length=32)
    comment = models.TextField(_("comment"), blank=True)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name, verbose_name_plural = _("review"), _("reviews")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="review_subject"),
            models.Index(fields=["project_id", "id"], name="review_project"),
            models.Index(fields=["reviewer", "id"], name="review_person"),
        ]

    def __str__(self) -> str:
        return f"{self.decision}: {self.subject_kind} {self.subject_id}"
