"""Who logged in, failed to, logged out, and whose password was changed: from Django's own signals."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.utils.translation import gettext as _

from audit import tally
from audit.models import AuditEvent
from audit.services import append
from audit.tally import hour_of
from config import clock

EACH_HOUR = 20  # logins and logouts of one person that are events of their own; further ones are counted by the hour
UNKNOWN = ("user", "unknown")


def connect() -> None:
    """Listen, once for each process."""
    for signal, listener in ((user_logged_in, came), (user_logged_out, went), (user_login_failed, failed)):
        signal.connect(listener, dispatch_uid=f"audit.{listener.__name__}")


def came(user: Any, **more: Any) -> None:
    """A session began."""
    _tell("user.logged_in", user)


def went(user: Any, **more: Any) -> None:
    """A session was ended by its person."""
    if user is not None:
        _tell("user.logged_out", user)


def failed(credentials: dict[str, Any], **more: Any) -> None:
    """Counted by the account that was meant. Of a name that is none nothing is kept: it may be a password."""
    name = str(credentials.get(get_user_model().USERNAME_FIELD, ""))
    tally.note(actor="", verb="user.login_failed", subject=_meant(name))


def put_off(name: str) -> None:
    """An attempt came too soon after others that failed: counted, and its password not looked at."""
    tally.note(actor="", verb="user.login_put_off", subject=_meant(name))


def _meant(name: str) -> tuple[str, str]:
    people = get_user_model()
    said = {people.USERNAME_FIELD: name.replace("\0", "")}  # which PostgreSQL takes in no text
    known = people.objects.filter(**said).values_list("pk", flat=True).first()
    return UNKNOWN if known is None else ("user", str(known))


def refused(token: str = "") -> None:
    """A request came with a token that is unknown (""), or with the named one that is expired or revoked."""
    tally.note(actor="", verb="token.refused", subject=("token", token or "unknown"))


class PasswordChanges:
    """A password validator that finds every password good, and is told by Django when one was changed."""

    def validate(self, password: str, user: Any = None) -> None:
        """No rule of its own."""

    def get_help_text(self) -> str:
        """What a person is told beside the form."""
        return _("That your password was changed is recorded in the log.")

    def password_changed(self, password: str, user: Any = None) -> None:
        """By whom is not told: on its own page by the person, at the command line by whoever runs the server."""
        if user is not None and user.pk is not None:
            _tell("user.password_changed", user)


def _tell(verb: str, user: Any) -> None:
    """An event; after many within an hour only a count, since a script may log in all day."""
    name, subject = user.get_username(), ("user", str(user.pk))
    since = hour_of(clock.now())
    told = AuditEvent.objects.filter(subject_kind="user", subject_id=subject[1], verb=verb, at__gte=since)
    if told[:EACH_HOUR].count() >= EACH_HOUR:
        tally.note(actor=name, verb=verb, subject=subject)
        return
    with transaction.atomic():
        append(actor=name, verb=verb, subject=subject)
