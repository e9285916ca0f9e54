"""What an attempt used, and what a worker says of its device."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("jobs", "0010_retention")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField(
            model_name="attempt",
            name="used",
            field=models.JSONField(
                default=dict, help_text="CPU and wall seconds, peak memory (bytes), device; once it ended"
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="used",
            field=models.JSONField(default=dict, help_text="what the latest attempt has used, as of its last beat"),
        ),
        migrations.AddField(
            model_name="listener",
            name="facts",
            field=models.JSONField(
                default=dict, help_text="its device: cores, load, memory, temperature, room on the disk"
            ),
        ),
    ]
