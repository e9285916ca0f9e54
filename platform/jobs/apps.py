"""Django's record of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """The queue."""

    name = "jobs"
    verbose_name = _("Jobs")
