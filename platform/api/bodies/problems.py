"""An error as RFC 9457 has it."""

from __future__ import annotations

from rest_framework import serializers


class ProblemSerializer(serializers.Serializer):
    """`code` is stable; `field`, `expected` and `got` name the place and the difference."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(required=False)
    expected = serializers.JSONField(required=False)
    got = serializers.JSONField(required=False)
    retry = serializers.BooleanField(required=False, help_text="The same request may succeed later.")
    request_id = serializers.CharField()
