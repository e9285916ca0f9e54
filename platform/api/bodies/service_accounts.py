"""Service accounts and their tokens."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Membership, ServiceAccount
from accounts.service_accounts import ROLES, SCOPES_OF_SERVICE
from api.bodies.accounts import DAYS_HELP, TokenSerializer


class ServiceAccountQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False, help_text="Name or id")


class ServiceAccountRequestSerializer(serializers.Serializer):
    """A service account is asked for."""

    project = serializers.CharField(max_length=64, help_text="Name or id of its project; you own it.")
    name = serializers.CharField(max_length=64, help_text="Small letters, digits, hyphens; it becomes `name@project`.")
    role = serializers.ChoiceField(ROLES, required=False, default=ROLES[-1], help_text="At most submitter.")


class ServiceAccountPatchSerializer(serializers.Serializer):
    """Somebody else is to answer for it."""

    answered_by = serializers.CharField(max_length=150, help_text="User name of a person in its project.")


class ServiceAccountSerializer(serializers.Serializer):
    """A service account: it has tokens and no password."""

    name = serializers.CharField(source="username", help_text="As it stands in the log: `name@project`.")
    project = serializers.UUIDField(source="home_id", allow_null=True)
    role = serializers.SerializerMethodField()
    answered_by = serializers.SerializerMethodField(help_text="The person who answers for it, if any.")
    is_active = serializers.BooleanField(help_text="false: closed for good.")
    created_at = serializers.DateTimeField(source="date_joined")

    def get_role(self, account: ServiceAccount) -> str | None:
        """viewer or submitter; null where it was taken out of its project."""
        roles: dict[Any, str] | None = self.context.get("roles")
        if roles is None:
            return Membership.objects.filter(user=account.pk).values_list("role", flat=True).first()
        return roles.get(account.pk)

    def get_answered_by(self, account: ServiceAccount) -> str | None:
        """A user name."""
        return account.answered_by.username if account.answered_by else None


class ServiceTokenRequestSerializer(serializers.Serializer):
    """A token for a service account is asked for."""

    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(SCOPES_OF_SERVICE), required=False, help_text="Without them read and submit."
    )
    days = serializers.IntegerField(required=False, min_value=1, max_value=3650, help_text=DAYS_HELP)


class ServiceTokenSerializer(TokenSerializer):
    """A token of a service account, and who made it."""

    made_by = serializers.SerializerMethodField(help_text="It ends with the account of this person.")

    def get_made_by(self, token: Any) -> str | None:
        """A user name; null for tokens made at the command line."""
        return token.made_by.username if token.made_by else None


class FreshServiceTokenSerializer(ServiceTokenSerializer):
    """With its secret, which is shown this once."""

    token = serializers.CharField()
