"""Django's record of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LineageConfig(AppConfig):
    """Artifacts and their proofs."""

    name = "lineage"
    verbose_name = _("Artifacts")
