from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_counts")]

    operations = []
