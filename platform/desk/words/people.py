"""What is said about people: roles that may not be taken away, accounts over which somebody else decides."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TEMPLATES = (
    _("A project keeps an owner: nobody else could let people in, set its limits or erase its data."),
    _("%(name)s is the last owner of %(project)s: make somebody else an owner first."),
    _("%(name)s is not a member of %(project)s."),
    _("This is for members of project %(project)s."),
    _("a member"),
    _("Nobody changes their own platform role or ends their own account: a second person does."),
    _(
        "An operator ends the accounts of people without a platform role; of auditors, operators and superusers, a "
        "superuser does."
    ),
    _("This needs an auditor of the platform."),
    _("This needs an auditor or an operator of the platform."),
    _("This needs a superuser of the platform."),
    _("an operator"),
    _("an auditor"),
    _("an auditor or an operator"),
    _("a superuser"),
)
