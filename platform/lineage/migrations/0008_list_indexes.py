"""Indexes of the lists of REST (docs/rest-lists.md), in place of narrower ones."""

from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies: ClassVar[Any] = [
        ("jobs", "0012_partial_uploads"),
        ("lineage", "0007_gallery"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar[Any] = [
        migrations.AlterField(
            model_name="artifact",
            name="job",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="artifacts",
                to="jobs.job",
                verbose_name="job",
            ),
        ),
        migrations.AlterField(
            model_name="artifact",
            name="sha256",
            field=models.CharField(max_length=64, verbose_name="SHA-256"),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["job", "-id"], name="artifact_job"),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["sha256", "project", "-id"], name="artifact_sha256"),
        ),
    ]
