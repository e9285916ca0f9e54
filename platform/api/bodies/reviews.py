"""Reviews: what waits for a decision, decisions, flags on artifacts; policies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from audit.models import ProjectPolicy, Review, ReviewRequest
from audit.policies import policies
from audit.reasons import LONGEST
from lineage.decisions import VERBS


class ReviewQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    open = serializers.BooleanField(
        required=False, help_text="true: what waits for a decision; else the decisions that were taken."
    )
    project = serializers.CharField(required=False, help_text="Name or id.")
    subject_kind = serializers.ChoiceField(list(VERBS), required=False)
    subject = serializers.CharField(max_length=64, required=False, help_text="The subject's id.")


class ReviewRequestSerializer(serializers.Serializer):
    """A decision: on a `request`, or on a thing named by `subject_kind` and `subject`."""

    request = serializers.UUIDField(required=False)
    subject_kind = serializers.ChoiceField(list(VERBS), required=False)
    subject = serializers.UUIDField(required=False)
    decision = serializers.CharField(
        max_length=32,
        help_text="approve; reject (all but artifacts); confirm, retire, revoke (models); withdraw (artifacts).",
    )
    comment = serializers.CharField(
        max_length=LONGEST, required=False, default="", allow_blank=True,
        help_text="Why; needed for everything but approve, confirm and retire.",
    )  # fmt: skip


class ReviewSerializer(serializers.Serializer):
    """A person's decision, or something that waits for one: then `decision` is empty and `request` is its id."""

    id = serializers.UUIDField()
    subject_kind = serializers.CharField()
    subject = serializers.CharField(source="subject_id")
    project = serializers.UUIDField(source="project_id", allow_null=True)
    reviewer = serializers.CharField(default="")
    decision = serializers.CharField(default="")
    comment = serializers.CharField(default="")
    at = serializers.DateTimeField(default=None, allow_null=True)
    request = serializers.SerializerMethodField(help_text="The id to decide on.")
    policy = serializers.CharField(default="", help_text="The policy that asked for it, if one did.")
    why = serializers.CharField(default="")
    asked_at = serializers.DateTimeField(default=None, allow_null=True)

    def get_request(self, row: Review | ReviewRequest) -> str | None:
        """None of a decision."""
        return str(row.pk) if isinstance(row, ReviewRequest) else None


class FlagRequestSerializer(serializers.Serializer):
    """What is wrong with an artifact."""

    reason = serializers.CharField(max_length=LONGEST)


class FlagSerializer(serializers.Serializer):
    """What a member of the project found wrong."""

    reason = serializers.CharField()
    flagged_by = serializers.CharField(source="flagged_by.username")
    at = serializers.DateTimeField()


class WithdrawRequestSerializer(serializers.Serializer):
    """Why it is withdrawn."""

    comment = serializers.CharField(max_length=LONGEST)


class PolicyRequestSerializer(serializers.Serializer):
    """Parameters of a policy; what is left out takes its default."""

    params = serializers.DictField(required=False, default=dict)


class PolicySerializer(serializers.Serializer):
    """A policy that holds in a project."""

    name = serializers.CharField()
    title = serializers.SerializerMethodField()
    moment = serializers.SerializerMethodField(help_text="submission, use or release")
    params = serializers.DictField()
    set_by = serializers.CharField()
    set_at = serializers.DateTimeField()

    def get_title(self, row: ProjectPolicy) -> str:
        """In English; GET /plugins?kind=policy has all that is said of it."""
        found = policies().get(row.name)
        return found.title if found else row.name

    def get_moment(self, row: ProjectPolicy) -> str:
        """When it judges."""
        found = policies().get(row.name)
        return found.moment if found else "use"


class PolicyListSerializer(serializers.Serializer):
    """All of them: they are few."""

    results = PolicySerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


def listed(rows: list[Any]) -> dict[str, Any]:
    """A list that has one page."""
    return {"results": rows, "next": None, "previous": None}
