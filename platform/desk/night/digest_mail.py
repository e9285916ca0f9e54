"""The morning digest as an e-mail: once a day, by whichever worker takes the day first; no picture, no file in it."""

from __future__ import annotations

import logging
from datetime import datetime
from smtplib import SMTPException
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from config import clock
from desk.night.digest import in_words
from jobs import digest_day
from jobs.digest import Digest, digest

log = logging.getLogger(__name__)


def send_due(worker: str) -> bool:
    """Send today's digest if it is due and nobody has sent it; whether it went out."""
    if not settings.DIGEST_TO:
        return False
    now = clock.now().astimezone(ZoneInfo(settings.DIGEST_ZONE))
    if now.time() < settings.DIGEST_AT or not digest_day.take(now.date()):
        return False
    try:
        send(digest(None))
    except (OSError, SMTPException) as failure:
        log.warning("the digest could not be sent (%s); tried again later", type(failure).__name__)
        return False
    digest_day.sent(now.date(), actor=f"worker {worker}", recipients=len(settings.DIGEST_TO))
    return True


def send(found: Digest) -> None:
    """To everybody in DIGEST_TO, each unseen by the others."""
    mail = written(found)
    mail.send()


def written(found: Digest) -> EmailMultiAlternatives:
    """Plain text, and the same as HTML, in the language and zone that are set."""
    with translation.override(settings.DIGEST_LANGUAGE), timezone.override(ZoneInfo(settings.DIGEST_ZONE)):
        context = in_words(found) | {"address": address(), "language": settings.DIGEST_LANGUAGE}
        mail = EmailMultiAlternatives(subject(found), render_to_string("mail/digest.txt", context))
        mail.bcc = list(settings.DIGEST_TO)
        mail.attach_alternative(render_to_string("mail/digest.html", context), "text/html")
    return mail


def subject(found: Digest) -> str:
    """What came of the night, in one line; numbers alone, so that nothing of a user stands in a header."""
    day: datetime = timezone.localtime(found.end)
    words = {"day": f"{day:%Y-%m-%d}", "finished": found.counts["finished"], "failed": found.counts["failed"]}
    return _("Kilnmark %(day)s: %(finished)s finished, %(failed)s failed") % words


def address() -> str:
    """Where the page is, if the platform knows its own address; "" else."""
    return next(iter(settings.CSRF_TRUSTED_ORIGINS), "")
