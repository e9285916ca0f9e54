"""Rows by their keys are the rows that the query set gives, value by value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models, transaction

from accounts.models import ApiToken, Membership, Project, User
from catalog.models import ModelVersion
from config.quick_rows import lock_row, row_by, rows_by
from jobs.models import Job, JobInput
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(project: Project, submitter: User, client_for: Callable[..., Any]) -> None:
    """A row of each kind that is asked for so."""
    client_for(submitter)
    version = builders.model_version(project, submitter)
    job = builders.job(project, submitter, params={"count": 3}, eta_s=1.5)
    JobInput.objects.create(job=job, role="model", model_version=version)


@pytest.mark.parametrize("model", [ApiToken, Job, JobInput, Membership, ModelVersion, Project, User])
def test_every_value_is_what_the_query_set_reads(model: type[models.Model], told: None) -> None:
    for row in model._default_manager.all():
        quick = row_by(model, **{model._meta.pk.name: row.pk})
        assert quick is not None
        named = [field.attname for field in model._meta.concrete_fields]
        assert {name: getattr(quick, name) for name in named} == {name: getattr(row, name) for name in named}


def test_several_columns_are_all_to_fit(project: Project, submitter: User, reviewer: User) -> None:
    found = rows_by(Membership, user=submitter.pk, project=project.pk)
    assert [row.user_id for row in found] == [submitter.pk]
    assert rows_by(Membership, user=submitter.pk, project=project.pk, role="owner") == []


def test_a_row_that_is_not_there_is_none(db: None) -> None:
    assert row_by(Job, id="01a00000-0000-7000-8000-000000000000") is None


def test_a_row_can_be_locked(told: None) -> None:
    with transaction.atomic():
        assert lock_row(Job, id=Job.objects.get().pk) is not None
