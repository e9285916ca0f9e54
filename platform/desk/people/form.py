"""Forms for a new project and for a member of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.members import set_role
from accounts.models import Membership, Project, Role, User
from accounts.services import create_project
from desk.form_errors import place
from models_store.errors import ProductError


class ProjectForm(forms.Form):
    """A name and a title."""

    slug = forms.SlugField(
        label=_("Name"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Letters, digits, - and _; it stands in addresses and on the command line."),
    )
    title = forms.CharField(label=_("Title"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def clean_slug(self) -> str:
        """A name that is free."""
        if Project.objects.filter(slug=self.cleaned_data["slug"]).exists():
            raise forms.ValidationError(_("There is a project of that name."))
        return self.cleaned_data["slug"]

    def created(self, actor: User) -> Project | None:
        """The new project; None, errors beside their fields, where the form was refused."""
        if not self.is_valid():
            return None
        return create_project(self.cleaned_data["slug"], actor=actor, title=self.cleaned_data["title"])


class MemberForm(forms.Form):
    """Somebody who has an account, and a role."""

    username = forms.CharField(
        label=_("User name"), max_length=150, widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none"})
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, initial=Role.SUBMITTER, widget=UnfoldAdminSelectWidget
    )

    user: User | None = None

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="role-%s")

    def clean_username(self) -> str:
        """A name that somebody has who can log in."""
        name = self.cleaned_data["username"]
        self.user = User.objects.filter(username=name).first()
        if self.user is None:
            raise forms.ValidationError(_("There is no person called %(name)s.") % {"name": name})
        if not self.user.is_active:
            raise forms.ValidationError(_("The account of %(name)s is closed.") % {"name": name})
        return name

    def saved(self, project: Project, actor: User) -> tuple[Membership, str] | None:
        """The membership and the role that the person had before ("" for none); None, errors beside their fields."""
        if not self.is_valid() or self.user is None:
            return None
        row = Membership.objects.filter(project=project, user=self.user).first()
        try:
            member = set_role(project, self.user, self.cleaned_data["role"], actor=actor.username)
        except ProductError as error:
            place(self, error, {})
            return None
        return member, row.role if row else ""
