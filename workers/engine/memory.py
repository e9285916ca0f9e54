"""Memory: what this process may take and has taken, and how its end looks. Bytes everywhere; Linux tells."""

from __future__ import annotations

import ctypes
import errno
import resource
from pathlib import Path

from models_store.errors import ProductError

CANNOT = ("can't allocate memory", "Cannot allocate memory", "bad_alloc", "not enough memory", "out of memory")
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"
CGROUP_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")  # v2, v1, as a container sees its own


class OutOfMemory(ProductError):
    """The work needs more memory than there is."""

    code, http_status = "out_of_memory", 507


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory ran out: MemoryError, ENOMEM, CUDA's own, the CPU allocator's RuntimeError."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in CANNOT)


def taken(name: str = "VmRSS") -> int:
    """What /proc says of this process: VmRSS (held now), VmHWM (the most since `reset_peak`)."""
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak() -> None:
    """Let VmHWM begin anew from here; where the kernel does not let us, the peak stays that of the whole process."""
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        pass


def give_back() -> None:
    """Give what was freed back to the system; glibc keeps it for the next tensors as long as work goes on."""
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


def there_is() -> int:
    """The memory of this machine, or less where a limit or a cgroup says so."""
    limits = [resource.getrlimit(resource.RLIMIT_DATA)[0], resource.getrlimit(resource.RLIMIT_AS)[0]]
    found = [limit for limit in limits if limit != resource.RLIM_INFINITY]
    for name in CGROUP_LIMITS:
        try:
            found.append(int((Path("/sys/fs/cgroup") / name).read_text()))
        except (OSError, ValueError):  # no such cgroup, or "max"
            continue
    total = int(Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]) * 1024
    return min([total, *found])
