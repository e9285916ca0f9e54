"""Forms for service accounts: a new one, a token for one, who answers for it, its end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts import service_accounts as services
from accounts.models import ApiToken, Role, ServiceAccount, User
from accounts.services import projects_owned
from desk.form_errors import place
from desk.people.token_form import WORDS
from models_store.errors import ProductError


class ServiceAccountForm(forms.Form):
    """A project of one's own, a name, a role."""

    project = forms.ModelChoiceField(
        None, label=_("Project"), to_field_name="slug", empty_label=None, widget=UnfoldAdminSelectWidget,
        help_text=_("It works in this project alone."),
    )  # fmt: skip
    name = forms.CharField(
        label=_("Name"), max_length=64, widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none"}),
        help_text=_("Small letters, digits, hyphens; in the log it stands as name@project and cannot be changed."),
    )  # fmt: skip
    role = forms.ChoiceField(
        label=_("Role"), initial=Role.SUBMITTER, widget=UnfoldAdminSelectWidget,
        choices=[(role, label) for role, label in Role.choices if role in services.ROLES],
        help_text=_("Submitter at most: people decide."),
    )  # fmt: skip

    button = _("Make the service account")

    def __init__(self, person: User, *said: Any, **more: Any) -> None:
        super().__init__(*said, **more)
        self.person = person
        self.fields["project"].queryset = projects_owned(person).order_by("slug")  # type: ignore[attr-defined]

    def created(self) -> ServiceAccount | None:
        """The new account; None, errors beside their fields, where the form was refused."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        try:
            return services.create_service_account(
                given["project"], given["name"], role=given["role"], actor=self.person
            )
        except ProductError as error:
            place(self, error, {})
            return None


class ServiceTokenForm(forms.Form):
    """What a token of a service account is for, and for how long."""

    name = forms.CharField(
        label=_("Name"), max_length=100, widget=UnfoldAdminTextInputWidget,
        help_text=_("What it is for, so that you know later which one to end: “night script”, “notebook”."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=[("read", _("read what it may see")), ("submit", WORDS["submit"])],
        initial=["read", "submit"], widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than the service account may. Take as little as the robot needs."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=_("Works for (days)"), min_value=1, widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"})
    )

    button = _("Make the token")

    def __init__(self, account: ServiceAccount, *said: Any, **more: Any) -> None:
        super().__init__(*said, initial={"days": min(90, services.longest_days())}, **more)
        self.account = account

    def issued(self, person: User) -> tuple[ApiToken, str] | None:
        """The token and its secret; None, errors beside their fields, where the form was refused."""
        if not self.is_valid():
            return None
        try:
            return services.issue_service_token(self.account, actor=person, **self.cleaned_data)
        except ProductError as error:
            place(self, error, {})
            return None


class CloseForm(forms.Form):
    """Its name, typed: what uses it stops at once."""

    typed = forms.CharField(
        max_length=150, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "data-no-draft": ""})
    )
    button = _("Close for good")

    def __init__(self, account: ServiceAccount, *said: Any, **more: Any) -> None:
        super().__init__(*said, **more)
        self.account = account
        self.fields["typed"].label = _("Type %(name)s to close it") % {"name": account.username}
        self.fields["typed"].help_text = _(
            "All of its tokens are refused from this moment. What it made and did stays. This cannot be undone."
        )

    def clean_typed(self) -> str:
        """As it is called."""
        said = self.cleaned_data["typed"].strip()
        if said != self.account.username:
            raise forms.ValidationError(_("This is not %(name)s.") % {"name": self.account.username})
        return said
