"""Who is in a project with which role: all members see it, its owners change it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.members import let_in, remove_member, set_role
from accounts.models import Membership, Project, Role
from accounts.services import require, visible_projects
from api.access import Endpoint
from api.bodies.members import (
    MemberQuerySerializer,
    MemberRequestSerializer,
    MemberRoleSerializer,
    MemberSerializer,
)
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import operation


class OfProject(Endpoint):
    """What hangs on one project that the person may see."""

    queryset = Membership.objects.none()

    def project(self, id: str) -> Project:
        """The project, or NotFound."""
        return self.one(visible_projects(self.person), "pk", pk=id)

    def member(self, project: Project, username: str) -> Membership:
        """One of its members, or NotFound."""
        rows = Membership.objects.select_related("user").filter(project=project)
        found: Membership = self.one(rows, user__username=username)
        return found


@extend_schema_view(
    get=operation("Who is in a project", {200: MemberSerializer(many=True)}),
    post=operation(
        "Let somebody in (owners)",
        {201: MemberSerializer},
        request=MemberRequestSerializer,
        refuses={409: ("conflict",)},
    ),
)
class Members(OfProject):
    """Members of one project."""

    scopes = {"POST": "admin"}
    serializer_class = MemberSerializer
    filters = MemberQuerySerializer
    pagination_class = NewestFirst

    def get(self, request: Request, id: str) -> Response:
        """Who came last stands first."""
        rows = Membership.objects.filter(project=self.project(id), **self.query)
        return self.page(rows.select_related("user"))

    def post(self, request: Request, id: str) -> Response:
        """Somebody who has an account and is not in the project yet."""
        project, said = self.project(id), checked_body(request, MemberRequestSerializer)
        member = let_in(project, said["username"], said["role"], actor=self.person)
        return Response(MemberSerializer(member).data, status=201)


@extend_schema_view(
    get=operation("One member", {200: MemberSerializer}),
    patch=operation(
        "Give another role (owners)",
        {200: MemberSerializer},
        request=MemberRoleSerializer,
        refuses={409: ("last_owner",)},
    ),
    delete=operation("Take somebody out (owners)", {204: None}, refuses={409: ("last_owner",)}),
)
class Member(OfProject):
    """One member of one project."""

    scopes = {"PATCH": "admin", "DELETE": "admin"}
    serializer_class = MemberSerializer

    def get(self, request: Request, id: str, username: str) -> Response:
        """Name and role."""
        return Response(MemberSerializer(self.member(self.project(id), username)).data)

    def patch(self, request: Request, id: str, username: str) -> Response:
        """A project keeps an owner who can log in: 409 `last_owner`."""
        project, said = self.project(id), checked_body(request, MemberRoleSerializer)
        require(self.person, project, Role.OWNER)
        user = self.member(project, username).user
        return Response(MemberSerializer(set_role(project, user, said["role"], actor=self.person.username)).data)

    def delete(self, request: Request, id: str, username: str) -> Response:
        """What the member did stays."""
        project = self.project(id)
        require(self.person, project, Role.OWNER)
        remove_member(project, self.member(project, username).user, actor=self.person.username)
        return Response(status=204)
