"""What is said about webhooks: addresses that nothing is sent to, and verbs that do not fit."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TEMPLATES = (
    _("Deliveries cannot go there."),
    _("an https URL"),
    _("an https URL of at most %(count)s printable ASCII characters"),
    _("an https URL without a user, a password or a fragment"),
    _("port 443 or one from %(count)s on"),
    _("a public address"),
    _("a host by its name (punycode where it is not ASCII) or by its plain IP address"),
    _("This webhook is paused: resume it first."),
    _("The project has as many webhooks as it may have: take one away first."),
    _("Whoever answered for this webhook does not own the project any more: an owner of the project resumes it."),
    _("The secret of a webhook cannot be decrypted: the platform's own secret key was changed."),
    _("Project %(project)s has a webhook called '%(name)s'."),
    _("Types are a list."),
    _("There is no such type of event."),
    _("So much is not replayed at once: name a later time, or fewer types."),
    _("at most %(count)s events"),
    _("That is no time from which something can be sent again."),
    _("a time of the last 30 days"),
    _("Say what to send again."),
    _("either `since` or `delivery`"),
)
