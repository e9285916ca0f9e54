"""Indexes of the lists of REST (docs/rest-lists.md), in place of narrower ones."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies: ClassVar[Any] = [
        ("accounts", "0005_platform_roles"),
        ("catalog", "0005_near"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar[Any] = [
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(fields=["project", "-id"], name="dataset_project"),
        ),
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(fields=["name", "id"], name="dataset_name"),
        ),
        migrations.AddIndex(
            model_name="model",
            index=models.Index(fields=["project", "-id"], name="model_project"),
        ),
        migrations.AddIndex(
            model_name="model",
            index=models.Index(fields=["name", "id"], name="model_name"),
        ),
    ]
