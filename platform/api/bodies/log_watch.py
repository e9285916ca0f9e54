"""Counts and self-checks of the log."""

from __future__ import annotations

from rest_framework import serializers


class CountQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False)
    verb = serializers.CharField(required=False)
    actor = serializers.CharField(required=False)
    subject_kind = serializers.CharField(required=False)
    subject = serializers.CharField(required=False, help_text="The subject's id.")
    since = serializers.DateTimeField(required=False, help_text="Hours that begin then or later.")
    until = serializers.DateTimeField(required=False, help_text="Hours that begin before.")


class CountSerializer(serializers.Serializer):
    """How often somebody did one thing to one subject within an hour; `actor` is gone once a person was erased."""

    id = serializers.IntegerField()
    hour = serializers.DateTimeField(help_text="When it begins.")
    actor = serializers.CharField(help_text="Empty for failed logins: nobody was proved to be there.")
    verb = serializers.CharField()
    subject_kind = serializers.CharField()
    subject = serializers.CharField(source="subject_id")
    project = serializers.UUIDField(source="project_id", allow_null=True)
    count = serializers.IntegerField()
    event = serializers.UUIDField(source="event_id", allow_null=True, help_text="The leaf that covers it.")


class SelfCheckSerializer(serializers.Serializer):
    """One check of the whole log."""

    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField(help_text="Events to check.")
    checked = serializers.IntegerField()
    heads = serializers.IntegerField()
    details = serializers.IntegerField()
    erased = serializers.IntegerField()
    counts = serializers.IntegerField(help_text="Hourly counts below the events.")
    ok = serializers.BooleanField(allow_null=True, help_text="Null while it runs and has found nothing.")
    problems = serializers.ListField(child=serializers.CharField())
    alarms = serializers.ListField(child=serializers.CharField(), help_text="What is wrong with the log now.")
