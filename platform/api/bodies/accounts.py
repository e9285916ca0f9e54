"""Tokens and projects."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import ApiToken, Project
from accounts.retention import LONGEST_DAYS
from accounts.services import SCOPES, dead
from config import clock
from jobs.usage import usage_of

DAYS_HELP = (
    "Days that it works: KILNMARK_TOKEN_DAYS at most and without it; a token made by a token ends with that one."
)
LARGEST = 2**63 - 1  # that a database holds


class TokenRequestSerializer(serializers.Serializer):
    """A token is asked for."""

    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    scopes = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=f"Of {', '.join(SCOPES)}; without them, those of the token that asks.",
    )
    days = serializers.IntegerField(required=False, min_value=1, max_value=3650, help_text=DAYS_HELP)


class TokenSerializer(serializers.Serializer):
    """A token without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="The first characters of the secret.")
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To five minutes; from where is not kept.")
    revoked_at = serializers.DateTimeField(allow_null=True)
    works = serializers.SerializerMethodField(help_text="false: revoked, expired, or of a closed account.")

    def get_works(self, token: ApiToken) -> bool:
        """Whether it is taken now."""
        return dead(token) is None


class FreshTokenSerializer(TokenSerializer):
    """A token with its secret, which is shown this once."""

    token = serializers.CharField()


class ProjectRequestSerializer(serializers.Serializer):
    """A project is asked for."""

    name = serializers.SlugField(max_length=64)
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ProjectSerializer(serializers.Serializer):
    """A project that the person may see, and the person's role in it."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="slug")
    title = serializers.CharField()
    role = serializers.SerializerMethodField()
    max_running = serializers.IntegerField()
    created_at = serializers.DateTimeField()

    def get_role(self, project: Project) -> str:
        """viewer, submitter, reviewer or owner; auditors and operators look at projects that they are not in."""
        roles: dict[Any, str] = self.context["roles"]
        return roles.get(project.pk) or self.context["elsewhere"]


class UsageSerializer(serializers.Serializer):
    """What a project uses; hours are device hours."""

    running = serializers.IntegerField(help_text="Jobs that run now.")
    week_hours = serializers.FloatField(help_text="Today and the six days before (UTC), with what runs.")
    total_hours = serializers.FloatField()
    share_hours = serializers.FloatField(help_text="What counts for its fair share: use fades by half in a week.")
    storage_bytes = serializers.IntegerField(help_text="As last counted, with the uploads since.")
    counted_at = serializers.DateTimeField(allow_null=True)
    over = serializers.CharField(help_text="The quota that holds its queued jobs, or nothing.")


class ProjectDetailSerializer(ProjectSerializer):
    """A project with its weight, its quotas (0 means no limit) and what it uses."""

    weight = serializers.FloatField()
    max_device_hours = serializers.FloatField(help_text="Device hours in a week.")
    max_storage_bytes = serializers.IntegerField()
    artifact_days = serializers.IntegerField(help_text="Days that generated files are kept; 0: for ever.")
    upload_days = serializers.IntegerField()
    log_days = serializers.IntegerField()
    usage = serializers.SerializerMethodField()

    @extend_schema_field(UsageSerializer)
    def get_usage(self, project: Project) -> dict[str, Any]:
        """As of now."""
        return UsageSerializer(usage_of(project, clock.now())).data


class NumberField(serializers.FloatField):
    """A number; true is none."""

    def to_internal_value(self, data: Any) -> float:
        """Python would take true for 1."""
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class LimitsRequestSerializer(serializers.Serializer):
    """Weight and quotas that are to change; 0 means no limit."""

    weight = NumberField(required=False, help_text="0.01 to 100: its part of the devices.")
    max_running = serializers.IntegerField(
        required=False, min_value=0, max_value=LARGEST, help_text="Jobs running at once."
    )
    max_device_hours = NumberField(required=False, help_text="Device hours in a week.")
    max_storage_bytes = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)
    artifact_days = serializers.IntegerField(
        required=False, min_value=0, max_value=LONGEST_DAYS, help_text="Generated files, archives, sheets; 0: for ever."
    )
    upload_days = serializers.IntegerField(required=False, min_value=0, max_value=LONGEST_DAYS)
    log_days = serializers.IntegerField(
        required=False, min_value=0, max_value=LONGEST_DAYS, help_text="Lines of the logs of jobs."
    )
