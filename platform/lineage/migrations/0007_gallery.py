import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """What is already there says who made it and whether it is watermarked."""
    artifacts, jobs = apps.get_model("lineage", "Artifact"), apps.get_model("jobs", "Job")
    owner = jobs.objects.filter(pk=OuterRef("job_id")).values("submitted_by_id")[:1]
    artifacts.objects.update(made_by_id=Subquery(owner))
    artifacts.objects.filter(marks__has_key="watermark").update(watermarked=True)


class Migration(migrations.Migration):
    dependencies = [
        ("lineage", "0006_retention"),
        ("jobs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="artifact",
            name="made_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AddField(
            model_name="artifact",
            name="watermarked",
            field=models.BooleanField(default=False, help_text="as `marks` say", verbose_name="watermarked"),
        ),
        *(
            migrations.AddIndex(
                model_name="artifact",
                index=models.Index(fields=["project", name, "-id"], name=f"artifact_{name}"),
            )
            for name in ("model_version", "seed", "made_by", "media_type", "stage", "watermarked")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),  # last: PostgreSQL makes no index after an update
    ]
