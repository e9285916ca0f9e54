"""What proves that the archive of a job is the one that was made then."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from api.bodies.stamps import ArchiveProofSerializer
from api.schema import operation
from api.views.job_records import OfJob, made
from audit import stamping


@extend_schema_view(get=operation("What binds the archive of a job", {200: ArchiveProofSerializer}))
class ArchiveProof(OfJob):
    """Digest, credential, time stamp. Each file in the archive has its log proof at `/artifacts/{id}/proof`."""

    def get(self, request: Request, id: str) -> Response:
        """Once the job has succeeded."""
        job = self.job(id)
        sha256 = made(job, "archive")
        stamp = stamping.stamp_of(sha256)
        said = {"sha256": sha256, "credential": job.result.get("archive_credential")}
        return Response(said | {"stamp": stamp.as_dict() if stamp else None})
