"""That somebody took a list of the log away is an event of the log, as every export is."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from audit.services import append


@transaction.atomic
def note_list(*, actor: str, form: str, asked: Mapping[str, str]) -> None:
    """`form` is csv or jsonl, `asked` what was filtered by."""
    detail = {"form": form, "filter": dict(asked)}
    append(actor=actor, verb="audit.list_exported", subject=("audit", "log"), detail=detail)
