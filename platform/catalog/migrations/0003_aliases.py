import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import models_store.ids


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alias",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                ("moved_at", models.DateTimeField(null=True, verbose_name="since")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="catalog.model",
                        verbose_name="model",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="catalog.modelversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "alias",
                "verbose_name_plural": "aliases",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AliasMove",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "waits for a decision"),
                            ("moved", "approved"),
                            ("rejected", "rejected"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("proposed_at", models.DateTimeField(verbose_name="proposed")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                (
                    "alias",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="catalog.alias"
                    ),
                ),
                (
                    "before",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.modelversion",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.auditevent"
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.modelversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "move of an alias",
                "verbose_name_plural": "moves of aliases",
                "ordering": ["-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.UniqueConstraint(fields=("model", "name"), name="one_alias_name_per_model"),
        ),
        migrations.AddIndex(
            model_name="aliasmove",
            index=models.Index(fields=["alias", "decided_at"], name="alias_history"),
        ),
        migrations.AddConstraint(
            model_name="aliasmove",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "proposed")), fields=("alias",), name="one_open_move_per_alias"
            ),
        ),
    ]
