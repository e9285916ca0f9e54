"""The one way in with a password, for the login page and for HTTP Basic: at a bounded pace, for people alone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.login_pace import TooManyAttempts, admit, cleared, network
from accounts.models import User
from audit.logins import put_off


class PasswordLogins(ModelBackend):
    """Django's own check of a password, at the pace of login_pace.py."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> AbstractBaseUser | None:
        """The person, None for a wrong name or password; TooManyAttempts before either is looked at."""
        if username is None or password is None:
            return None
        name = username.replace("\0", "")  # which PostgreSQL takes in no text
        address = network(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
        try:
            admit(name, address)
        except TooManyAttempts:
            put_off(name)
            raise
        user = super().authenticate(request, username=name, password=password)
        if user is not None and name == username:
            cleared(name, address)
            return user
        return None

    def user_can_authenticate(self, user: Any) -> bool:
        """Open accounts of people; a service account has tokens alone."""
        return super().user_can_authenticate(user) and not getattr(user, "is_service", False)


class PasswordOnce(BasicAuthentication):
    """HTTP Basic (RFC 7617), at the endpoint where a token is made and nowhere else."""

    www_authenticate_realm = "kilnmark"

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The person behind name and password; None where the request says none, or asks for no token."""
        if request.method != "POST":
            return None
        try:
            return super().authenticate(request)  # type: ignore[return-value]
        except TooManyAttempts:
            request._not_authenticated()  # DRF sees to it for its own exceptions alone, and would ask again
            raise

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> tuple[User, None]:
        """As the login page does it; the request is Django's own, with the address."""
        user = authenticate(getattr(request, "_request", request), username=userid, password=password)
        if user is None:
            raise AuthenticationFailed("This user name and password do not belong together, or the account is closed.")
        return user, None  # type: ignore[return-value]
