"""Invitations into a project: for an operator who owns it, and for superusers, as on the desk."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.invitations import invite_into, invited, link_for, withdraw_invitation
from accounts.models import Role, User
from accounts.services import require
from api.bodies.members import FreshInvitationSerializer, InvitationRequestSerializer, InvitationSerializer
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import operation
from api.views.members import OfProject


@extend_schema_view(
    get=operation("Who was invited and has not come yet (owners)", {200: InvitationSerializer(many=True)}),
    post=operation(
        "Invite somebody new (operators who own the project)",
        {201: FreshInvitationSerializer},
        request=InvitationRequestSerializer,
        refuses={403: ("superuser_needed",), 409: ("conflict",)},
    ),
)
class Invitations(OfProject):
    """People of a project whose account waits for a first password."""

    scopes = {"GET": "admin", "POST": "admin"}
    serializer_class = InvitationSerializer
    pagination_class = NewestFirst
    queryset = User.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """Who was invited last stands first."""
        project = self.project(id)
        require(self.person, project, Role.OWNER)
        return self.page(invited(project))

    @transaction.atomic
    def post(self, request: Request, id: str) -> Response:
        """A new account with a role in the project; the link is in the answer and nowhere else."""
        project, said = self.project(id), checked_body(request, InvitationRequestSerializer)
        user = invite_into(
            project, said["username"], actor=self.person, role=said["role"], first_name=said["name"],
            email=said["email"],
        )  # fmt: skip
        uid, token, until = link_for(user, actor=self.person)
        link = request.build_absolute_uri(reverse("admin:welcome", args=[uid, token]))
        shown = InvitationSerializer(user).data | {"link": link, "until": until}
        return Response(shown, status=201)


@extend_schema_view(
    delete=operation(
        "Take an invitation back (operators who own the project)", {204: None}, refuses={403: ("superuser_needed",)}
    ),
)
class Invitation(OfProject):
    """One invitation that was not used."""

    scopes = {"DELETE": "admin"}

    def delete(self, request: Request, id: str, username: str) -> Response:
        """Its link opens nothing any more."""
        withdraw_invitation(self.project(id), username, actor=self.person)
        return Response(status=204)
