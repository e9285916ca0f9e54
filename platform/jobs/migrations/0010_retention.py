from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0009_batches")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="asks_for",
            field=models.PositiveBigIntegerField(default=0, help_text="artifacts, where its kind makes such"),
        ),
        migrations.AddField(
            model_name="job",
            name="files_expired_at",
            field=models.DateTimeField(help_text="when archive and sheet were given up (retention)", null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="logs_expired_at",
            field=models.DateTimeField(help_text="when the lines of its log were deleted (retention)", null=True),
        ),
        migrations.AddField(
            model_name="jobinput",
            name="named",
            field=models.CharField(
                blank=True, help_text="what the body said where it was no id: chest-xray@production", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="jobinput",
            name="upload_expired_at",
            field=models.DateTimeField(help_text="when the upload was given up", null=True),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("files_expired_at", None), ("finished_at__isnull", False)),
                fields=["project", "finished_at"],
                name="job_files_kept",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("logs_expired_at", None)),
                fields=["project", "finished_at"],
                name="job_log_kept",
            ),
        ),
        migrations.AddIndex(
            model_name="jobinput",
            index=models.Index(
                condition=models.Q(("upload_expired_at", None), models.Q(("upload_sha256", ""), _negated=True)),
                fields=["upload_sha256"],
                name="upload_kept",
            ),
        ),
        migrations.AddIndex(
            model_name="jobinput",
            index=models.Index(
                condition=models.Q(("upload_expired_at", None), models.Q(("upload_sha256", ""), _negated=True)),
                fields=["job"],
                name="upload_by_job",
            ),
        ),
    ]
