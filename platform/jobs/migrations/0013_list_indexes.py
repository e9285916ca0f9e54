"""Indexes of the lists of REST (docs/rest-lists.md), in place of narrower ones."""

from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies: ClassVar[Any] = [
        ("accounts", "0005_platform_roles"),
        ("catalog", "0006_list_indexes"),
        ("jobs", "0012_partial_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar[Any] = [
        migrations.AlterField(
            model_name="job",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="accounts.project",
                verbose_name="project",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="schedule",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="jobs",
                to="jobs.schedule",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="window",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="jobs",
                to="jobs.window",
                verbose_name="window",
            ),
        ),
        migrations.AlterField(
            model_name="jobinput",
            name="model_version",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.modelversion",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("name", ""), _negated=True),
                fields=["project", "name", "-id"],
                name="job_project_name",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("window__isnull", False)), fields=["window", "-id"], name="job_window"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("schedule__isnull", False)), fields=["schedule", "-id"], name="job_schedule"
            ),
        ),
        migrations.AddIndex(
            model_name="jobinput",
            index=models.Index(
                condition=models.Q(("model_version__isnull", False)),
                fields=["model_version", "-job"],
                name="input_by_model",
            ),
        ),
    ]
