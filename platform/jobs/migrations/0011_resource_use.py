"""What an attempt used, and what a worker says of its device."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("jobs", "0010_retention")]
    operations: ClassVar[list[Any]] = []
