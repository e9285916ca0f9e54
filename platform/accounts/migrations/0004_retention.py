from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_night")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="artifact_days",
            field=models.PositiveIntegerField(
                default=0, help_text="0 means for ever.", verbose_name="days that generated files are kept"
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="log_days",
            field=models.PositiveIntegerField(
                default=0, help_text="0 means for ever.", verbose_name="days that logs of jobs are kept"
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="retention_set_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="upload_days",
            field=models.PositiveIntegerField(
                default=0, help_text="0 means for ever.", verbose_name="days that uploads are kept"
            ),
        ),
    ]
