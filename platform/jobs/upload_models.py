"""Uploads that come in pieces: how much of each has arrived."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from models_store.ids import new_id


class PartialUpload(models.Model):
    """A file on its way: `offset` of `length` bytes lie in a file of their own (jobs/upload_piece.py)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    length = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    last_byte_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.offset} of {self.length} bytes"

    @property
    def complete(self) -> bool:
        """Whether all of it is there."""
        return self.offset == self.length
