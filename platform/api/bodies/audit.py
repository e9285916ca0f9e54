"""The log, its heads and proofs, and reviews."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.bodies.stamps import StampSerializer
from audit.models import AuditEvent


class AuditQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False)
    verb = serializers.CharField(required=False)
    actor = serializers.CharField(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    subject_kind = serializers.CharField(required=False)
    subject = serializers.CharField(required=False, help_text="The subject's id.")


class AuditEventSerializer(serializers.Serializer):
    """One event; `actor` and `detail` are gone once a person was erased, `leaf` never."""

    id = serializers.UUIDField()
    index = serializers.IntegerField(allow_null=True, help_text="Its place in the log, within seconds.")
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    verb = serializers.CharField()
    subject_kind = serializers.CharField()
    subject = serializers.CharField(source="subject_id")
    project = serializers.UUIDField(source="project_id", allow_null=True)
    detail = serializers.SerializerMethodField()
    leaf = serializers.SerializerMethodField()

    def get_detail(self, event: AuditEvent) -> dict[str, Any] | None:
        """What the leaf only commits to."""
        return event.detail.detail if hasattr(event, "detail") else None

    def get_leaf(self, event: AuditEvent) -> str:
        """The canonical JSON that the tree holds."""
        return bytes(event.leaf).decode()


class TreeHeadSerializer(serializers.Serializer):
    """A signed root of the log."""

    size = serializers.IntegerField()
    root = serializers.CharField()
    at = serializers.CharField()
    signature = serializers.CharField()
    key_id = serializers.CharField()


class StampedHeadSerializer(TreeHeadSerializer):
    """A head with its time stamp, whose digest is that of the bytes that are signed."""

    stamp = StampSerializer()


class TreeHeadWithKeySerializer(TreeHeadSerializer):
    """The newest head and the key that checks it."""

    public_key = serializers.CharField(help_text="Ed25519, PEM")
    stamp = StampSerializer(allow_null=True, help_text="Of this head; heads are stamped at most once a minute.")
    stamped_head = StampedHeadSerializer(allow_null=True, help_text="The newest head that has its time stamp.")


class PublicKeySerializer(serializers.Serializer):
    """The key that signs heads now, and keys that did."""

    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="PEM")
    retired = serializers.DictField(child=serializers.CharField())


class InclusionQuerySerializer(serializers.Serializer):
    """Which event, and below which head."""

    index = serializers.IntegerField(min_value=0, required=False)
    event = serializers.UUIDField(required=False)
    size = serializers.IntegerField(min_value=1, required=False)


class InclusionSerializer(serializers.Serializer):
    """The way from a leaf to a signed root."""

    index = serializers.IntegerField()
    tree_size = serializers.IntegerField()
    leaf = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())
    head = TreeHeadSerializer()


class ConsistencyQuerySerializer(serializers.Serializer):
    """Two sizes of the log."""

    first = serializers.IntegerField(min_value=0)
    second = serializers.IntegerField(min_value=0, required=False)


class ConsistencySerializer(serializers.Serializer):
    """That the larger tree begins with the smaller one."""

    first = serializers.IntegerField()
    second = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())


class ExportQuerySerializer(serializers.Serializer):
    """What stands in the file."""

    details = serializers.BooleanField(
        default=False, help_text="Also actors, details and their salts, as far as they are not erased: personal data."
    )
