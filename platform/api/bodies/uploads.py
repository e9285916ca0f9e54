"""Uploads that come in pieces."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers

from jobs.models import PartialUpload
from jobs.partial_uploads import expires_at


class UploadSerializer(serializers.Serializer):
    """A file on its way: complete when `offset` is `length`."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    length = serializers.IntegerField()
    offset = serializers.IntegerField()
    complete = serializers.BooleanField()
    expires_at = serializers.SerializerMethodField(help_text="If no further byte comes.")

    def get_expires_at(self, upload: PartialUpload) -> datetime:
        """A day after the last byte."""
        return expires_at(upload)
