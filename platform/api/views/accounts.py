"""Own API tokens, and projects."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import ApiToken, Membership, Project
from accounts.password_logins import PasswordOnce
from accounts.services import visible_projects
from accounts.terms import set_terms
from accounts.tokens import BearerToken
from api.access import Endpoint
from api.bodies.accounts import (
    FreshTokenSerializer,
    LimitsRequestSerializer,
    ProjectDetailSerializer,
    ProjectRequestSerializer,
    ProjectSerializer,
    TokenRequestSerializer,
    TokenSerializer,
)
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import operation
from models_store.errors import Forbidden, NotFound

WAYS = (
    "By a token with the scope `admin`, by the session of the browser, or, here alone, by user name and password (HTTP "
    "Basic). Names and passwords are tried at a bounded pace: 429 `too_many_attempts` says when to come again. A "
    "service account makes none: an owner of its project does, below /service-accounts."
)


@extend_schema_view(
    get=operation("Your tokens", {200: TokenSerializer(many=True)}),
    post=operation(
        "A fresh token, shown this once",
        {201: FreshTokenSerializer},
        request=TokenRequestSerializer,
        description=WAYS,
        refuses={429: ("too_many_attempts",)},
    ),
)
class Tokens(Endpoint):
    """Tokens of the person who asks."""

    scopes = {"POST": "admin"}
    authentication_classes = (BearerToken, PasswordOnce, SessionAuthentication)
    serializer_class = TokenSerializer
    pagination_class = NewestFirst
    queryset = ApiToken.objects.none()

    def get_authenticate_header(self, request: Request) -> str:
        """What a 401 asks for: no page's call makes a browser ask for a password in a window of its own."""
        basic = request.headers.get("Authorization", "").lower().split()[:1] == ["basic"]
        return (PasswordOnce if basic else BearerToken)().authenticate_header(request)

    def get(self, request: Request) -> Response:
        """All of them, also revoked ones."""
        return self.page(ApiToken.objects.filter(user=self.person))

    def post(self, request: Request) -> Response:
        """The secret is in `token`; only its digest is kept."""
        said = checked_body(request, TokenRequestSerializer)
        if self.person.is_service:
            raise Forbidden("An owner of its project makes the tokens of a service account.", expected="a person")
        asking = request.auth if isinstance(request.auth, ApiToken) else None
        own = asking.scopes if asking else services.SCOPES
        token, secret = services.issue_token(
            self.person, name=said["name"], scopes=said.get("scopes", own), within=own, days=said.get("days"),
            until=asking.expires_at if asking else None,
        )  # fmt: skip
        return Response(TokenSerializer(token).data | {"token": secret}, status=201)


@extend_schema_view(
    delete=operation("Revoke a token", {204: None}),
)
class Token(Endpoint):
    """One token of the person who asks."""

    scopes = {"DELETE": "admin"}
    queryset = ApiToken.objects.none()

    def delete(self, request: Request, id: str) -> Response:
        """From now on it is refused; asking twice changes nothing."""
        token = ApiToken.objects.filter(user=self.person, pk=id).first()
        if token is None:
            raise NotFound()
        services.revoke_token(token, actor=self.person.username)
        return Response(status=204)


@extend_schema_view(
    get=operation("Your projects", {200: ProjectSerializer(many=True)}),
    post=operation("A new project (superusers)", {201: ProjectSerializer}, request=ProjectRequestSerializer),
)
class Projects(Endpoint):
    """Projects in which the person is a member."""

    scopes = {"POST": "admin"}
    serializer_class = ProjectSerializer
    pagination_class = NewestFirst
    queryset = Project.objects.none()

    def get_serializer_context(self) -> dict[str, object]:
        """The person's roles, in one query."""
        rows = Membership.objects.filter(user_id=self.request.user.pk).values_list("project_id", "role")
        return super().get_serializer_context() | {
            "roles": dict(rows),
            "elsewhere": "owner" if self.request.user.is_superuser else "viewer",
        }

    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.page(self.mine())

    def post(self, request: Request) -> Response:
        """Whoever makes it owns it."""
        said = checked_body(request, ProjectRequestSerializer)
        services.require_superuser(self.person)
        project = services.create_project(said["name"], title=said["title"], actor=self.person)
        return Response(self.get_serializer(project).data, status=201)

    def mine(self) -> QuerySet[Project]:
        """All of them for superusers, auditors and operators."""
        return visible_projects(self.person)


@extend_schema_view(
    get=operation("One project: weight, quotas, use", {200: ProjectDetailSerializer}),
    patch=operation("Set weight and quotas", {200: ProjectDetailSerializer}, request=LimitsRequestSerializer),
)
class OneProject(Projects):
    """A project of the person, with what it may use and what it uses. An owner tightens limits, operators set them."""

    scopes = {"PATCH": "admin"}
    passing = ("usage",)
    serializer_class = ProjectDetailSerializer
    pagination_class = None
    http_method_names = ["get", "patch", "head"]

    def get(self, request: Request, id: str) -> Response:
        """With its use as of now."""
        return Response(self.get_serializer(self.one(self.mine(), "pk", pk=id)).data)

    def patch(self, request: Request, id: str) -> Response:
        """What is not named stays."""
        project = self.one(self.mine(), "pk", pk=id)
        said = checked_body(request, LimitsRequestSerializer)
        return Response(self.get_serializer(set_terms(project, actor=self.person, **said)).data)
