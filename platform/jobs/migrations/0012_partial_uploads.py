"""Uploads that come in pieces."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("jobs", "0011_resource_use")]
    operations: ClassVar[list[Any]] = []
