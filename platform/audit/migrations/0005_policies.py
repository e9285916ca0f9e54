"""Policies that projects have set, and what waits for a person's decision."""

import django.db.models.deletion
from django.db import migrations, models

import models_store.ids


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_counts")]

    operations = [
        migrations.CreateModel(
            name="ProjectPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.UUIDField(editable=False, verbose_name="project")),
                ("name", models.CharField(max_length=64, verbose_name="policy")),
                ("params", models.JSONField(default=dict, verbose_name="parameters")),
                ("set_by", models.CharField(blank=True, max_length=150, verbose_name="set by")),
                ("set_at", models.DateTimeField(verbose_name="set")),
                (
                    "drawn_until",
                    models.DateTimeField(help_text="up to when it has drawn its samples", null=True),
                ),
            ],
            options={
                "verbose_name": "policy",
                "verbose_name_plural": "policies",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("project_id", "name"), name="one_policy_of_a_name")],
            },
        ),
        migrations.CreateModel(
            name="ReviewRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject_kind", models.CharField(max_length=32, verbose_name="kind of subject")),
                ("subject_id", models.CharField(max_length=64, verbose_name="subject")),
                ("project_id", models.UUIDField(verbose_name="project")),
                ("policy", models.CharField(blank=True, max_length=64, verbose_name="policy")),
                ("why", models.TextField(blank=True, verbose_name="reason")),
                ("asked_by", models.CharField(blank=True, max_length=150, verbose_name="asked by")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                (
                    "review",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="audit.review",
                    ),
                ),
            ],
            options={
                "verbose_name": "request for a review",
                "verbose_name_plural": "requests for reviews",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at", None)), fields=["project_id", "-id"], name="request_open"
                    ),
                    models.Index(fields=["project_id", "-id"], name="request_project"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("subject_kind", "subject_id"),
                        name="one_open_request",
                    )
                ],
            },
        ),
    ]
