"""What is said of a job that waits, and what may be asked of its place, of many jobs at once, of whole queues."""

from __future__ import annotations

from rest_framework import serializers

from api.bodies.jobs import JobQuerySerializer
from jobs.bulk import ACTIONS, MOST
from jobs.order import HIGHEST, LOWEST
from jobs.queues import LONGEST_REASON


class PriorityRequestSerializer(serializers.Serializer):
    """What can be changed of a job that does not run yet."""

    priority = serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST)


class MoveRequestSerializer(serializers.Serializer):
    """Where to: one of the three."""

    before = serializers.UUIDField(required=False, help_text="A queued job of the same project and queue.")
    after = serializers.UUIDField(required=False, help_text="A queued job of the same project and queue.")
    to = serializers.ChoiceField(["front", "end"], required=False)


class BulkRequestSerializer(serializers.Serializer):
    """One action on the jobs of `ids`, or on the newest of `filter`."""

    action = serializers.ChoiceField(ACTIONS)
    priority = serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST, required=False)
    ids = serializers.ListField(child=serializers.UUIDField(), max_length=MOST, required=False)
    filter = JobQuerySerializer(required=False, help_text=f"As of the list of jobs; the newest {MOST} of them.")


class OutcomeSerializer(serializers.Serializer):
    """What came of it for one job; `state` is what is so now, also where it was not done."""

    id = serializers.UUIDField()
    done = serializers.BooleanField()
    state = serializers.CharField()
    state_reason = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BulkSerializer(serializers.Serializer):
    """One outcome for each job, in the order asked for; `more` says that the filter fits further jobs."""

    results = OutcomeSerializer(many=True)
    more = serializers.BooleanField()


class QueuePauseRequestSerializer(serializers.Serializer):
    """Why."""

    reason = serializers.CharField(max_length=LONGEST_REASON, required=False, allow_blank=True)


class QueuePauseSerializer(serializers.Serializer):
    """Who paused a queue, when and why."""

    by = serializers.CharField(source="paused_by.username")
    at = serializers.DateTimeField(source="paused_at")
    reason = serializers.CharField()


class ListenerSerializer(serializers.Serializer):
    """A live worker of a queue."""

    worker = serializers.CharField()
    seen_at = serializers.DateTimeField()


class QueueSerializer(serializers.Serializer):
    """A queue: how many jobs wait and run there, over all projects; its pause; who works on it."""

    queue = serializers.CharField(source="name")
    depth = serializers.IntegerField()
    more = serializers.BooleanField(help_text="more than `depth` wait: counting ends there")
    running = serializers.IntegerField()
    paused = QueuePauseSerializer(source="pause", allow_null=True)
    workers = ListenerSerializer(many=True)


class QueueListSerializer(serializers.Serializer):
    """All of them: they are few."""

    results = QueueSerializer(many=True)
