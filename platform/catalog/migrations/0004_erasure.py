from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_aliases")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="erased_at",
            field=models.DateTimeField(null=True, verbose_name="erased"),
        ),
        migrations.AlterField(
            model_name="datasetversion",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "being read"),
                    ("ready", "ready"),
                    ("failed", "failed"),
                    ("erasing", "being erased"),
                    ("erased", "erased"),
                ],
                default="pending",
                max_length=10,
                verbose_name="state",
            ),
        ),
    ]
