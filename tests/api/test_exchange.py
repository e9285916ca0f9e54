"""What holds for every exchange: times in UTC, HEAD as GET, methods that are not there, ids."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Project, User
from tests import builders

pytestmark = pytest.mark.django_db
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def paths(project: Project, submitter: User) -> list[str]:
    """A few things that can be read."""
    job = builders.job(project, submitter)
    version = builders.dataset_version(project, submitter)
    data = f"/api/v1/datasets/{version.dataset_id}"
    return ["/api/v1/jobs", f"/api/v1/jobs/{job.pk}", data, f"/api/v1/projects/{project.pk}", "/api/v1/queues"]


def times(said: Any) -> list[str]:
    """Every text under a name that ends in `_at`, however deep."""
    if isinstance(said, list):
        return [found for one in said for found in times(one)]
    if not isinstance(said, dict):
        return []
    here = [value for name, value in said.items() if name.endswith("_at") and isinstance(value, str)]
    return here + [found for value in said.values() for found in times(value)]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns"])
def test_times_are_in_utc_whatever_zone_the_pages_have(sam: Client, paths: list[str], settings: Any, zone: str) -> None:
    settings.TIME_ZONE = zone
    with timezone.override(zone):
        found = [one for path in paths for one in times(sam.get(path).json())]
    assert found
    assert [one for one in found if not UTC.fullmatch(one)] == []


def test_head_has_the_headers_of_get_and_no_body(sam: Client, paths: list[str]) -> None:
    for path in paths:
        got, head = sam.get(path), sam.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Type", "ETag", "Cache-Control", "Vary"):
            assert head.headers.get(name) == got.headers.get(name)


def test_head_is_refused_where_get_is(sam: Client, paths: list[str]) -> None:
    assert Client().head(paths[1]).status_code == 401
    assert sam.head("/api/v1/jobs/00000000-0000-7000-8000-000000000000").status_code == 404


def test_a_method_that_is_not_there_is_told_which_are(sam: Client, paths: list[str]) -> None:
    answer = sam.put(paths[1], {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert {"GET", "HEAD", "PATCH"} <= {one.strip() for one in answer["Allow"].split(",")}
