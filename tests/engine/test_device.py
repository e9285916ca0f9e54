"""Which number format is taken where nobody asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.engine.device import Compute

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(not CPUINFO.exists(), reason="only Linux says in /proc/cpuinfo what its processor can do")
def test_bf16_is_taken_where_the_processor_has_instructions_for_it():
    can = set(CPUINFO.read_text().split())
    expected = "bf16" if can & {"amx_bf16", "amx_tile", "avx512_bf16"} else "fp32"
    assert Compute.choose("cpu", "auto", 1).precision == expected
