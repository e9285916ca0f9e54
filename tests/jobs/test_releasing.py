"""What leaves: a kind of job is asked in one way, whether its row is there or its name alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Project
from catalog.models import Plugin
from catalog.plugins import announce
from jobs.releasing import check_families, hands_out, may_leave, staying_kinds
from jobs.request import Promise
from models_store.errors import InvalidInput
from models_store.ids import new_id
from tests import builders

pytestmark = pytest.mark.django_db


KINDS = {"generate": {"produces": "artifacts"}, "evaluate": {"produces": "figures"}, "vague": {}}


def models_of(home: Project, *families: str) -> dict[str, Promise]:
    return {name: Promise(job_id=new_id(), takes="model_version", project=home, family=name) for name in families}


def test_a_kind_hands_out_what_models_make_exactly_if_its_name_is_not_among_those_that_stay():
    announce("w1", [builders.plugin("kind", name, **made) for name, made in KINDS.items()])
    rows = {row.name: hands_out(row) for row in Plugin.objects.filter(kind="kind", worker="w1")}
    assert rows == {"generate": True, "evaluate": False, "vague": True}
    assert {name for name, out in rows.items() if not out} == staying_kinds()


def test_a_kind_that_nobody_announced_is_not_trusted_to_stay():
    assert "remix" not in staying_kinds()


def test_models_of_a_family_that_hands_out_real_items_are_refused_in_their_place(project):
    announce("w1", [builders.plugin("family", name, releases=name != "resample") for name in ("resample", "dcgan")])
    with pytest.raises(InvalidInput) as refused:
        check_families(models_of(project, "dcgan", "resample"))
    assert (refused.value.code, refused.value.field) == ("not_released", "resample")


def test_a_family_that_nobody_offers_just_now_is_not_judged(project):
    assert may_leave(None)
    check_families(models_of(project, "dcgan"))


def test_families_are_asked_for_once_however_many_models_there_are(project, monkeypatch):
    monkeypatch.setattr("catalog.plugins.KEPT_S", 60.0)
    announce("w1", [builders.plugin("family", name, releases=True) for name in ("dcgan", "gan", "vae")])
    with CaptureQueriesContext(connection) as asked:
        check_families(models_of(project, "dcgan", "gan", "vae"))
    assert len([query for query in asked if "catalog_plugin" in query["sql"]]) == 1
