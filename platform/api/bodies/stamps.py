"""Time stamps."""

from __future__ import annotations

from rest_framework import serializers


class StampSerializer(serializers.Serializer):
    """A digest that an authority stamps (RFC 3161); `token` once it has answered: base64 of the DER."""

    sha256 = serializers.CharField()
    requested_at = serializers.CharField()
    stamped_at = serializers.CharField(allow_null=True)
    authority = serializers.CharField()
    token = serializers.CharField(allow_null=True)


class ArchiveProofSerializer(serializers.Serializer):
    """What binds the archive of a job: its digest, the label of the credential inside, its time stamp."""

    sha256 = serializers.CharField()
    credential = serializers.CharField(allow_null=True, help_text="URN; none in an archive made before these were.")
    stamp = StampSerializer(allow_null=True, help_text="None where no authority was configured.")
