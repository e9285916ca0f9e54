"""The events of a job in their order, from any place on: one index in the place of another."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """For event streams that go on after a break."""

    dependencies = [("jobs", "0013_list_indexes")]

    operations = [
        migrations.AddIndex("jobevent", models.Index(fields=["job", "id"], name="event_of_job")),
        migrations.AlterField(
            "jobevent",
            "job",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="jobs.job",
            ),
        ),
    ]
