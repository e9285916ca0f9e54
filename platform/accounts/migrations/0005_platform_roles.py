"""Roles across projects: auditor, operator."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0004_retention")]
    operations: ClassVar[list[Any]] = [
        migrations.AlterModelOptions(
            name="user", options={"verbose_name": "account", "verbose_name_plural": "accounts"}
        ),
        migrations.AddField(
            model_name="user",
            name="platform_role",
            field=models.CharField(
                blank=True,
                choices=[("auditor", "auditor"), ("operator", "operator")],
                default="",
                max_length=16,
                verbose_name="platform role",
            ),
        ),
    ]
