"""What happens in jobs, and what one may ask for of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

KEPT = ("state", "metric", "sample", "checkpoint", "facts", "log", "partial")
TYPES = (*KEPT, "progress")  # which is told in streams alone: only the latest counts
NEWEST_ID = 2**62
STREAMED = (200, "text/event-stream")  # the other way in which an answer comes
PAGE, MOST = 100, 1000


class EventsQuerySerializer(serializers.Serializer):
    """Which events."""

    after = serializers.IntegerField(
        required=False, min_value=0, max_value=NEWEST_ID, help_text="Only events after this id."
    )
    type = serializers.ChoiceField(TYPES, required=False, help_text="Only events of this type.")
    types = serializers.MultipleChoiceField(choices=TYPES, required=False, help_text="Only events of these: state,log")


class ProjectEventsQuerySerializer(EventsQuerySerializer):
    """Which events of a project."""

    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=MOST, help_text="Items a page.")


class JobEventSerializer(serializers.Serializer):
    """One thing that happened in a job."""

    id = serializers.IntegerField()
    type = serializers.CharField(help_text="state, metric, sample, checkpoint, facts, log, partial")
    at = serializers.DateTimeField()
    data = serializers.DictField()


class ProjectEventSerializer(JobEventSerializer):
    """One thing that happened in a job of the project."""

    job = serializers.UUIDField(source="job_id")


class ProjectEventsSerializer(serializers.Serializer):
    """A page of them, oldest first."""

    results = ProjectEventSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Where it goes on; a page may be short before that.")
    previous = serializers.CharField(allow_null=True)


def asked_types(said: Mapping[str, Any]) -> frozenset[str]:
    """The types that a checked query asks for; none: no word of them."""
    return frozenset(said.get("types", ())) | (frozenset({said["type"]}) if "type" in said else frozenset())
