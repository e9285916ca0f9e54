"""What a job leaves: its log, curves, sample grids, and what made its artifacts."""

from __future__ import annotations

from rest_framework import serializers


class LogLineSerializer(serializers.Serializer):
    """A kept line of the log."""

    at = serializers.DateTimeField()
    level = serializers.CharField(source="data.level")
    message = serializers.CharField(source="data.message")


class PointsQuerySerializer(serializers.Serializer):
    """How finely curves are told."""

    points = serializers.IntegerField(
        min_value=0, max_value=20_000, default=1000, help_text="At most so many of each curve."
    )


class SeriesSerializer(serializers.Serializer):
    """Curves: for each name the points [step, value], thinned to at most as many as were asked for."""

    series = serializers.DictField(child=serializers.ListField(child=serializers.ListField()))
    thinned = serializers.BooleanField()


class SampleSerializer(serializers.Serializer):
    """A sample grid made in training."""

    step = serializers.IntegerField()
    at = serializers.DateTimeField()
    sha256 = serializers.CharField()
    content = serializers.CharField(help_text="Path of the picture (PNG).")


class SampleListSerializer(serializers.Serializer):
    """All of a job, by step."""

    results = SampleSerializer(many=True)


class GenerationManifestSerializer(serializers.Serializer):
    """What made a job's artifacts, and how the digest in their credentials follows from it."""

    manifest = serializers.DictField()
    salt = serializers.CharField(help_text="Hexadecimal; put before the canonical manifest (RFC 8785) when hashing.")
    digest = serializers.CharField(help_text="SHA-256, hex: manifest_digest of the credentials of this job.")
    revoked = serializers.ListField(
        child=serializers.DictField(), help_text="Models of this job that were revoked: {version, on, by, because}."
    )
