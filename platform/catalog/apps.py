"""Django's record of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """What can run, data sets and models."""

    name = "catalog"
    verbose_name = _("Data and models")
