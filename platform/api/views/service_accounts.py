"""Service accounts of projects: owners make them, make and end their tokens, and close them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import service_accounts as services
from accounts.models import ApiToken, Membership, ServiceAccount
from accounts.services import project_for, revoke_token
from api.access import Endpoint
from api.bodies.service_accounts import (
    FreshServiceTokenSerializer,
    ServiceAccountPatchSerializer,
    ServiceAccountQuerySerializer,
    ServiceAccountRequestSerializer,
    ServiceAccountSerializer,
    ServiceTokenRequestSerializer,
    ServiceTokenSerializer,
)
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import operation
from models_store.errors import NotFound


class OfServiceAccount(Endpoint):
    """What hangs on one service account that the person may see."""

    queryset = ServiceAccount.objects.none()

    def account(self, name: str) -> ServiceAccount:
        """The account, or NotFound."""
        found: ServiceAccount = self.one(services.service_accounts_seen_by(self.person), "home", username=name)
        return found


@extend_schema_view(
    get=operation("Service accounts of projects that you own", {200: ServiceAccountSerializer(many=True)}),
    post=operation(
        "A new service account (owners)",
        {201: ServiceAccountSerializer},
        request=ServiceAccountRequestSerializer,
        refuses={404: ("not_found",), 409: ("conflict",)},
    ),
)
class ServiceAccounts(OfServiceAccount):
    """Those that the person may see: auditors and operators all of them."""

    scopes = {"POST": "admin"}
    serializer_class = ServiceAccountSerializer
    filters = ServiceAccountQuerySerializer
    pagination_class = NewestFirst

    def get_serializer_context(self) -> dict[str, Any]:
        """The roles of all that are shown, in one query."""
        rows = Membership.objects.filter(user__is_service=True).values_list("user_id", "role")
        return super().get_serializer_context() | {"roles": dict(rows)}

    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = services.service_accounts_seen_by(self.person)
        if "project" in self.query:
            rows = rows.filter(home=project_for(self.person, self.query["project"]))
        return self.page(rows)

    def post(self, request: Request) -> Response:
        """Whoever makes it answers for it."""
        said = checked_body(request, ServiceAccountRequestSerializer)
        project = project_for(self.person, said["project"])
        account = services.create_service_account(project, said["name"], role=said["role"], actor=self.person)
        return Response(ServiceAccountSerializer(account).data, status=201)


@extend_schema_view(
    get=operation("One service account", {200: ServiceAccountSerializer}),
    patch=operation(
        "Have somebody else answer for it (owners)",
        {200: ServiceAccountSerializer},
        request=ServiceAccountPatchSerializer,
    ),
    delete=operation("Close it for good, with its tokens (owners)", {204: None}),
)
class OneServiceAccount(OfServiceAccount):
    """One of them."""

    scopes = {"PATCH": "admin", "DELETE": "admin"}
    serializer_class = ServiceAccountSerializer

    def get(self, request: Request, name: str) -> Response:
        """Its project, its role, who answers for it."""
        return Response(ServiceAccountSerializer(self.account(name)).data)

    def patch(self, request: Request, name: str) -> Response:
        """A person of its project."""
        account, said = self.account(name), checked_body(request, ServiceAccountPatchSerializer)
        services.set_answering(account, said["answered_by"], actor=self.person)
        return Response(ServiceAccountSerializer(account).data)

    def delete(self, request: Request, name: str) -> Response:
        """Its tokens are refused from now on; asking twice changes nothing."""
        services.close_service_account(self.account(name), actor=self.person)
        return Response(status=204)


@extend_schema_view(
    get=operation("Tokens of a service account", {200: ServiceTokenSerializer(many=True)}),
    post=operation(
        "A token for a service account (owners), shown this once",
        {201: FreshServiceTokenSerializer},
        request=ServiceTokenRequestSerializer,
        refuses={409: ("account_closed",)},
    ),
)
class ServiceTokens(OfServiceAccount):
    """Its tokens, also those that have ended."""

    scopes = {"POST": "admin"}
    serializer_class = ServiceTokenSerializer
    pagination_class = NewestFirst

    def get(self, request: Request, name: str) -> Response:
        """Newest first."""
        return self.page(ApiToken.objects.filter(user=self.account(name)).select_related("made_by", "user"))

    def post(self, request: Request, name: str) -> Response:
        """No scope that the token that asks does not have."""
        account, said = self.account(name), checked_body(request, ServiceTokenRequestSerializer)
        own = request.auth.scopes if isinstance(request.auth, ApiToken) else services.SCOPES_OF_SERVICE
        token, secret = services.issue_service_token(
            account, actor=self.person, name=said["name"], scopes=said.get("scopes", services.SCOPES_OF_SERVICE),
            within=own, days=said.get("days"),
        )  # fmt: skip
        return Response(ServiceTokenSerializer(token).data | {"token": secret}, status=201)


@extend_schema_view(
    delete=operation("End a token of a service account (owners)", {204: None}),
)
class ServiceToken(OfServiceAccount):
    """One token of one service account."""

    scopes = {"DELETE": "admin"}

    def delete(self, request: Request, name: str, id: str) -> Response:
        """From now on it is refused; asking twice changes nothing."""
        account = self.account(name)
        services.require_keeper(self.person, account)
        token = ApiToken.objects.filter(user=account, pk=id).first()
        if token is None:
            raise NotFound()
        revoke_token(token, actor=self.person.username)
        return Response(status=204)
