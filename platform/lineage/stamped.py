"""The first stamped head of the log that covers an entry: from when on an outside authority vouches for it."""

from __future__ import annotations

from audit.models import TreeHead
from audit.stamp_models import Stamp
from audit.stamping import head_sha256, newest_stamped_head

LOOKED_AT = 100  # heads after the entry; one a minute is stamped, unless the authority is away


def stamped_head(index: int, below: int) -> tuple[TreeHead, Stamp] | None:
    """For the entry at `index`, the head (of at most `below` events) and its stamp; None where there is none yet."""
    heads = TreeHead.objects.filter(size__gt=index, size__lte=below).order_by("size")[:LOOKED_AT]
    known = {head_sha256(head): head for head in heads}
    stamps = Stamp.objects.filter(sha256__in=known).exclude(token=None)
    found = min(((known[stamp.sha256], stamp) for stamp in stamps), key=lambda pair: pair[0].size, default=None)
    if found is None and (newest := newest_stamped_head()) and index < newest[0].size <= below:
        return newest
    return found
