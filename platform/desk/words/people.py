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
    _("A service account is named by up to 64 small letters, digits and hyphens."),
    _("There is an account called %(name)s."),
    _("A person in its project answers for a service account."),
    _("The service account is closed for good; make another one."),
    _("This needs an owner of the service account's project."),
    _("There is no such service account, or you may not see it."),
    _("A token of a service account has other scopes."),
    _("A service account works in its own project alone: make another one there."),
    _("A service account is a submitter at most: people decide."),
    _("A service account has no platform role."),
    _("An owner of its project makes the tokens of a service account."),
    _("A token works for some days."),
    _("%(name)s has no open invitation to %(project)s."),
    _("Too many logins failed here: wait a while, then try again."),
    _("The token is not known here."),
    _("The token has expired: make a new one."),
    _("The token was revoked: make a new one."),
    _("The account of the token, or of whoever made it, is closed."),
    _("a person in the project"),
    _("an operator"),
    _("an auditor"),
    _("an auditor or an operator"),
    _("a superuser"),
)
