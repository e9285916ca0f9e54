"""The form of a window: a field of hours for each day, and a line for each exception."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import Project, Role, User
from desk.form_errors import place
from desk.night.times import zone_name
from desk.night.window_faults import EXAMPLE, exception_faults, hours_faults
from desk.night.window_text import DAY_NAMES, EVERY, day_texts, exception_text, exceptions, week_hours
from desk.people.roles import projects_as
from desk.words.sentences import sentence
from jobs.models import Window
from jobs.window_rules import checked_zone
from jobs.window_services import LONGEST_NAME, change_window, checked_name, create_window, name_taken
from models_store.errors import ProductError


def project_field(user: User) -> forms.ChoiceField:
    """The projects that a person submits in."""
    rows = [(str(row.pk), row.title or row.slug) for row in projects_as(user, Role.SUBMITTER)]
    return forms.ChoiceField(label=_("Project"), choices=rows, widget=UnfoldAdminSelectWidget)


def zone_field() -> forms.CharField:
    """The name of a time zone, at first that of the pages; the page offers all of them (pages/night/zones.html)."""
    return forms.CharField(
        label=_("Time zone"),
        initial=zone_name,
        widget=UnfoldAdminTextInputWidget(
            attrs={"list": "zones", "autocomplete": "off", "placeholder": "Asia/Shanghai"}
        ),
        help_text=_("As the time zone database calls it, for example Europe/Berlin or Asia/Shanghai."),
    )


def zones() -> list[str]:
    """The zones that are named after places, and UTC."""
    return ["UTC", *sorted(one for one in available_timezones() if "/" in one and not one.startswith("Etc/"))]


def window_field(user: User) -> dict[str, forms.Field]:
    """The windows that a person may bind a job to; where there are none, the way to one."""
    rows = Window.objects.filter(project__in=projects_as(user, Role.SUBMITTER)).select_related("project")
    named = [(str(row.pk), f"{row.name} · {row.project.slug}") for row in rows]
    field = forms.ChoiceField(
        label=_("Window"),
        required=False,
        choices=[("", _("none: as soon as a worker is free")), *named],
        widget=UnfoldAdminSelectWidget,
        help_text=_("The job runs in its openings only; before it closes, the job saves, and goes on at the next one."),
    )
    if not named:
        way, word = reverse("admin:jobs_window_add"), _("Make one")
        field.help_text = format_html(
            '{} <a class="km-link" href="{}">{}</a>', _("No window, such as the nights, is there yet."), way, word
        )
    return {"window": field}


class WindowForm(forms.Form):
    """A new window, or another week for one."""

    name = forms.CharField(label=_("Name"), max_length=64, widget=UnfoldAdminTextInputWidget)
    timezone = zone_field()
    zones = staticmethod(zones)

    def __init__(self, *said: Any, user: User, window: Window | None = None, **more: Any) -> None:
        super().__init__(*said, initial=_initial(window), **more)
        self.user, self.window = user, window
        if window is None:
            self.fields["project"] = project_field(user)
            self.order_fields(["project", "name", "timezone"])
        self.fields[EVERY] = _hours_field(_("Every day"), EXAMPLE)
        self.fields[EVERY].help_text = _(
            "From-to, several with commas. 22:00-06:00 ends on the next morning, 00:00-24:00 is a whole day. "
            "These hours count for each day whose own field is empty."
        )
        for day, title in DAY_NAMES.items():
            self.fields[day] = _hours_field(title, _("as every day"))
        self.fields["mon"].help_text = _(
            "Only where a day differs: its own hours, or the word closed. Where the field of every day is empty too, "
            "the day is closed."
        )
        self.fields["exceptions"] = forms.CharField(
            label=_("Exceptions"),
            required=False,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "2026-12-24 closed"}),
            help_text=_("A line for each day on which other hours begin: 2026-12-24 closed, 2026-12-26 08:00-20:00."),
        )

    def clean_name(self) -> str:
        """One line that people can read."""
        try:
            return checked_name(self.cleaned_data["name"], LONGEST_NAME)
        except ProductError as error:
            raise forms.ValidationError(sentence(error)) from error

    def clean_timezone(self) -> str:
        """A zone that there is."""
        try:
            return checked_zone(self.cleaned_data["timezone"])
        except ProductError as error:
            raise forms.ValidationError(sentence(error)) from error

    def clean(self) -> dict[str, Any]:
        """All that is wrong with the hours, the exceptions and the name, each beside its field."""
        given = super().clean() or self.cleaned_data
        by_day = {day: given.get(day, "") for day in (EVERY, *DAY_NAMES)}
        wrong = hours_faults(by_day)
        for day, error in wrong.items():
            self.add_error(day, sentence(error))
        for line, error in exception_faults(given.get("exceptions", ""), [] if wrong else week_hours(by_day)):
            said = [_("In this line: %(line)s") % {"line": line}] if line else []
            self.add_error("exceptions", [*said, sentence(error)])
        project = self.window.project if self.window else Project.objects.filter(pk=given.get("project")).first()
        others = Window.objects.filter(project=project, name=given.get("name"))
        if project and others.exclude(pk=self.window and self.window.pk).exists():
            self.add_error("name", sentence(name_taken(project, given["name"])))
        return given

    def saved(self) -> Window | None:
        """The window; None, errors beside their fields, where it was refused."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        hours = {"hours": week_hours(given), "exceptions": exceptions(given["exceptions"])}
        said = {"name": given["name"], "timezone": given["timezone"]} | hours
        try:
            if self.window:
                return change_window(self.window, actor=self.user, changes=said)
            project = Project.objects.get(pk=given["project"])
            return create_window(project, actor=self.user, **said)
        except ProductError as error:
            place(self, error, {})
            return None


def _hours_field(title: Any, hint: Any) -> forms.CharField:
    return forms.CharField(
        label=title,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": hint, "autocomplete": "off"}),
    )


def _initial(window: Window | None) -> dict[str, str]:
    if window is None:
        return {}
    about = {"name": window.name, "timezone": window.timezone, "exceptions": exception_text(window)}
    return day_texts(window) | about
