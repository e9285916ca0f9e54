"""Who is in a project, and who was invited into it."""

from __future__ import annotations

from rest_framework import serializers

from accounts.models import Role

ROLE_HELP = "What the member may do in the project; each role includes the ones before it."


class MemberSerializer(serializers.Serializer):
    """Somebody in a project."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.get_full_name", help_text="As people say it; may be empty.")
    role = serializers.ChoiceField(Role.choices, help_text=ROLE_HELP)
    is_service = serializers.BooleanField(source="user.is_service", help_text="A service account, not a person.")
    is_active = serializers.BooleanField(source="user.is_active", help_text="Whether the account is open.")


class MemberQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    role = serializers.ChoiceField(Role.choices, required=False)


class MemberRoleSerializer(serializers.Serializer):
    """A role that a member is to have."""

    role = serializers.ChoiceField(Role.choices, help_text=ROLE_HELP)


class MemberRequestSerializer(MemberRoleSerializer):
    """Somebody who has an account, and a role."""

    username = serializers.CharField(max_length=150)


class InvitationRequestSerializer(MemberRequestSerializer):
    """Somebody who has no account yet."""

    role = serializers.ChoiceField(Role.choices, required=False, default=Role.SUBMITTER, help_text=ROLE_HELP)
    name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)
    email = serializers.EmailField(required=False, default="", allow_blank=True)


class InvitationSerializer(serializers.Serializer):
    """Somebody whose account waits for a first password."""

    username = serializers.CharField()
    name = serializers.CharField(source="get_full_name")
    email = serializers.CharField()
    invited_at = serializers.DateTimeField(source="date_joined")


class FreshInvitationSerializer(InvitationSerializer):
    """With the link, which is shown this once; whoever opens it chooses the password."""

    link = serializers.CharField()
    until = serializers.DateTimeField(help_text="The link works once, until then.")
