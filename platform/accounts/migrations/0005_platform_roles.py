"""Roles across projects: auditor, operator."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0004_retention")]
    operations: ClassVar[list[Any]] = []
