"""What projects use: device seconds by day, bytes in the store."""

from __future__ import annotations

from django.db import models


class DeviceUse(models.Model):
    """Device seconds that a project used on one day (UTC): what quotas by the week are held against."""

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    seconds = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "day"], name="one_use_a_day")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.day}"


class StorageUse(models.Model):
    """Bytes in a project's part of the store when they were last counted, with the uploads since (jobs/storage.py)."""

    project = models.OneToOneField("accounts.Project", on_delete=models.CASCADE, primary_key=True, related_name="+")
    bytes = models.PositiveBigIntegerField(default=0)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.project_id}: {self.bytes} bytes"
