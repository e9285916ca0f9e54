"""Django's record of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, projects, roles and tokens."""

    name = "accounts"
    verbose_name = _("People and projects")
