"""Django's record of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """The log and the reviews."""

    name = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Listen to logins from the start."""
        from audit import logins

        logins.connect()
