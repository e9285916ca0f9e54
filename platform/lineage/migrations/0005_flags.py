"""Flags on artifacts, and artifacts that were withdrawn."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import models_store.ids


class Migration(migrations.Migration):
    dependencies = [
        ("lineage", "0004_sidecars"),
        ("jobs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Flag",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "artifact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="flags", to="lineage.artifact"
                    ),
                ),
                (
                    "flagged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"verbose_name": "flag", "verbose_name_plural": "flags", "ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "artifact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="withdrawal",
                        serialize=False,
                        to="lineage.artifact",
                    ),
                ),
                ("because", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "job",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"verbose_name": "withdrawal", "verbose_name_plural": "withdrawals"},
        ),
    ]
