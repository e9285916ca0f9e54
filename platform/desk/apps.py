"""Django's record of this app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The web admin; it has no tables, so no title of its own is ever shown."""

    name = "desk"
