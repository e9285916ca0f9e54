"""Health, figures and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Project, User
from api import readiness
from tests import builders

pytestmark = pytest.mark.django_db


def test_alive() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}


def test_ready_without_a_broker() -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["checks"]["broker"]) == (200, "ready", "absent")


def test_not_ready_without_keys(settings, tmp_path: Path) -> None:
    settings.KEYS_FOLDER = tmp_path
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "failed")
    assert str(tmp_path) not in answer.content.decode()


def test_not_ready_with_migrations_to_apply(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waiting:
        def __init__(self, connection: object) -> None:
            self.loader = self
            self.graph = self

        def leaf_nodes(self) -> list[object]:
            return []

        def migration_plan(self, targets: object) -> list[str]:
            return ["0002"]

    monkeypatch.setattr(readiness, "_migrated", False)
    monkeypatch.setattr(readiness, "MigrationExecutor", Waiting)
    assert Client().get("/readyz").json()["checks"]["migrations"] == "failed"


def test_figures_are_for_staff(sam: Client) -> None:
    assert sam.get("/metrics").status_code == 403


def test_figures_count_jobs(project: Project, submitter: User, client_for: Callable[..., Client]) -> None:
    builders.job(project, submitter)
    text = client_for(builders.person("root", platform_role="operator")).get("/metrics").content.decode()
    assert 'kilnmark_jobs{kind="train",state="queued"} 1.0' in text
    assert 'kilnmark_queue_oldest_seconds{queue="train.cpu"}' in text


def test_the_document_is_valid_and_complete(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    assert "openapi: 3.1" in (tmp_path / "schema.yml").read_text()


def test_the_docs_page_needs_no_login_and_no_network() -> None:
    page = Client().get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page
