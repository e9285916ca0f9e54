"""Windows and recurring jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from config import clock
from jobs.models import Schedule, Window
from jobs.window_state import stand
from jobs.windows import DAYS, opening, week_of

TIMES = "HH:MM; a `to` that is not after `from` lies on the next day, 24:00 is the day's end."


class DayHoursSerializer(serializers.Serializer):
    """From one wall time to another."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python."""
        return {
            "from": serializers.CharField(help_text="HH:MM"),
            "to": serializers.CharField(help_text=TIMES),
        } | super().get_fields()


class WeekHoursSerializer(DayHoursSerializer):
    """The same on some days of the week."""

    days = serializers.ListField(child=serializers.ChoiceField(choices=DAYS))


class WindowExceptionSerializer(serializers.Serializer):
    """A day on which other hours begin, or none."""

    date = serializers.DateField()
    hours = DayHoursSerializer(many=True, required=False, help_text="Those that begin on this day alone; none: closed.")
    note = serializers.CharField(required=False)


class WindowChangeSerializer(serializers.Serializer):
    """What of a window is to be different; `hours` and `exceptions` are replaced as a whole."""

    name = serializers.CharField(max_length=64, required=False)
    timezone = serializers.CharField(required=False, help_text="Of the time zone database: Europe/Berlin")
    hours = WeekHoursSerializer(many=True, required=False)
    exceptions = WindowExceptionSerializer(many=True, required=False)


class WindowRequestSerializer(WindowChangeSerializer):
    """A window is asked for."""

    project = serializers.CharField(required=False, help_text="Name or id")
    name = serializers.CharField(max_length=64)
    timezone = serializers.CharField(help_text="Of the time zone database: Europe/Berlin")
    hours = WeekHoursSerializer(many=True)


class WindowSerializer(serializers.Serializer):
    """A window, and how it stands now."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    timezone = serializers.CharField()
    hours = WeekHoursSerializer(many=True)
    exceptions = serializers.SerializerMethodField()
    open = serializers.SerializerMethodField(help_text="Whether a job may start in it now.")
    opens_at = serializers.SerializerMethodField(help_text="When jobs may start again; null while they may.")
    closes_at = serializers.SerializerMethodField(
        help_text="When the present opening ends; null where there is none, or it does not end in a week. Jobs that "
        "run are asked to save and leave before."
    )
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()

    def get_exceptions(self, window: Window) -> list[dict[str, Any]]:
        """Days with other hours, oldest first."""
        return [{"date": str(row.date), "hours": row.hours, "note": row.note} for row in window.exceptions.all()]

    def get_open(self, window: Window) -> bool:
        """Whether a job may start in it now."""
        return stand(window, clock.now()).open

    def get_opens_at(self, window: Window) -> datetime | None:
        """When jobs may start again."""
        return stand(window, clock.now()).opens

    def get_closes_at(self, window: Window) -> datetime | None:
        """When the present opening ends."""
        now = opening(week_of(window), clock.now())
        return now.end if now else None


class WindowQuerySerializer(serializers.Serializer):
    """Filters of the lists of windows and of recurring jobs."""

    project = serializers.CharField(required=False, help_text="Name or id")


class ScheduleChangeSerializer(serializers.Serializer):
    """What of a recurring job is to be different; whoever changes it owns it from then on."""

    name = serializers.CharField(max_length=100, required=False)
    body = serializers.DictField(
        required=False,
        help_text="A body of POST /jobs. `dataset_version: latest:NAME` (or the id of a data set) is its newest "
        "version that is ready when it is submitted.",
    )
    timezone = serializers.CharField(required=False, help_text="Of the time zone database: Europe/Berlin")
    days = serializers.ListField(child=serializers.CharField(), required=False, help_text=", ".join(DAYS))
    at = serializers.CharField(required=False, help_text="HH:MM")


class ScheduleRequestSerializer(ScheduleChangeSerializer):
    """A recurring job is asked for."""

    project = serializers.CharField(required=False, help_text="Name or id")
    name = serializers.CharField(max_length=100)
    body = serializers.DictField(help_text="A body of POST /jobs; see PATCH.")
    timezone = serializers.CharField(help_text="Of the time zone database: Europe/Berlin")
    days = serializers.ListField(child=serializers.CharField(), help_text=", ".join(DAYS))
    at = serializers.CharField(help_text="HH:MM")


class ScheduleErrorSerializer(serializers.Serializer):
    """Why the last submission was refused."""

    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(required=False)
    got = serializers.CharField(required=False)
    at = serializers.DateTimeField(help_text="The due time that it was to stand for.")


class ScheduleSerializer(serializers.Serializer):
    """A recurring job."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    body = serializers.DictField()
    timezone = serializers.CharField()
    days = serializers.ListField(child=serializers.CharField())
    at = serializers.CharField()
    active = serializers.BooleanField()
    next_due = serializers.SerializerMethodField(help_text="Null while it rests.")
    last_error = serializers.SerializerMethodField()
    owner = serializers.CharField(source="submitted_by.username", help_text="Whose rights its jobs have.")
    created_at = serializers.DateTimeField()

    def get_next_due(self, schedule: Schedule) -> datetime | None:
        """When it is submitted next."""
        return schedule.next_due if schedule.active else None

    def get_last_error(self, schedule: Schedule) -> dict[str, Any] | None:
        """Why the last submission was refused; null where it was not."""
        return schedule.last_error or None
