"""The form for a new account, with a first role where the inviter may give one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.invitations import invite
from accounts.members import set_role
from accounts.models import PlatformRole, Role, User
from accounts.people import set_platform_role
from accounts.services import owns_platform
from desk.people.roles import projects_as

LINK, TYPED = "link", "password"


class AccountForm(forms.Form):
    """Name, way to the first password, first roles."""

    username = forms.CharField(
        label=_("User name"), max_length=150, widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none"}),
        help_text=_("Letters, digits and @ . + - _; it stands in the log and cannot be changed."),
    )  # fmt: skip
    name = forms.CharField(
        label=_("Name, as people say it"), max_length=150, required=False, widget=UnfoldAdminTextInputWidget
    )
    email = forms.EmailField(label=_("E-mail"), required=False, widget=UnfoldAdminEmailInputWidget)
    way = forms.ChoiceField(
        label=_("First password"),
        choices=[(LINK, _("by a one-time link that you send")), (TYPED, _("typed here"))],
        widget=UnfoldAdminSelectWidget,
    )
    password = forms.CharField(
        label=_("Password, if typed here"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters; the person can change it."),
    )
    project = forms.ModelChoiceField(
        None, label=_("Project"), required=False, to_field_name="slug", widget=UnfoldAdminSelectWidget,
        help_text=_("Only projects that you own; others are added by their owners."), empty_label=_("none yet"),
    )  # fmt: skip
    role = forms.ChoiceField(
        label=_("Role in the project"), choices=Role.choices, initial=Role.SUBMITTER, widget=UnfoldAdminSelectWidget
    )
    platform_role = forms.ChoiceField(
        label=_("Platform role"), choices=[("", _("none")), *PlatformRole.choices], required=False,
        widget=UnfoldAdminSelectWidget, help_text=_("Reaches across all projects; most people have none."),
    )  # fmt: skip

    button = _("Invite")

    def __init__(self, inviter: User, *said: Any, **more: Any) -> None:
        super().__init__(*said, **more)
        self.inviter = inviter
        self.fields["project"].queryset = projects_as(inviter, Role.OWNER).order_by("slug")  # type: ignore[attr-defined]
        if not projects_as(inviter, Role.OWNER).exists():
            del self.fields["project"], self.fields["role"]
        if not owns_platform(inviter):
            del self.fields["platform_role"]

    def clean_username(self) -> str:
        """A name that is free and that an account may have."""
        name = User.normalize_username(self.cleaned_data["username"])  # as it will be kept, and looked for
        User._meta.get_field("username").run_validators(name)
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("There is a person of that name."))
        return name

    def clean_password(self) -> str:
        """A password that the rules accept, where one is to be typed."""
        said = self.cleaned_data["password"]
        if self.cleaned_data.get("way") != TYPED:
            return ""
        if not said:
            raise forms.ValidationError(_("Type a password, or choose the link."))
        validate_password(said, User(username=self.data.get("username", "")))
        return said

    @transaction.atomic
    def created(self) -> User | None:
        """The new person with the first roles; None, errors beside their fields, where the form was refused."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        facts = {"first_name": given["name"], "email": given["email"]}
        user = invite(given["username"], actor=self.inviter, password=given["password"] or None, **facts)
        if given.get("project"):
            set_role(given["project"], user, given["role"], actor=self.inviter.username)
        if given.get("platform_role"):
            set_platform_role(user, given["platform_role"], actor=self.inviter)
        return user
