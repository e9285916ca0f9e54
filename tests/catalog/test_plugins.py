"""One plug-in by name: the newest announcement of a live worker, and nothing else is read for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import plugins
from catalog.models import Plugin
from catalog.plugins import STALE_AFTER, announce, plugin
from config import clock
from models_store.errors import InvalidInput
from tests import builders

pytestmark = pytest.mark.django_db


def test_the_newest_announcement_counts():
    for worker, most in (("w1", 5), ("w2", 9)):
        announce(worker, [builders.plugin("family", "dcgan", {"steps": {"type": "integer", "maximum": most}})])
    assert plugin("family", "dcgan").schema["properties"]["steps"]["maximum"] == 9


def test_what_only_a_silent_worker_offered_is_not_there():
    announce("w1", [builders.plugin("family", "dcgan"), builders.plugin("family", "vae")])
    Plugin.objects.filter(name="dcgan").update(seen_at=clock.now() - STALE_AFTER - timedelta(seconds=1))
    with pytest.raises(InvalidInput) as refused:
        plugin("family", "dcgan")
    assert (refused.value.code, refused.value.expected) == ("unknown_family", ["vae"])


def test_the_rows_are_read_once_for_many_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "KEPT_S", 60.0)
    for worker in ("w1", "w2"):
        announce(worker, [builders.plugin("family", name) for name in ("dcgan", "gan", "vae")])
    with CaptureQueriesContext(connection) as asked:
        for name in ("dcgan", "gan", "vae"):
            plugin("family", name)
    assert len([query for query in asked if "catalog_plugin" in query["sql"]]) == 1


def test_what_another_process_announces_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "KEPT_S", 60.0)
    announce("w1", [builders.plugin("family", "dcgan")])
    assert plugins.newest("family", "gan") is None
    Plugin.objects.create(worker="w2", seen_at=clock.now(), **builders.plugin("family", "gan"))
    assert plugins.newest("family", "gan") is not None
