"""One reader at one machine: a shell and a Python that live as long as the document, in a folder like a checkout."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.docs.blocks import ROOT, Block

PATIENCE_S = 150.0
WRITTEN_AT = "http://127.0.0.1:8000"  # the address that documents name
PYTHON = """
import os, sys
names = {"__name__": "__main__"}
for line in sys.stdin:
    block, number, place, heard = line.rstrip("\\n").split("\\t")
    with open("shell.env") as shell:
        os.environ.update(pair.split("=", 1) for pair in shell.read().split("\\0") if "=" in pair)
    with open(block) as text:
        exec(compile("\\n" * (int(number) - 1) + text.read(), place, "exec"), names)
    sys.stdout.flush()
    os.write(int(heard), b".")
"""


class BlockFailed(AssertionError):
    """A block ended with an error: where, what was run, what it said."""


class Sitting:
    """Runs blocks in their order; what a shell block exports, the Python blocks after it see."""

    def __init__(self, folder: Path, home: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.said = folder / "said.txt"
        self._equip(home)
        self.environment = self._environment()
        (folder / "shell.env").write_bytes(b"\0".join(f"{n}={v}".encode() for n, v in self.environment.items()))
        self.programs: dict[str, subprocess.Popen[str]] = {}
        self.hears, self.tells = os.pipe()
        self.count = 0

    def _equip(self, home: Path) -> None:
        """What a reader has: the checkout's manage.py, client and docs, its .venv and var, and the kilnmark command."""
        programs = self.folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name, words in {"python": "", "kilnmark": "-m kilnmark "}.items():
            program = programs / name
            program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}/client" exec "{sys.executable}" {words}"$@"\n')
            program.chmod(0o755)
        for name in ("manage.py", "client", "docs"):
            (self.folder / name).symlink_to(ROOT / name)
        (self.folder / "var").symlink_to(home)
        (self.folder / "person").mkdir()

    def _environment(self) -> dict[str, str]:
        taken = ("KILNMARK_", "DJANGO_", "DATABASE_URL", "STORE_URL", "BROKER_URL", "XDG_", "COLUMNS")
        outer = {name: value for name, value in os.environ.items() if not name.startswith(taken)}
        path = f"{self.folder}/.venv/bin{os.pathsep}{outer['PATH']}"
        own = {"KILNMARK_HOME": str(self.folder / "var"), "HOME": str(self.folder / "person"), "PATH": path}
        return outer | own | {"PYTHONPATH": str(ROOT / "client"), "LANG": "C.UTF-8", "NO_PROXY": "*"}

    def run(self, block: Block) -> None:
        """Run one block; BlockFailed where it fails or takes too long."""
        self.count += 1
        name = f"block-{self.count}"
        (self.folder / name).write_text(block.code.replace(WRITTEN_AT, self.url), encoding="utf-8")
        began = self.said.stat().st_size if self.said.exists() else 0
        program = self._program(block.language)
        assert program.stdin
        if block.language == "sh":
            order = f"source ./{name} < /dev/null; env -0 > shell.env; printf . >&{self.tells}\n"
        else:
            order = f"{name}\t{block.line}\t{block.place}\t{self.tells}\n"
        program.stdin.write(order)
        program.stdin.flush()
        if why := self._wait(program):
            with self.said.open("rb") as said:
                said.seek(began)
                heard = said.read().decode(errors="replace")
            raise BlockFailed(f"{block.place} {why}\n--- the block\n{block.code}--- it said\n{heard[-6000:]}")

    def _wait(self, program: subprocess.Popen[str]) -> str:
        """'' once the block has ended well, else what went wrong."""
        end = time.monotonic() + PATIENCE_S
        while not select.select([self.hears], [], [], 0.1)[0]:
            if program.poll() is not None and not select.select([self.hears], [], [], 0)[0]:
                return f"failed with exit code {program.returncode}"
            if time.monotonic() > end:
                return f"did not end within {PATIENCE_S:.0f} s"
        os.read(self.hears, 1)
        return ""

    def _program(self, language: str) -> subprocess.Popen[str]:
        if language not in self.programs:
            shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]
            command = shell if language == "sh" else [sys.executable, "-c", PYTHON]
            with self.said.open("ab") as said:
                self.programs[language] = subprocess.Popen(
                    command, cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stdout=said, stderr=said,
                    text=True, pass_fds=(self.tells,),
                )  # fmt: skip
        return self.programs[language]

    def close(self) -> None:
        """Nothing of it runs on."""
        for program in self.programs.values():
            program.kill()
            program.wait()
            if program.stdin:
                program.stdin.close()
        os.close(self.hears)
        os.close(self.tells)
