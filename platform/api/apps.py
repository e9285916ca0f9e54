"""Django's record of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """The REST interface."""

    name = "api"
    verbose_name = _("REST")
