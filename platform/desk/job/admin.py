"""Jobs in the admin: the list, the way to a new one, the page of each, comparisons."""

from __future__ import annotations

from django.contrib import admin

from desk.job import compare
from desk.job.job_list import JobList
from desk.job.job_pages import JobPages
from desk.job.submit_pages import SubmitPages
from desk.pages import Route
from jobs.models import Job


@admin.register(Job)
class JobAdmin(SubmitPages, JobPages, JobList):
    """What was asked for, what runs, how it ended and why."""

    def routes(self) -> list[Route]:
        """Beside list and detail."""
        return [*self.list_routes(), *self.page_routes(), *self.submit_routes(), *compare.routes(self)]
