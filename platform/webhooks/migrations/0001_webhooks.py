"""Webhooks, their deliveries, and how far the log was read."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import models_store.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0005_platform_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("index", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "place in the log",
                "verbose_name_plural": "places in the log",
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("url", models.CharField(max_length=2000, verbose_name="address")),
                ("types", models.JSONField(default=list, verbose_name="types of events")),
                ("secret", models.CharField(editable=False, max_length=300)),
                ("former_secret", models.CharField(blank=True, editable=False, max_length=300)),
                ("former_until", models.DateTimeField(editable=False, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("paused", "paused")],
                        default="active",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "paused_why",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("by_hand", "somebody paused it"),
                            ("failing", "nothing but failures for a day"),
                            ("gone", "it answered that it is gone (410)"),
                            ("owner_left", "whoever answers for it does not own the project any more"),
                            ("secret_lost", "its secret cannot be read: the platform's own secret key was changed"),
                        ],
                        max_length=16,
                        verbose_name="why it is paused",
                    ),
                ),
                ("paused_at", models.DateTimeField(null=True, verbose_name="paused")),
                ("failing_since", models.DateTimeField(null=True, verbose_name="failing since")),
                ("since", models.DateTimeField(editable=False)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answers for it",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.project", verbose_name="project"
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("message", models.CharField(editable=False, max_length=64)),
                ("event_id", models.UUIDField(editable=False, null=True)),
                ("type", models.CharField(editable=False, max_length=64, verbose_name="type")),
                ("body", models.TextField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("delivered", "delivered"), ("failed", "failed")],
                        default="waiting",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("due_at", models.DateTimeField(editable=False, null=True)),
                ("lease", models.UUIDField(editable=False, null=True)),
                ("tries", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("past", models.JSONField(default=list, editable=False)),
                ("status", models.PositiveIntegerField(null=True, verbose_name="status")),
                ("ms", models.PositiveIntegerField(null=True, verbose_name="milliseconds")),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("status", "it answered with a status that is no success"),
                            ("redirect", "it redirects; deliveries follow no redirect"),
                            ("timeout", "it did not answer in time"),
                            ("not_public", "its name leads to an address that is not public"),
                            ("unknown_host", "nobody knows its name"),
                            ("certificate", "its certificate is not trusted, or is not for this name"),
                            ("not_reached", "nobody listens there, or the way is closed"),
                            ("broken_off", "the connection broke, or what came was no HTTP"),
                            ("unexpected", "something that the log of the web process explains"),
                        ],
                        max_length=32,
                        verbose_name="fault",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="answer")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="webhooks.webhook",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ["-id"],
            },
        ),
        migrations.AddIndex(
            model_name="webhook",
            index=models.Index(fields=["project", "id"], name="webhook_project"),
        ),
        migrations.AddIndex(
            model_name="webhook",
            index=models.Index(fields=["state"], name="webhook_state"),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.UniqueConstraint(fields=("project", "name"), name="one_webhook_of_a_name"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["webhook", "due_at"], name="delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["webhook", "id"], name="delivery_log"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["webhook", "state", "id"], name="delivery_by_state"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)), fields=["ended_at"], name="delivery_ended"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("webhook", "message"), name="one_delivery_of_a_message"),
        ),
    ]
