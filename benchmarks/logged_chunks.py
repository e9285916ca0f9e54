"""What the log costs of each artifact: leaves, the root over a chunk of them, and its event in one transaction.

`python -m benchmarks.logged_chunks RUNS SIZE` prints a JSON list of milliseconds of CPU for each artifact of a chunk of
that size; KILNMARK_HOME names a prepared home.
"""

from __future__ import annotations

import json
import os
import sys
import time

from deploy.home import ROOT

WARM_UPS = 5


def logged(size: int) -> float:
    """One chunk."""
    from django.db import transaction

    from audit.services import append
    from models_store import evidence
    from models_store.ids import new_id

    rows = [(str(new_id()), os.urandom(32).hex(), os.urandom(32).hex()) for _ in range(size)]
    began = time.process_time()
    leaves = [
        {
            "artifact": key, "job": rows[0][0], "index": index, "model_version": rows[0][0], "sha256": sha256,
            "content_sha256": content,
        }
        for index, (key, sha256, content) in enumerate(rows)
    ]  # fmt: skip
    root, _ = evidence.chunk(leaves)
    with transaction.atomic():
        append(
            actor="bench", verb="artifacts.released", subject=("job", rows[0][0]), detail={"first": 0, "count": size},
            items_root=root,
        )  # fmt: skip
    return 1000 * (time.process_time() - began) / size


def main(runs: int, size: int) -> None:
    """So many chunks."""
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(json.dumps([logged(size) for _ in range(WARM_UPS + runs)][WARM_UPS:]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
