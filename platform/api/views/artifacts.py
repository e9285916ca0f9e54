"""Generated files: where they come from, their bytes, what made them, and the proof that the log holds them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from api import downloads
from api.access import Endpoint
from api.bodies.lineage import ArtifactQuerySerializer, ArtifactSerializer
from api.bodies.reviews import FlagRequestSerializer, WithdrawRequestSerializer
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import File, operation
from api.views.artifact_filters import artifact_ways
from lineage import manifests
from lineage.consequences import headers_of
from lineage.flags import decide_artifact, flag, nothing_against, require_shown
from lineage.models import Artifact
from lineage.reads import artifact_read
from lineage.retention import require_kept
from lineage.services import proof_of
from models_store.errors import NotFound
from models_store.manifest import write_manifest
from models_store.media_types import SIDECARS, SUFFIXES, beside, suffix

MAKER = ("withdrawal", "model_version__model", "model_version__decided_by")


@extend_schema_view(
    get=operation("Artifacts", {200: ArtifactSerializer(many=True)}, parameters=[ArtifactQuerySerializer])
)
class Artifacts(Endpoint):
    """Artifacts of the person's projects."""

    serializer_class = ArtifactSerializer
    filters = ArtifactQuerySerializer
    pagination_class = NewestFirst
    queryset = Artifact.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = Artifact.objects.select_related(*MAKER).prefetch_related("flags__flagged_by")
        return self.listed(rows, artifact_ways(self.person, self.query))


class NoSidecar(NotFound):
    """It is carried inside the file."""

    code = "no_sidecar"


class OfArtifact(Endpoint):
    """Something of one artifact."""

    queryset = Artifact.objects.none()

    def artifact(self, id: str) -> Artifact:
        """The artifact, or NotFound."""
        return self.one(artifact_rows(), pk=id)


def artifact_rows() -> QuerySet[Artifact]:
    """Artifacts with what they come from."""
    return Artifact.objects.select_related("job", "leaf", "project", "model_version__model__project", *MAKER)


@extend_schema_view(get=operation("An artifact", {200: ArtifactSerializer}))
class OneArtifact(OfArtifact):
    """One generated file."""

    serializer_class = ArtifactSerializer

    def get(self, request: Request, id: str) -> Response:
        """What is known about it."""
        return Response(self.get_serializer(self.artifact(id)).data)


@extend_schema_view(get=operation("The bytes of an artifact, as released", {200: File(*SUFFIXES, downloads.OCTETS)}))
class Content(OfArtifact):
    """An attachment."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Verified against `sha256`; 410 `withdrawn` for all but reviewers once it was withdrawn."""
        artifact = self.artifact(id)
        require_shown(artifact, self.person)
        name = f"{artifact.pk}.{suffix(artifact.media_type)}"
        require_kept(artifact)
        free = nothing_against(artifact)
        answer = downloads.blob(request, artifact.project, artifact.sha256, name, free=free)
        downloads.flag(answer, headers_of(artifact.model_version))
        artifact_read(artifact, self.person)
        return answer


class Sidecar(OfArtifact):
    """A file that stands beside the artifact."""

    sidecar: str  # its key in `sidecars`
    read: str  # its name in the path, and in the log

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """404 `no_sidecar` where the artifact carries it inside."""
        artifact = self.artifact(id)
        if (said := artifact.sidecars.get(self.sidecar)) is None:
            raise NoSidecar(field=self.sidecar, got=artifact.media_type)
        require_shown(artifact, self.person)
        require_kept(artifact)
        name = beside(f"{artifact.pk}.{suffix(artifact.media_type)}", self.sidecar)
        answer = downloads.blob(request, artifact.project, said["sha256"], name, free=nothing_against(artifact))
        downloads.flag(answer, headers_of(artifact.model_version))
        artifact_read(artifact, self.person, f"artifact.{self.read}_read")
        return answer


@extend_schema_view(get=operation("The credential beside an artifact (C2PA)", {200: File(SIDECARS["c2pa"])}))
class Credential(Sidecar):
    """Its manifest store, for a file that has no room for one inside."""

    sidecar, read = "c2pa", "credential"


@extend_schema_view(get=operation("The label beside an artifact (XMP)", {200: File(SIDECARS["xmp"])}))
class Label(Sidecar):
    """AIGC and IPTC, for a file that has no room for them inside."""

    sidecar, read = "xmp", "label"


@extend_schema_view(get=operation("What made an artifact", {200: OpenApiTypes.OBJECT}))
class Manifest(OfArtifact):
    """Canonical JSON (RFC 8785)."""

    def get(self, request: Request, id: str) -> HttpResponse:
        """The same artifact gives the same bytes."""
        artifact = self.artifact(id)
        answer = HttpResponse(write_manifest(manifests.of_artifact(artifact)), content_type="application/json")
        downloads.flag(answer, headers_of(artifact.model_version))
        artifact_read(artifact, self.person, "artifact.manifest_read")
        return answer


@extend_schema_view(get=operation("The proof that the log holds an artifact", {200: OpenApiTypes.OBJECT}))
class Proof(OfArtifact):
    """From the artifact to a signed tree head; anybody can check it with the log's public key."""

    def get(self, request: Request, id: str) -> Response:
        """409 `not_in_log_yet` during the first seconds."""
        return Response(proof_of(self.artifact(id)))


@extend_schema_view(post=operation("Flag an artifact", {201: ArtifactSerializer}, request=FlagRequestSerializer))
class FlagArtifact(OfArtifact):
    """Any member of the project says that something is wrong with it."""

    def post(self, request: Request, id: str) -> Response:
        """It then waits for a reviewer."""
        artifact = self.artifact(id)
        flag(artifact, checked_body(request, FlagRequestSerializer)["reason"], actor=self.person)
        return Response(ArtifactSerializer(self.artifact(id)).data, status=201)


@extend_schema_view(
    post=operation("Withdraw an artifact", {200: ArtifactSerializer}, request=WithdrawRequestSerializer)
)
class Withdraw(OfArtifact):
    """For reviewers: its content is then theirs alone, and verdicts on the file say so."""

    scopes = {"POST": "review"}

    def post(self, request: Request, id: str) -> Response:
        """There is no way back."""
        said = checked_body(request, WithdrawRequestSerializer)
        decide_artifact(self.artifact(id), "withdraw", actor=self.person, comment=said["comment"])
        return Response(ArtifactSerializer(self.artifact(id)).data)
