import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_night"),
        ("jobs", "0006_night"),
    ]

    operations = [
        migrations.CreateModel(
            name="StorageUse",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.project",
                    ),
                ),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("counted_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "queued"), ("window", None)),
                fields=["queue", "project", "-priority", "position", "id"],
                name="job_free",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "queued"), ("window__isnull", False)),
                fields=["queue", "window", "-priority", "position", "id"],
                name="job_bound",
            ),
        ),
    ]
