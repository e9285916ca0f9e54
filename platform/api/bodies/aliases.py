"""Aliases, proposals to move them, and what one stood for."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from audit.reasons import LONGEST
from catalog.alias_history import Standing, proof_of
from catalog.alias_models import MoveState
from catalog.models import Alias, AliasMove, Stage
from catalog.stages import USABLE


class AliasQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False, help_text="Name or id")
    model = serializers.CharField(required=False, help_text="Name or id")


class OneAliasQuerySerializer(serializers.Serializer):
    """What is asked of one alias."""

    at = serializers.CharField(
        required=False, max_length=40, help_text="A date, whose end (UTC) is meant, or a time with its zone."
    )
    project = serializers.CharField(required=False, help_text="Which project, where several have a model of that name.")


class AliasRequestSerializer(serializers.Serializer):
    """What an alias is to stand for."""

    name = serializers.CharField(max_length=300, help_text="production, or chest-xray@production without `model`")
    model = serializers.CharField(required=False, help_text="Name or id")
    version = serializers.CharField(
        allow_null=True, max_length=300, help_text="A number, an id, or name@number; null for nothing any more."
    )
    reason = serializers.CharField(max_length=LONGEST, required=False, default="", allow_blank=True)
    project = serializers.CharField(required=False)


class NamedVersionSerializer(serializers.Serializer):
    """A version that an alias stands for, or stood for."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    stage = serializers.ChoiceField(Stage.choices, help_text="As of now.")
    sha256 = serializers.CharField(help_text="Of the bundle's manifest.")


class MoveSerializer(serializers.Serializer):
    """A proposal and what became of it."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(MoveState.choices)
    before = NamedVersionSerializer(allow_null=True)
    version = NamedVersionSerializer(allow_null=True, help_text="null: nothing any more")
    reason = serializers.CharField()
    proposed_by = serializers.CharField(source="proposed_by.username")
    proposed_at = serializers.DateTimeField()
    decided_by = serializers.SerializerMethodField()
    decided_at = serializers.DateTimeField(allow_null=True)
    comment = serializers.CharField()
    event = serializers.UUIDField(source="event_id", allow_null=True, help_text="The event of the log.")

    def get_decided_by(self, move: AliasMove) -> str | None:
        """The second person."""
        return move.decided_by.username if move.decided_by else None


class AliasSerializer(serializers.Serializer):
    """A movable name of a model."""

    id = serializers.UUIDField()
    alias = serializers.CharField(source="__str__", help_text="As job bodies name it: chest-xray@production")
    name = serializers.CharField()
    model = serializers.UUIDField(source="model_id")
    model_name = serializers.CharField(source="model.name")
    project = serializers.CharField(source="model.project.slug")
    version = NamedVersionSerializer(allow_null=True)
    usable = serializers.SerializerMethodField(help_text="Whether jobs can be submitted by this name now.")
    since = serializers.DateTimeField(source="moved_at", allow_null=True)
    proposal = serializers.SerializerMethodField(help_text="The move that waits for a second person.")
    links = serializers.SerializerMethodField()

    def get_usable(self, alias: Alias) -> bool:
        """Whether it stands for something that may be used."""
        return alias.version is not None and alias.version.stage in USABLE

    def get_proposal(self, alias: Any) -> dict[str, Any] | None:
        """At most one."""
        return MoveSerializer(alias.waiting[0]).data if alias.waiting else None

    def get_links(self, alias: Alias) -> dict[str, str]:
        """Itself."""
        return {"self": reverse("alias", args=[alias.pk])}


class AliasDetailSerializer(AliasSerializer):
    """An alias with the moves that were approved, newest first."""

    history = MoveSerializer(many=True)


class StandingSerializer(serializers.Serializer):
    """What an alias stood for at a moment.

    `log_proof` shows that the log holds the move: leaf, path and signed head, with the detail and the salt that open
    what the leaf commits to; `until_proof` the same for the move that ended it. Every leaf names its subject in plain
    text, so an export of the log shows that no other move of this alias lies between them.
    """

    alias = serializers.CharField()
    at = serializers.DateTimeField(help_text="The moment that is answered for.")
    version = NamedVersionSerializer(source="move.version", allow_null=True, default=None)
    since = serializers.DateTimeField(source="move.decided_at", allow_null=True, default=None)
    until = serializers.DateTimeField(source="ended_by.decided_at", allow_null=True, default=None)
    proposed_by = serializers.CharField(source="move.proposed_by.username", allow_null=True, default=None)
    approved_by = serializers.CharField(source="move.decided_by.username", allow_null=True, default=None)
    reason = serializers.CharField(source="move.reason", allow_null=True, default=None)
    comment = serializers.CharField(source="move.comment", allow_null=True, default=None)
    earlier_that_day = MoveSerializer(source="others", many=True)
    log_proof = serializers.SerializerMethodField()
    until_proof = serializers.SerializerMethodField()

    def get_log_proof(self, standing: Standing) -> dict[str, Any] | None:
        """Null where it stood for nothing yet, and during the first seconds."""
        return proof_of(standing.move.event) if standing.move else None

    def get_until_proof(self, standing: Standing) -> dict[str, Any] | None:
        """Null while it still stands for that."""
        return proof_of(standing.ended_by.event) if standing.ended_by else None
