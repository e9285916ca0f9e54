"""Legal holds, and the erasure of a data set."""

from __future__ import annotations

from rest_framework import serializers

from audit.reasons import LONGEST
from lineage.erasure import MODELS
from lineage.legal_holds import KINDS
from lineage.models import LegalHold


class LegalHoldQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False, help_text="Name or id")
    subject_kind = serializers.ChoiceField(list(KINDS), required=False)
    subject = serializers.CharField(max_length=64, required=False, help_text="Its id.")
    in_force = serializers.BooleanField(required=False, allow_null=True, default=None)


class LegalHoldRequestSerializer(serializers.Serializer):
    """What is to be kept, and why."""

    subject_kind = serializers.ChoiceField(list(KINDS))
    subject = serializers.CharField(max_length=64, help_text="Its id.")
    reason = serializers.CharField(max_length=LONGEST)


class LiftLegalHoldRequestSerializer(serializers.Serializer):
    """Why it may go."""

    comment = serializers.CharField(max_length=LONGEST)


class LegalHoldSerializer(serializers.Serializer):
    """A legal hold: nothing that it reaches is deleted."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    subject_kind = serializers.CharField()
    subject = serializers.CharField(source="subject_id")
    reason = serializers.CharField()
    set_by = serializers.CharField(source="set_by.username")
    set_at = serializers.DateTimeField()
    in_force = serializers.SerializerMethodField()
    lifted_by = serializers.SerializerMethodField()
    lifted_at = serializers.DateTimeField(allow_null=True)
    comment = serializers.CharField()

    def get_in_force(self, hold: LegalHold) -> bool:
        """Until it is lifted."""
        return hold.lifted_at is None

    def get_lifted_by(self, hold: LegalHold) -> str | None:
        """The second person."""
        return hold.lifted_by.username if hold.lifted_by else None


class EraseRequestSerializer(serializers.Serializer):
    """The data set's name, typed again; what becomes of the models that learned from it."""

    name = serializers.CharField(max_length=100)
    models = serializers.ChoiceField(list(MODELS), default="keep")
    reason = serializers.CharField(max_length=LONGEST, required=False, default="", allow_blank=True)
