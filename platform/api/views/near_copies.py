"""What a job's near copies look like, for people with rights on the data."""

from __future__ import annotations

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request

from api import downloads
from api.schema import File, operation
from api.views.job_records import OfJob
from jobs.near_pairs import pairs_of
from lineage.reads import job_read
from lineage.retention import refuse_if


@extend_schema_view(
    get=operation(
        "The ten nearest pairs of a made and a real item (PNG)",
        {200: File("image/png")},
        description="Made left, real right, the distance below; only for submitters, reviewers and owners of the "
        "project that the data belong to. To anybody else there is none.",
    )
)
class NearCopies(OfJob):
    """It shows the data, and stands by itself for that reason."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Of an evaluation that measured `near_copies`."""
        job = self.job(id)
        project, sha256 = pairs_of(self.person, job)
        refuse_if(job.files_expired_at)
        answer = downloads.blob(request, project, sha256, "near-copies.png", inline=True, cache="private, no-store")
        job_read(job, self.person, "job.near_copies_read")
        return answer
