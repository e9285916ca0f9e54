import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import models_store.ids


class Migration(migrations.Migration):
    dependencies = [
        ("lineage", "0005_flags"),
        ("accounts", "0004_retention"),
        ("catalog", "0004_erasure"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DoomedBlob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("doomed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=models_store.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject_kind", models.CharField(max_length=32, verbose_name="kind of subject")),
                ("subject_id", models.CharField(max_length=64, verbose_name="subject")),
                ("reason", models.TextField(verbose_name="reason")),
                ("set_at", models.DateTimeField(verbose_name="since")),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="lifted")),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
            ],
            options={
                "verbose_name": "legal hold",
                "verbose_name_plural": "legal holds",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="artifact",
            name="expired_at",
            field=models.DateTimeField(
                help_text="when its bytes were given up; row, manifest and leaf stay", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(
                condition=models.Q(("expired_at", None)), fields=["project", "id"], name="artifact_kept"
            ),
        ),
        migrations.AddField(
            model_name="doomedblob",
            name="dataset",
            field=models.ForeignKey(
                help_text="that is being erased",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.dataset",
            ),
        ),
        migrations.AddField(
            model_name="doomedblob",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.project"
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="lifted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="lifted by",
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="accounts.project", verbose_name="project"
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="set_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="set by",
            ),
        ),
        migrations.AddIndex(
            model_name="doomedblob",
            index=models.Index(
                condition=models.Q(("dataset", None), _negated=True), fields=["dataset"], name="doomed_with_data"
            ),
        ),
        migrations.AddIndex(
            model_name="legalhold",
            index=models.Index(condition=models.Q(("lifted_at", None)), fields=["project"], name="hold_in_force"),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)),
                fields=("subject_kind", "subject_id"),
                name="one_hold_at_a_time",
            ),
        ),
    ]
