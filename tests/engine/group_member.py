"""Two processes that train together, for test_group.py: `python -m tests.engine.group_member FOLDER PORT`.

torch is loaded once and the process divides before anything is computed, which costs a third of torchrun's start.
What each member found goes to FOLDER/RANK.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.training import Notes, training
from workers.contracts import Stopped
from workers.engine import checkpoint
from workers.engine.device import Compute
from workers.engine.group import Group, TooManyProcesses
from workers.engine.training_state import TrainingState
from workers.plugins import plugin

SIZE, STEPS, HALF = 2, 6, 3
ALIKE = ("ddpm", "lstm")  # no layer looks across the batch
ACROSS = "dcgan"  # BatchNorm does


def bits(state: TrainingState) -> str:
    """A digest of every tensor of a training."""
    kept = sorted(state.tensors().items())
    return hashlib.sha256(b"".join(one.numpy().tobytes() for _, one in kept)).hexdigest()


def trained(
    name: str, folder: Path, group: Group, resume: Path | None = None, draw: Any = None, **said: Any
) -> dict[str, Any]:  # fmt: skip
    """Losses by step, the bits at the end, and where it stopped."""
    notes = Notes()
    whole = {"steps": STEPS, "checkpoint_every": HALF, "compute": Compute("cpu", "fp32", SIZE)}
    one = training(plugin("family", name), folder, report=notes, group=group, **whole | said)
    one.draw = draw
    if resume:
        one.resume(*checkpoint.read(resume))
    try:
        one.run()
    except Stopped as stop:
        return {"stopped": stop.step}
    return {"metrics": notes.metrics, "bits": bits(one.state)}


def asked_at(step: int) -> Any:
    """Nothing is wanted until that step, then a pause."""
    words = iter([""] * step + ["pause"])
    return lambda: next(words, "")


def drawing(nets: Any, file: str, heed: Any) -> None:
    """A grid that takes long enough for somebody to ask."""
    heed()


def found(folder: Path, group: Group) -> dict[str, Any]:
    """Every scenario, in the same order in every member."""
    own = folder / str(group.rank)
    said: dict[str, Any] = {name: trained(name, own / name, group) for name in (*ALIKE, ACROSS)}
    shared, alone = folder / "0" / ACROSS / "checkpoints" / str(HALF), folder / "alone" / "checkpoints" / str(HALF)
    said["resumed"] = trained(ACROSS, own / "resumed", group, shared)
    said["from_one"] = trained(ALIKE[0], own / "from_one", group, alone)
    wants = asked_at(2) if group.first else lambda: ""
    said["asked"] = trained(ALIKE[0], own / "asked", group, wants=wants)
    for step in (2, STEPS):
        wants = asked_at(step) if group.first else lambda: ""
        said[f"left_at_{step}"] = trained(
            ALIKE[0], own / f"left_at_{step}", group, draw=drawing, wants=wants, sample_every=step
        )
    said["in_parts"] = trained(ALIKE[0], own / "in_parts", group, compute=Compute("cpu", "fp32", SIZE, micro_batch=3))
    try:
        trained(ALIKE[0], own / "few", group, batch_size=1)
    except TooManyProcesses as refused:
        said["refused"] = refused.as_dict()
    return said


def main(folder: Path, port: str) -> None:
    """Divide, train, write."""
    rank = 0 if os.fork() else 1
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(SIZE), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1"}
    os.environ |= {"MASTER_PORT": port, "GLOO_SOCKET_IFNAME": "lo"}
    group = Group.join("cpu")
    (folder / f"{rank}.json").write_text(json.dumps(found(folder, group)), encoding="utf-8")
    group.leave()
    if rank == 0:
        os.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
