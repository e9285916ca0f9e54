"""What an exact resume rests on: code, arithmetic and machine of the first start, and what of it changed."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.nn import Module

from models_store.canonical import file_digest
from workers.engine.device import Compute

ENGINE = (
    "batches", "data_order", "device", "freezing", "group", "looks", "loop", "losses", "micro_batches", "sound_weights",
    "sources", "streams", "training_state",
)  # fmt: skip
WORDS = {"family": "the code of the family", "engine": "the code of the training loop", "torch": "the version of torch"}
WORDS |= {"processor": "the processor"}


def ground(family: Any, nets: Mapping[str, Module], compute: Compute) -> dict[str, str]:
    """What the bits of a training depend on beside its order: digests of code, torch, processor."""
    engine = [Path(__file__).with_name(f"{name}.py") for name in ENGINE]
    return {
        "family": digest(code_of(type(family), nets)),
        "engine": digest(engine),
        "torch": torch.__version__,
        "processor": processor(compute.device),
    }


def changed(saved: Mapping[str, str], now: Mapping[str, str], step: int) -> list[str]:
    """What is no longer as it was when the state was saved, one sentence each."""
    return [f"{WORDS[name]} changed at step {step}" for name, value in now.items() if saved.get(name) != value]


def code_of(family: type, nets: Mapping[str, Module]) -> set[Path]:
    """The files that a family is made of: its own, those of its networks, and what it takes from beside them."""
    own = {family.__module__} | {type(part).__module__ for net in nets.values() for part in net.modules()}
    beside = (getattr(value, "__module__", None) for name in set(own) for value in vars(sys.modules[name]).values())
    home = family.__module__.partition(".")[0]
    taken = {name for name in beside if isinstance(name, str) and name.partition(".")[0] == home}
    names = {name for name in own | taken if not name.startswith(("torch.", "workers.contracts", "workers.engine"))}
    places = (getattr(sys.modules.get(name), "__file__", None) for name in names)
    return {Path(place) for place in places if place}


def digest(files: Iterable[Path]) -> str:
    """SHA-256 over the names and contents of files, wherever they lie, hex."""
    lines = sorted(f"{file.name} {file_digest(file)}" for file in files)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def processor(device: str) -> str:
    """What computes, as it calls itself, with the instructions that torch takes of it."""
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    return f"{processor_name()}, {torch.backends.cpu.get_cpu_capability()}"


def processor_name() -> str:
    """The model of this machine's processor, as Linux says it."""
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in said.splitlines() if line.startswith("model name"))
    return next(names, platform.machine())
