"""The morning digest."""

from __future__ import annotations

from rest_framework import serializers

from api.bodies.waiting import WaitingSerializer
from jobs.models import State


class DigestQuerySerializer(serializers.Serializer):
    """Of which time."""

    to = serializers.DateTimeField(required=False, help_text="Now, unless said.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is a word of Python."""
        since = serializers.DateTimeField(required=False, help_text="Yesterday at 18:00, unless said.")
        return {"from": since, **super().get_fields()}


class DigestJobSerializer(serializers.Serializer):
    """A job in short."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    state = serializers.ChoiceField(State.choices)
    state_reason = serializers.CharField()
    error_code = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class DigestSampleSerializer(serializers.Serializer):
    """The latest sample grid of a training that succeeded."""

    job = serializers.UUIDField(source="job.pk")
    step = serializers.IntegerField()
    content = serializers.SerializerMethodField(help_text="Path of the picture (PNG).")

    def get_content(self, sample: object) -> str:
        """Where it is."""
        return f"/api/v1/jobs/{sample.job.pk}/samples/{sample.step}"  # type: ignore[attr-defined]


class DigestDeviceSerializer(serializers.Serializer):
    """What a worker's device did; idle seconds are told to operators."""

    worker = serializers.CharField()
    device = serializers.CharField()
    used_s = serializers.FloatField()
    idle_s = serializers.FloatField(allow_null=True)


class DigestPlanSerializer(serializers.Serializer):
    """What is to come: a queued job, or a recurring one that is due within a day."""

    job = DigestJobSerializer(allow_null=True)
    schedule = serializers.CharField(allow_null=True)
    due = serializers.DateTimeField(source="schedule.next_due", allow_null=True, default=None)
    waiting = WaitingSerializer(allow_null=True)


class DigestSerializer(serializers.Serializer):
    """What a night brought, and what comes next; lists hold at most 50, `counts` all."""

    begin = serializers.DateTimeField()
    end = serializers.DateTimeField()
    counts = serializers.DictField(child=serializers.IntegerField())
    held = DigestJobSerializer(many=True, help_text="Jobs that wait for a person's decision.")
    finished = DigestJobSerializer(many=True)
    failed = DigestJobSerializer(many=True)
    running = DigestJobSerializer(many=True)
    samples = DigestSampleSerializer(many=True)
    devices = DigestDeviceSerializer(many=True)
    plan = DigestPlanSerializer(many=True)
    alarms = serializers.ListField(child=serializers.CharField())
