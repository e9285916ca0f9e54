"""Past reviews by project and by person, newest first; what waits by kind."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("audit", "0005_policies")]
    operations: ClassVar[list[Any]] = [
        migrations.AddIndex(
            model_name="review", index=models.Index(fields=["project_id", "id"], name="review_project")
        ),
        migrations.AddIndex(model_name="review", index=models.Index(fields=["reviewer", "id"], name="review_person")),
        migrations.AddIndex(
            model_name="reviewrequest",
            index=models.Index(
                fields=["project_id", "subject_kind", "id"],
                condition=models.Q(closed_at=None),
                name="request_open_kind",
            ),
        ),
    ]
