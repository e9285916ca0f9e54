"""`python -m workers.engine FOLDER` runs the attempt in FOLDER; `--serve` reads folders from standard input.

Standard input is the leash: when it closes, the process ends, so that no orphan holds a device.
Exit codes of a single run: 0 done or stopped as asked, 3 failed as expected (a code and a sentence in reports.jsonl),
1 a bug (its traceback is in reports.jsonl).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from io import BufferedRWPair
from pathlib import Path
from typing import Any

from workers.engine import launch, memory
from workers.engine.running import run, run_together

LEASH_CLOSED = 70


def remote_signer(fds: Sequence[int]) -> Callable[[bytes], bytes]:
    """A signing function that asks the parent over sockets: 4 bytes big-endian length, then the bytes, both ways.

    Several threads may ask at once, each over a socket that no other uses meanwhile. A socket that failed is closed: a
    late answer on it would be taken for that of the next claim.
    """
    free = queue.LifoQueue[BufferedRWPair]()
    for fd in fds:
        with socket.socket(fileno=fd) as end:  # it stays open for as long as its file does
            free.put(end.makefile("rwb"))

    def sign(claim: bytes) -> bytes:
        pipe = free.get()
        try:
            pipe.write(len(claim).to_bytes(4, "big") + claim)
            pipe.flush()
            return pipe.read(int.from_bytes(pipe.read(4), "big"))
        except BaseException:
            pipe.close()
            raise
        finally:
            free.put(pipe)

    return sign


def read_leash(orders: queue.Queue[dict[str, Any]]) -> None:
    """Pass on the lines of standard input; end the process when it closes."""
    for line in sys.stdin:
        if line.strip():
            orders.put(json.loads(line))
    os._exit(LEASH_CLOSED)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workers.engine", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="an attempt folder with order.json")
    parser.add_argument("--serve", action="store_true", help='read {"folder": ..., "secrets": {...}} lines from stdin')
    parser.add_argument("--leashed", action="store_true", help="end when standard input closes, and with the parent")
    parser.add_argument("--signer-fds", type=int, nargs="+", default=[], help="sockets on which the parent signs")
    said = parser.parse_args()
    sign = remote_signer(said.signer_fds) if said.signer_fds else None
    if said.leashed:
        launch.end_with_parent()
        threading.Thread(target=read_leash, args=(queue.Queue(),), daemon=True).start()
    if said.folder:
        if launch.RANK not in os.environ and (processes := launch.processes_of(said.folder)) > 1:
            launch.take_over(said.folder, processes, 1, leashed=said.leashed)
        return run(said.folder, sys.stdout, sign=sign)
    if not said.serve:
        parser.error("name an attempt folder, or --serve")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, which stops things in order
    echo = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # stray prints of libraries go to the log, not into the reports
    orders: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=read_leash, args=(orders,), daemon=True).start()
    while True:
        order = orders.get()
        if (processes := launch.processes_of(Path(order["folder"]))) > 1:
            launch.take_over(Path(order["folder"]), processes, echo.fileno(), leashed=True)
        run_together([order, *order.get("with", ())], echo, sign=sign)
        memory.give_back()


if __name__ == "__main__":
    sys.exit(main())
