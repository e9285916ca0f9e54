"""Tokens and projects."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Project
from accounts.services import SCOPES


class TokenRequestSerializer(serializers.Serializer):
    """A token is asked for."""

    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    scopes = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=f"Of {', '.join(SCOPES)}; without them, those of the token that asks.",
    )


class TokenSerializer(serializers.Serializer):
    """A token without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="The first characters of the secret.")
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


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
        """viewer, submitter, reviewer or owner."""
        roles: dict[Any, str] = self.context["roles"]
        return roles.get(project.pk, "owner")
