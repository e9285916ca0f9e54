"""For whoever watches the platform: alive, ready, and figures for Prometheus."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request

from accounts.services import require_watcher
from api.access import Endpoint, Scoped
from api.figures import figures
from api.readiness import readiness
from jobs.models import Job


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served; the broker is reported only, since nothing is lost without it."""
    ready, checks = readiness()
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


class Watching(BasePermission):
    """For who sees all projects."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raise Forbidden for everybody else."""
        require_watcher(request.user)  # type: ignore[arg-type]
        return True


class Metrics(Endpoint):
    """Prometheus text, for auditors and operators: it counts across projects."""

    permission_classes = (IsAuthenticated, Scoped, Watching)
    queryset = Job.objects.none()
    schema = None  # type: ignore[assignment]  # of no use in the document

    def get(self, request: Request) -> HttpResponse:
        """Jobs by kind and state, age of the queues, the process."""
        return HttpResponse(figures(), content_type=CONTENT_TYPE_LATEST)
