from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lineage", "0004_sidecars")]

    operations = []
