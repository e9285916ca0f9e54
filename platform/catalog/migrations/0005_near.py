from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_erasure")]

    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="near",
            field=models.JSONField(
                default=dict,
                help_text="the near-copy index of the training data, which shows them: its sha256 in the project's store",
            ),
        ),
    ]
