from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lineage", "0005_flags")]

    operations = []
