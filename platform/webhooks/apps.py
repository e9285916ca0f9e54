"""Django's record of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    """Endpoints and the deliveries to them."""

    name = "webhooks"
    verbose_name = _("Webhooks")
