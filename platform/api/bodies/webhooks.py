"""Webhooks and their deliveries."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config import clock
from webhooks.address import LONGEST
from webhooks.events import PING, TYPES
from webhooks.models import Delivery, DeliveryState, Fault, PausedWhy, Webhook, WebhookState
from webhooks.services import LONGEST_NAME

WHERE = "https; a public host, without user, password or fragment; port 443, or one from 1024 on."
WHICH = "Types of events; none at all: every one."
ONCE = "whsec_ and base64: signs what is sent (Standard Webhooks). Shown this once."


class WebhookQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False, help_text="Name or id")
    state = serializers.ChoiceField(WebhookState.values, required=False)


class WebhookChangeSerializer(serializers.Serializer):
    """What of a webhook is to be different; whoever changes it answers for it from then on."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    url = serializers.CharField(max_length=LONGEST, required=False, help_text=WHERE)
    types = serializers.ListField(child=serializers.ChoiceField(TYPES), required=False, help_text=WHICH)


class WebhookRequestSerializer(WebhookChangeSerializer):
    """An endpoint that is to be told what happens in a project."""

    project = serializers.CharField(required=False, help_text="Name or id")
    name = serializers.CharField(max_length=LONGEST_NAME)
    url = serializers.CharField(max_length=LONGEST, help_text=WHERE)


class WebhookSerializer(serializers.Serializer):
    """An endpoint that is told what happens in a project."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    url = serializers.CharField()
    types = serializers.ListField(child=serializers.ChoiceField(TYPES), help_text=WHICH)
    state = serializers.ChoiceField(WebhookState.values)
    paused_why = serializers.SerializerMethodField(help_text="Null while it is active.")
    paused_at = serializers.DateTimeField(allow_null=True, help_text="What happened since can be replayed.")
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when nothing was delivered; after a day of it the webhook is paused."
    )
    former_secret_until = serializers.SerializerMethodField(
        help_text="Until when the secret before the present one signs too; null where it does not."
    )
    owner = serializers.CharField(
        source="owner.username", help_text="Who answers for it; without the role of an owner it is paused."
    )
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ChoiceField(PausedWhy.values, allow_null=True))
    def get_paused_why(self, webhook: Webhook) -> str | None:
        """What paused it."""
        return webhook.paused_why or None

    def get_former_secret_until(self, webhook: Webhook) -> datetime | None:
        """While two secrets sign."""
        until = webhook.former_until
        return until if until and until > clock.now() else None


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with its secret."""

    secret = serializers.CharField(help_text=ONCE)


class DeliveryQuerySerializer(serializers.Serializer):
    """Filters of the log of deliveries."""

    state = serializers.ChoiceField(DeliveryState.values, required=False)


class DeliverySerializer(serializers.Serializer):
    """A message for one endpoint."""

    id = serializers.UUIDField()
    message = serializers.CharField(help_text="Goes out as `webhook-id`, the same at each try and each replay.")
    type = serializers.ChoiceField([*TYPES, PING])
    event = serializers.UUIDField(source="event_id", allow_null=True, help_text="Of the audit log; null for a ping.")
    state = serializers.ChoiceField(DeliveryState.values)
    tries = serializers.IntegerField(min_value=0)
    next_try_at = serializers.DateTimeField(source="due_at", allow_null=True, help_text="Null once it is over.")
    status = serializers.IntegerField(allow_null=True, help_text="Of the last answer; null where none came.")
    ms = serializers.IntegerField(allow_null=True, min_value=0, help_text="Milliseconds that the last try took.")
    fault = serializers.SerializerMethodField(help_text="Why the last try was no delivery; null where it was one.")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(Fault.values, allow_null=True))
    def get_fault(self, row: Delivery) -> str | None:
        """The last one's."""
        return row.fault or None


class TrySerializer(serializers.Serializer):
    """One attempt."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    ms = serializers.IntegerField(min_value=0)
    fault = serializers.CharField(allow_blank=True)


class WholeDeliverySerializer(DeliverySerializer):
    """A message, its attempts and what was answered last."""

    answer = serializers.CharField(help_text="The first 4 kB of the last answer, as text.")
    past = TrySerializer(many=True, help_text="Attempts, oldest first; the last 20 are kept.")
    payload = serializers.SerializerMethodField(help_text="What is sent.")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_payload(self, row: Delivery) -> dict[str, Any]:
        """As JSON; the bytes that are signed have no blanks."""
        return json.loads(row.body)


class ReplayRequestSerializer(serializers.Serializer):
    """Either of the two."""

    since = serializers.DateTimeField(required=False, help_text="All that has happened since, at most 30 days ago.")
    delivery = serializers.UUIDField(required=False, help_text="This one.")


class ReplayedSerializer(serializers.Serializer):
    """How much goes out again."""

    count = serializers.IntegerField(min_value=0)
