"""Django's admin, at whose door our own rules stand (site.py)."""

from django.contrib.admin.apps import AdminConfig


class WebAdmin(AdminConfig):
    """What stands for django.contrib.admin in the settings."""

    default_site = "desk.site.Site"
