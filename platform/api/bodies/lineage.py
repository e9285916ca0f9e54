"""Artifacts and verdicts."""

from __future__ import annotations

from django.urls import reverse
from rest_framework import serializers

from api.bodies.catalog import JobLinkSerializer
from api.bodies.reviews import FlagSerializer
from lineage.consequences import revocation_of, stage_of, withdrawn_as
from lineage.models import Artifact

SIDECAR_PATHS = {"c2pa": "credential", "xmp": "label"}


class ArtifactQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    job = serializers.UUIDField(required=False)
    model_version = serializers.CharField(max_length=300, required=False, help_text="An id, name@number or name@alias.")
    sha256 = serializers.CharField(max_length=64, required=False)
    project = serializers.CharField(required=False, help_text="Name or id")
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)


class SidecarSerializer(serializers.Serializer):
    """A file beside an artifact."""

    sha256 = serializers.CharField()
    size = serializers.IntegerField()


class ArtifactSerializer(serializers.Serializer):
    """One generated file."""

    id = serializers.UUIDField()
    job = serializers.UUIDField(source="job_id")
    index = serializers.IntegerField()
    sha256 = serializers.CharField()
    content_sha256 = serializers.CharField(
        help_text="Before marks; of a text, which is marked while it is drawn: as drawn."
    )
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    seed = serializers.CharField()
    stage = serializers.SerializerMethodField(
        help_text="withdrawn; revoked where the model is by now; else its stage when the artifact was made."
    )
    stage_when_made = serializers.CharField(source="stage")
    withdrawn = serializers.SerializerMethodField(help_text="By a reviewer: {on, because}; null where it was not.")
    flags = FlagSerializer(many=True, source="flags.all", help_text="What members of the project found wrong.")
    revoked = serializers.SerializerMethodField(help_text="Of the model: {on, by, because}; null where it was not.")
    marks = serializers.DictField()
    sidecars = serializers.DictField(
        child=SidecarSerializer(), help_text="c2pa and xmp, where the file carries no credential and label inside."
    )
    model_version = serializers.UUIDField(source="model_version_id")
    created_at = serializers.DateTimeField()
    expired_at = serializers.DateTimeField(
        allow_null=True, help_text="When its bytes were deleted (retention); manifest and proof stay."
    )
    links = serializers.SerializerMethodField()

    def get_stage(self, artifact: Artifact) -> str:
        """As of now."""
        return stage_of(artifact)

    def get_withdrawn(self, artifact: Artifact) -> dict[str, str] | None:
        """Its content is then for reviewers alone."""
        return withdrawn_as(artifact)

    def get_revoked(self, artifact: Artifact) -> dict[str, str] | None:
        """When, by whom, why."""
        return revocation_of(artifact.model_version)

    def get_links(self, artifact: Artifact) -> dict[str, str]:
        """Its bytes and what stands beside them, what made it, and its proof."""
        place = reverse("artifact", args=[artifact.pk])
        beside = [SIDECAR_PATHS[name] for name in sorted(artifact.sidecars)]
        return {"self": place} | {name: f"{place}/{name}" for name in ("content", *beside, "manifest", "proof")}


class EvidenceSerializer(serializers.Serializer):
    """One thing that speaks for the verdict."""

    kind = serializers.CharField()
    says = serializers.CharField()


class VerdictSerializer(serializers.Serializer):
    """Is it ours? `no_evidence` does not mean that it is not. Figures and ids are for members of its project."""

    verdict = serializers.CharField(help_text="ours, altered, likely_ours, resembles or no_evidence")
    evidence = EvidenceSerializer(many=True)
    c2pa_state = serializers.CharField(required=False)
    band = serializers.CharField(required=False, help_text="The watermark for others: none, weak or strong.")
    watermark = serializers.DictField(required=False, allow_null=True)
    artifact = serializers.UUIDField(required=False)
    model_version = serializers.UUIDField(required=False)
    stage = serializers.CharField(required=False)
    aliases = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="That stood for the model version when it was judged."
    )
    log_proof = serializers.DictField(required=False)
    members = serializers.ListField(child=serializers.DictField(), required=False, help_text="Of a zip.")
    verification = serializers.UUIDField(help_text="The job that looked at the file.")
    job = serializers.UUIDField(required=False, help_text="The job that made it.")


class VerifyRequestSerializer(serializers.Serializer):
    """A file, or a zip of files."""

    file = serializers.FileField()
    project = serializers.CharField(required=False, help_text="Where the question is kept; not whose file it is.")


class VerifyAcceptedSerializer(serializers.Serializer):
    """Nobody has looked yet."""

    job = JobLinkSerializer()
    state = serializers.CharField()
