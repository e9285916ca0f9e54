"""Why a job waits, what stands before it, and when it is expected to begin and end."""

from __future__ import annotations

from rest_framework import serializers


class RangeSerializer(serializers.Serializer):
    """As likely before as after `p50`; nine times of ten before `p90`."""

    p50 = serializers.DateTimeField()
    p90 = serializers.DateTimeField()


class BasedOnSerializer(serializers.Serializer):
    """Which jobs it was learned from: of the same kind, family and project, or of as much of that as enough share."""

    like = serializers.ChoiceField(["project", "family", "kind"])
    jobs = serializers.IntegerField()


class WaitingSerializer(serializers.Serializer):
    """An estimate; in lists only the reason is filled in. null for a job that has ended."""

    reason = serializers.CharField()
    ahead = serializers.IntegerField(allow_null=True, help_text="About how many jobs stand before it now.")
    more = serializers.BooleanField(help_text="Not all of them were counted.")
    start = RangeSerializer(allow_null=True)
    end = RangeSerializer(allow_null=True)
    based_on = BasedOnSerializer(allow_null=True)
    unknown = serializers.CharField(help_text="Why nothing can be said of start or end.")
