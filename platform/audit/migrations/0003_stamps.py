"""Time stamps of heads and archives."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_review_project")]

    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(editable=False, max_length=16, verbose_name="kind of subject")),
                ("subject_id", models.CharField(editable=False, max_length=64, verbose_name="subject")),
                ("sha256", models.CharField(editable=False, max_length=64, unique=True, verbose_name="SHA-256")),
                ("requested_at", models.DateTimeField(editable=False, verbose_name="requested")),
                ("due_at", models.DateTimeField(editable=False, null=True, verbose_name="next try")),
                ("tries", models.PositiveIntegerField(default=0, editable=False, verbose_name="tries")),
                ("error", models.CharField(blank=True, editable=False, max_length=300, verbose_name="last answer")),
                ("token", models.BinaryField(null=True)),
                ("stamped_at", models.DateTimeField(editable=False, null=True, verbose_name="stamped")),
                ("authority", models.CharField(blank=True, editable=False, max_length=300, verbose_name="authority")),
            ],
            options={
                "verbose_name": "time stamp",
                "verbose_name_plural": "time stamps",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(condition=models.Q(("token", None)), fields=["due_at"], name="stamp_waiting"),
                    models.Index(fields=["kind", "-id"], name="stamp_kind"),
                ],
            },
        ),
    ]
