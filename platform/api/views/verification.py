"""Is this ours? A file goes in, a job looks at it, a verdict comes out."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle

from accounts.services import project_for
from api.access import Endpoint
from api.bodies.jobs import WaitQuerySerializer
from api.bodies.lineage import VerdictSerializer, VerifyAcceptedSerializer, VerifyRequestSerializer
from api.idempotency import REPLAYED, key_of
from api.reading import body_of, checked
from api.schema import operation
from jobs.models import Job, State
from jobs.uploads_once import verify_once
from lineage.disclosure import disclosed
from models_store.errors import ProductError


class VerificationFailed(ProductError):
    """The file could not be examined."""

    code, http_status = "verification_failed", 422


class Often(UserRateThrottle):
    """Asking often enough would tell how to take a mark away."""

    rate, scope = "120/min", "verify"


@extend_schema_view(
    post=operation(
        "Is this file ours?",
        {200: VerdictSerializer, 202: VerifyAcceptedSerializer},
        request={"multipart/form-data": VerifyRequestSerializer},
        headers=("Prefer",),
        description="Waits up to ten seconds for the verdict; else 202, and `Location` has it later. With `Prefer: "
        "respond-async` it does not wait, with `Prefer: wait=30` up to so many seconds.",
    )
)
class Verify(Endpoint):
    """A file, or a zip of files."""

    own_key = True
    scopes = {"POST": "read"}
    parser_classes = (MultiPartParser,)
    throttle_classes = (Often,)
    queryset = Job.objects.none()

    def post(self, request: Request) -> Response:
        """The gate waits for the verdict (api/gate.py); here it is accepted."""
        said = checked(body_of(request), VerifyRequestSerializer)
        project = project_for(self.person, said.get("project"))
        job, new = verify_once(said["file"], key=key_of(request), actor=self.person, project=project)
        response = answer(job, self)
        for name, value in ({} if new else REPLAYED).items():
            response.headers[name] = value
        return response


@extend_schema_view(
    get=operation("A verdict that was asked for", {200: VerdictSerializer, 202: VerifyAcceptedSerializer})
)
class Verdict(Endpoint):
    """The answer to an earlier question."""

    filters = WaitQuerySerializer
    queryset = Job.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """202 while nobody has looked."""
        return answer(self.one(Job.objects.all(), pk=id, kind="verify"), self)


def answer(job: Job, view: Endpoint) -> Response:
    """The verdict as its reader may see it, 202 before there is one, a problem where there will be none."""
    if job.state == State.SUCCEEDED:
        return Response(disclosed(job.result, to=view.person) | {"verification": str(job.pk)})
    if job.ended:
        facts = {name: job.error_facts.get(name) for name in ("field", "expected", "got")}
        raise VerificationFailed(job.error_detail or job.state_reason, code=job.error_code or "cancelled", **facts)
    place = reverse("verdict", args=[job.pk])
    body = VerifyAcceptedSerializer({"job": {"id": job.pk}, "state": job.state}).data
    return Response(body, status=202, headers={"Location": place})
