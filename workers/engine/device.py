"""Where the arithmetic happens: device, number format and threads; chosen once, recorded, and used again on resume."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from models_store.errors import ProductError

ASKED_FOR = "that was asked for"


class DeviceMissing(ProductError):
    """This machine does not have the device that the work began on."""

    code, http_status, retry = "device_missing", 500, True


@dataclass(frozen=True)
class Compute:
    """One choice. `precision` is fp32 or bf16 (autocast; weights stay fp32), `why` says what decided it.

    `micro_batch` is how many items of a batch one process computes at once; 0 is all of its own. `layout` is the order
    in memory of pictures and convolutions: channels_last or contiguous. `threads` are those of all processes together.
    """

    device: str
    precision: str
    threads: int
    why: str = ""
    micro_batch: int = 0
    layout: str = "channels_last"

    @classmethod
    def choose(cls, device: str, precision: str, threads: int) -> Compute:
        """`device` "cpu", "cuda" or "cuda:1"; `precision` "auto", "fp32" or "bf16" by what the hardware can do."""
        device = "cuda" if device in ("", "auto") and torch.cuda.is_available() else device or "cpu"
        device = "cpu" if device == "auto" else device
        if precision != "auto":
            return cls(device, precision, threads, "asked for")
        if device.startswith("cuda"):
            fast, why = torch.cuda.is_bf16_supported(), "the GPU's capability"
        else:
            said = torch.cpu.get_capabilities()
            fast = any(said.get(name) for name in ("amx_bf16", "amx_tile", "avx512_bf16"))
            why = "whether the CPU has instructions for it"
        return cls(device, "bf16" if fast else "fp32", threads, f"auto, by {why}")

    def begin(self, processes: int = 1) -> None:
        """Set the threads of this process, one of so many, and check that the device is there."""
        if self.device.startswith("cuda") and not torch.cuda.is_available():
            raise DeviceMissing(expected=self.device, got="cpu", field="device")
        torch.set_num_threads(max(1, self.threads // processes))

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU computes."""
        return self.device.startswith("cuda")

    @property
    def pictures(self) -> torch.memory_format:
        """The order in memory of fields with four dimensions."""
        return torch.channels_last if self.layout == "channels_last" else torch.contiguous_format

    def memory_taken(self) -> int:
        """The most memory of the GPU that this process has held (bytes); 0 on a CPU."""
        return torch.cuda.max_memory_allocated(self.device) if self.device.startswith("cuda") else 0

    def seed(self, seed: int) -> None:
        """Seed what layers draw by themselves; torch.manual_seed asks every kind of device and costs 0.1 ms a call."""
        torch.default_generator.manual_seed(seed)
        if self.device.startswith("cuda"):
            torch.cuda.manual_seed_all(seed)

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which networks run forward."""
        return torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.precision == "bf16")

    def place(self, net: Module) -> Module:
        """The network on the device, its convolutions in the order of the layout."""
        return net.to(self.device, memory_format=self.pictures)  # type: ignore[call-overload]

    def put(self, value: Tensor) -> Tensor:
        """A batch of one field on the device, pictures in the order of the layout; pinned memory is not waited for."""
        if value.dim() == 4:
            return value.to(self.device, memory_format=self.pictures, non_blocking=self.on_gpu)
        return value.to(self.device, non_blocking=self.on_gpu)

    def in_parts(self, micro_batch: int, because: str = "more at once ran out of memory") -> Compute:
        """The same in parts of so many items, if that is less than now."""
        if not micro_batch or 0 < self.micro_batch <= micro_batch:
            return self
        why = f"{self.why}; in parts of {micro_batch}, since {because}"
        return replace(self, micro_batch=micro_batch, why=why.removeprefix("; "))

    def facts(self, batch_size: int, processes: int = 1) -> dict[str, Any]:
        """What is recorded of it for a batch of that size: `micro_batch` and `accumulate` where there are parts.

        Of several processes also how many; each computes its share of the batch, and of it so many at once.
        """
        said = {name: value for name, value in self.as_dict().items() if name != "micro_batch"}
        said |= {"processes": processes} if processes > 1 else {}
        batch_size = -(-batch_size // processes)
        if not 0 < self.micro_batch < batch_size:
            return said
        return said | {"micro_batch": self.micro_batch, "accumulate": -(-batch_size // self.micro_batch)}

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, for checkpoints and facts."""
        return asdict(self)


def load() -> float:
    """How many processes waited for each processor in the last minute: 0 on an idle machine, 1 on one that is full."""
    return round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)
