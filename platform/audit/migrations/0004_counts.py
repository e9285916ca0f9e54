"""Hourly counts, self-checks and alarms of the log; indexes for its browser."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_stamps")]

    operations = [
        migrations.CreateModel(
            name="HourlyCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField(editable=False, verbose_name="hour")),
                ("actor", models.CharField(blank=True, editable=False, max_length=150, verbose_name="who")),
                ("verb", models.CharField(editable=False, max_length=64, verbose_name="what")),
                ("subject_kind", models.CharField(editable=False, max_length=32, verbose_name="kind of subject")),
                ("subject_id", models.CharField(editable=False, max_length=64, verbose_name="subject")),
                ("project_id", models.UUIDField(editable=False, null=True, verbose_name="project")),
                ("count", models.BigIntegerField(editable=False, verbose_name="how often")),
                (
                    "event",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="audit.auditevent",
                        verbose_name="event",
                    ),
                ),
                ("place", models.IntegerField(editable=False, null=True)),
                ("who", models.CharField(blank=True, editable=False, max_length=64)),
                ("salt", models.BinaryField(max_length=16, null=True)),
            ],
            options={
                "verbose_name": "hourly count",
                "verbose_name_plural": "reads and failed logins",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["subject_kind", "subject_id"], name="count_subject"),
                    models.Index(fields=["actor"], name="count_actor"),
                    models.Index(fields=["project_id", "id"], name="count_project"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("event", None)),
                        fields=("hour", "verb", "actor", "subject_kind", "subject_id"),
                        name="one_open_count",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LogAlarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(editable=False, max_length=32, unique=True)),
                ("said", models.TextField(editable=False)),
                ("raised_at", models.DateTimeField(editable=False)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={"verbose_name": "alarm of the log", "verbose_name_plural": "alarms of the log"},
        ),
        migrations.CreateModel(
            name="SelfCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(editable=False, verbose_name="begun")),
                ("finished_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                ("size", models.BigIntegerField(editable=False, verbose_name="events")),
                ("position", models.BigIntegerField(default=0, editable=False, verbose_name="checked")),
                ("kept", models.JSONField(default=dict, editable=False)),
                ("problems", models.JSONField(default=list, editable=False, verbose_name="problems")),
                ("held_until", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "self-check of the log",
                "verbose_name_plural": "self-checks of the log",
                "ordering": ["-id"],
            },
        ),
        migrations.RemoveIndex(model_name="auditevent", name="audit_project"),
        migrations.AddIndex(
            model_name="auditevent", index=models.Index(fields=["project_id", "id"], name="audit_project")
        ),
        migrations.AddIndex(model_name="auditevent", index=models.Index(fields=["verb", "id"], name="audit_verb")),
        migrations.AddIndex(model_name="auditevent", index=models.Index(fields=["actor", "id"], name="audit_actor")),
        migrations.AddIndex(model_name="auditevent", index=models.Index(fields=["at", "id"], name="audit_at")),
    ]
