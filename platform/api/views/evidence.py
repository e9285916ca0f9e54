"""Evidence bundles, and the public keys that check them."""

from __future__ import annotations

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from api import downloads
from api.access import Endpoint
from api.schema import File, operation
from api.views.artifacts import OfArtifact
from api.views.job_records import OfJob
from api.views.models import OfVersion
from audit.models import TreeHead
from lineage import evidence_bundle
from lineage.trusted import trusted

ZIP = File("application/zip")
SAYS = "What shows where it comes from, as far as you may see it; its README says how to check each piece without us."


@extend_schema_view(get=operation("The evidence for an artifact, as a zip", {200: ZIP}, description=SAYS))
class ArtifactEvidence(OfArtifact):
    """File, manifest, certificates, log proof, model, data, decisions."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """409 `not_in_log_yet` during the first seconds; taking it is an event of the log."""
        artifact = self.artifact(id)
        return downloads.sent(request, evidence_bundle.of_artifact(artifact, actor=self.person), f"{id}-evidence.zip")


@extend_schema_view(get=operation("The evidence for a job, as a zip", {200: ZIP}, description=SAYS))
class JobEvidence(OfJob):
    """Its archive or the digest of it, and the proofs of all its artifacts."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """409 `not_in_log_yet` while the log lacks some of its artifacts."""
        return downloads.sent(request, evidence_bundle.of_job(self.job(id), actor=self.person), f"{id}-evidence.zip")


@extend_schema_view(get=operation("The evidence for a model version, as a zip", {200: ZIP}, description=SAYS))
class ModelEvidence(OfVersion):
    """Its signed bundle, cards, bill of materials, data, decisions."""

    def get(self, request: Request, id: str, number: str) -> HttpResponseBase:
        """Files that are too large are named by their digest."""
        version = self.version(id, number)
        file = evidence_bundle.of_version(version, actor=self.person)
        return downloads.sent(request, file, f"{version.model.name}-v{version.number}-evidence.zip")


@extend_schema_view(
    get=operation(
        "The trust bundle",
        {200: OpenApiTypes.OBJECT},
        description="Every public key that checks what this platform made: give it to people who will be handed files, "
        "on another way than the files. It holds no secret.",
    )
)
class Trust(Endpoint):
    """Roots, keys of the log and of bundles, roots of time stamps, the newest head."""

    queryset = TreeHead.objects.none()

    def get(self, request: Request) -> Response:
        """For everybody who may log in."""
        return Response(trusted())
