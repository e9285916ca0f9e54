"""The policies of a project."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Project
from accounts.services import visible_projects
from api.access import Endpoint
from api.bodies.reviews import PolicyListSerializer, PolicyRequestSerializer, PolicySerializer, listed
from api.reading import checked_body
from api.schema import operation
from audit.models import ProjectPolicy
from jobs.policies import clear_policy, policies_of, set_policy
from models_store.errors import NotFound


class _OfProject(Endpoint):
    """Something of one project."""

    queryset = ProjectPolicy.objects.none()

    def project(self, id: str) -> Project:
        """The project, or NotFound."""
        return self.one(visible_projects(self.person), "pk", pk=id)


@extend_schema_view(get=operation("The policies of a project", {200: PolicyListSerializer}))
class Policies(_OfProject):
    """What holds in a project."""

    def get(self, request: Request, id: str) -> Response:
        """By name."""
        return Response(PolicyListSerializer(listed(policies_of(self.project(id)))).data)


@extend_schema_view(
    get=operation("A policy that a project has set", {200: PolicySerializer}),
    put=operation("Set a policy (owners)", {200: PolicySerializer}, request=PolicyRequestSerializer),
    delete=operation("Clear a policy (owners)", {204: None}),
)
class OnePolicy(_OfProject):
    """One policy of a project."""

    scopes = {"PUT": "admin", "DELETE": "admin"}

    def get(self, request: Request, id: str, name: str) -> Response:
        """Its parameters, who set it and when."""
        row = next((one for one in policies_of(self.project(id)) if one.name == name), None)
        if row is None:
            raise NotFound()
        return Response(PolicySerializer(row).data)

    def put(self, request: Request, id: str, name: str) -> Response:
        """With these parameters; jobs that wait in the queue are judged anew when they are to start."""
        said = checked_body(request, PolicyRequestSerializer)
        row = set_policy(self.project(id), name, said["params"], actor=self.person)
        return Response(PolicySerializer(row).data)

    def delete(self, request: Request, id: str, name: str) -> Response:
        """Jobs that it held go on."""
        clear_policy(self.project(id), name, actor=self.person)
        return Response(status=204)
