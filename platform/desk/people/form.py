"""Forms for a new project and a new person."""

from __future__ import annotations

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Project, Role, User
from accounts.services import create_project, create_user, set_role


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


class PersonForm(forms.Form):
    """Name, password, role."""

    username = forms.CharField(label=_("User name"), max_length=150, widget=UnfoldAdminTextInputWidget)
    password = forms.CharField(
        label=_("First password"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters; the person can change it."),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, initial=Role.SUBMITTER, widget=UnfoldAdminSelectWidget
    )

    def clean_username(self) -> str:
        """A name that is free and that an account may have."""
        name = self.cleaned_data["username"]
        User._meta.get_field("username").run_validators(name)
        if User.objects.filter(username=name).exists():
            raise forms.ValidationError(_("There is a person of that name."))
        return name

    def clean_password(self) -> str:
        """A password that the rules accept."""
        validate_password(self.cleaned_data["password"], User(username=self.data.get("username", "")))
        return self.cleaned_data["password"]

    @transaction.atomic
    def created(self, project: Project, actor: User) -> User | None:
        """The new person, with the role; None, errors beside their fields, where the form was refused."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        user = create_user(given["username"], password=given["password"], actor=actor.username, is_staff=True)
        set_role(project, user, given["role"], actor=actor.username)
        return user
