"""Marks that act while an item is drawn: which models' items can carry one, under which key, and from where on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workers.contracts import Leanable, MarksDuring
from workers.engine.bundle import Bundle
from workers.engine.release import watermark_of
from workers.engine.wishes import Wish


def mark_of(bundle: Bundle) -> MarksDuring | None:
    """The mark that what this model makes is drawn under; None where it comes later, or the family cannot be leaned on.

    What such a model makes then carries no mark, and its artifacts do not say that they do.
    """
    mark = watermark_of(bundle.spec().modality)
    return mark if isinstance(mark, MarksDuring) and isinstance(bundle.family(), Leanable) else None


def keyed(wishes: Iterable[Wish], key: bytes, mark: MarksDuring | None) -> list[Wish]:
    """Wishes of one job, to be drawn under its key where there is a mark."""
    return [replace(wish, mark_key=key) if mark else wish for wish in wishes]


def leaned_from(wish: Wish, bundle: Bundle) -> int | None:
    """Where the part of an item begins that was drawn under a mark, in tokens: after the prompt. None: no such part."""
    if not wish.mark_key:
        return None
    said = getattr(wish.controls, "prompt", "")
    return len(bundle.modality().prompt(said, bundle.spec())) if said else 0
