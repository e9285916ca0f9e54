"""Bearer tokens for Django REST framework."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.services import TokenRefused, token_of
from audit import tally
from audit.logins import refused
from config import clock

SEEN_EVERY = timedelta(minutes=5)  # `last_used_at` is written at most that often


class BearerToken(authentication.BaseAuthentication):
    """`Authorization: Bearer km_...`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person behind the header, None where there is no such header."""
        word, _, secret = request.headers.get("Authorization", "").partition(" ")
        if word.lower() != "bearer":
            return None
        try:
            token = token_of(secret.strip())
        except TokenRefused as error:
            refused(str(error.facts.pop("token", "")))
            request._not_authenticated()  # DRF sees to it for its own exceptions alone, and would ask again
            raise
        now = clock.now()
        if token.last_used_at is None or now - token.last_used_at > SEEN_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
            tally.note(actor=token.user.username, verb="token.used", subject=("token", str(token.pk)))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    """How the token stands in the OpenAPI document."""

    target_class = "accounts.tokens.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """HTTP bearer."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "km_..."}


class SessionScheme(OpenApiAuthenticationExtension):
    """How a browser's session stands there."""

    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"
    priority = 1

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """A cookie."""
        says = "Of a browser that is logged in; what changes something also needs the header X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": says}


class PasswordScheme(OpenApiAuthenticationExtension):
    """How a name and a password stand there: where a token is asked for, and nowhere else."""

    target_class = "accounts.password_logins.PasswordOnce"
    name = "password"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]] | None:
        """Of a POST alone."""
        return {self.name: []} if auto_schema.method == "POST" else None

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """HTTP Basic."""
        return {"type": "http", "scheme": "basic", "description": "The name and password of a person."}
