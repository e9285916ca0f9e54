"""An audit log of many events: what an append costs, the check of the whole log, and a proof.

`python -m benchmarks.long_log EVENTS COUNT` prints JSON: {"append_ms": [...], "check_s": s, "proof_ms": [...],
"consistency_ms": [...]}; KILNMARK_HOME names a prepared home, which is filled up to so many events.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from deploy.home import ROOT

AT_ONCE = 2000
APPENDS = 20  # for each of COUNT measurements, of which the median is told


def timed(act: Callable[[], object]) -> float:
    """Milliseconds on the clock."""
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def fill(events: int) -> None:
    """Events as they come from jobs, without the cost of a transaction each, and the tree over them."""
    from django.db import transaction

    from audit.leaves import leaf_bytes
    from audit.models import AuditDetail, AuditEvent
    from audit.sequencer import sequence, tree_size
    from config import clock
    from models_store.ids import new_id

    while sequence(AT_ONCE):
        pass
    while (missing := events - tree_size()) > 0:
        rows, details = [], []
        for number in range(min(missing, AT_ONCE)):
            key, at, salt, detail = new_id(), clock.now(), os.urandom(16), {"count": number, "kind": "generate"}
            subject = ("job", str(new_id()))
            leaf = leaf_bytes(
                event_id=str(key), at=at, actor="admin", verb="job.submitted", subject=subject, project=None,
                detail=detail, salt=salt,
            )  # fmt: skip
            said = {"actor": "admin", "verb": "job.submitted", "subject_kind": subject[0], "subject_id": subject[1]}
            rows.append(AuditEvent(id=key, at=at, leaf=leaf, **said))
            details.append(AuditDetail(event_id=key, salt=salt, detail=detail))
        with transaction.atomic():
            AuditEvent.objects.bulk_create(rows)
            AuditDetail.objects.bulk_create(details)
        sequence(AT_ONCE)


def appended() -> None:
    """One event in a transaction of its own."""
    from django.db import transaction

    from audit.services import append

    with transaction.atomic():
        append(actor="admin", verb="bench.done", subject=("job", "none"), detail={"count": 1})


def main(events: int, count: int) -> None:
    """Fill, then measure."""
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings

    from audit import proofs
    from audit.selfcheck import verify_log
    from audit.sequencer import sequence, sign_head, tree_size
    from models_store.keys import Keyring

    keyring, draws = Keyring.load(settings.KEYS_FOLDER), random.Random(1)  # noqa: S311 - which events are looked at
    fill(events)
    sign_head(keyring)
    told: dict[str, Any] = {"append_ms": [timed(appended) for _ in range(APPENDS * count)]}
    while sequence(AT_ONCE):
        pass
    sign_head(keyring)
    size, indexes = tree_size(), [draws.randrange(events) for _ in range(count + 1)]
    told["proof_ms"] = [timed(partial(proofs.inclusion, index)) for index in indexes][1:]
    told["consistency_ms"] = [timed(partial(proofs.consistency, index, size)) for index in indexes][1:]
    began = time.perf_counter()
    check = verify_log(keyring)
    told["check_s"] = time.perf_counter() - began
    if not check.ok or check.events < events:
        raise RuntimeError(f"the check covered {check.events} events and found {check.problems[:3]}")
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
