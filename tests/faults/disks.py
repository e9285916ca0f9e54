"""Row 13: a small disk of its own is filled while a job writes to it, and emptied again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.apart import pictures
from tests.faults.running import Running, until
from tests.faults.table import Row

LONG = 2000  # pictures
SETTLES_S = 15.0  # for so long it is looked whether more jobs fail


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A tmpfs; only root can mount one."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def may_mount() -> bool:
    """Whether this process may mount at all: root in a container often may not."""
    tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
    return os.getuid() == 0 and tried.returncode == 0


def fill(place: Path) -> None:
    """Until not one byte more fits."""
    with place.open("ab", buffering=0) as file:
        for piece in (b"\0" * (1 << 20), b"\0" * 4096, b"\0"):
            try:
                while True:
                    file.write(piece)
            except OSError:
                continue


def fill_amid_work(up: Running, model: str, *, waiting: int) -> Row:
    """One job writes, others wait; the disk fills up, and later there is room again."""
    (job,) = up.submit(pictures(model, LONG))
    later = pictures(model, 2) | {"priority": -1}  # the long one makes way for its equals
    ids, home = up.submit(later, waiting), up.home.path
    until(lambda: up.rows.effects("generate", job) > 0, "the first pictures")
    until((home / "ballast").exists, "the ballast")
    workers, hits = up.workers(), len(up.rows.claims())
    fill(home / "filler")
    up.ended([job])
    state, code = up.rows.ask("SELECT state, error_code FROM jobs_job WHERE id = ?", job.replace("-", ""))[0]
    time.sleep(SETTLES_S)
    wrong = [] if (state, code) == ("failed", "disk_full") else [f"it ended {state}: {code}"]
    wrong += [f"{one} ended too" for one in ids if one not in up.rows.unfinished(ids)]
    wrong += half_written(up) + ([] if up.workers() == workers else ["a worker did not outlive it"])
    (home / "filler").unlink()
    began = time.monotonic()
    up.client.post(f"jobs/{job}/retry")
    up.ended(ids)
    recovery_s = time.monotonic() - began
    up.ended([job])
    wrong += up.rows.lost([job, *ids]) + half_written(up)
    print("\n".join(wrong))
    kept = f"{code}; {waiting} jobs waited and then ran; until all of them had ended"
    return Row("13", "disk full amid artifacts", 1, hits, len(wrong), up.rows.duplicates([job, *ids]), recovery_s, kept)


def half_written(up: Running) -> list[str]:
    """Artifacts without their bytes, and files in the store that are none."""
    store, found = up.home.path / "store", []
    for project, sha256 in up.rows.ask("SELECT DISTINCT project_id, sha256 FROM lineage_artifact"):
        places = [one for one in store.glob(f"*/{sha256[:2]}/{sha256}") if one.parts[-3].replace("-", "") == project]
        if [hashlib.sha256(one.read_bytes()).hexdigest() for one in places] != [sha256]:
            found.append(f"artifact {sha256} is not whole")
    return found + [f"{one.name} was left in the store" for one in store.glob("*/.new-*")]
