"""Indexes of the lists of REST (docs/rest-lists.md), in place of narrower ones."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies: ClassVar[Any] = [
        ("audit", "0006_past_reviews"),
    ]

    operations: ClassVar[Any] = [
        migrations.RemoveIndex(
            model_name="auditevent",
            name="audit_subject",
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["subject_id", "project_id", "id"], name="audit_subject"),
        ),
    ]
