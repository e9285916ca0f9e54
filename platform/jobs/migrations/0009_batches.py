"""Jobs that may share batches are read in the order of the line, not by age alone; what a forecast in a row is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_digest")]

    operations = [
        migrations.RemoveIndex(model_name="job", name="job_batch"),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["queue", "batch_key", "-priority", "position", "id"],
                condition=models.Q(state="queued") & ~models.Q(batch_key=""),
                name="job_batch",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="forecast",
            field=models.JSONField(
                default=dict, help_text="what was expected when it had begun to wait: seconds, P50 and P90"
            ),
        ),
    ]
