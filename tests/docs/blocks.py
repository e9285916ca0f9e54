"""The code blocks of a document: fences of Markdown, each with its line, and the reason where it is not to run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(?P<language>[\w-]*)\s*$")
REASON = re.compile(r"^<!-- not run: (?P<reason>\S.*\S) -->$")
LINK = re.compile(r"\]\(([^)\s]+)\)")
RUNS = ("sh", "python")


@dataclass(frozen=True)
class Block:
    """What stands between two fences; `line` is that of its first line of code."""

    document: str
    line: int
    language: str
    code: str
    not_run: str = ""

    @property
    def runs(self) -> bool:
        """Whether a test runs it."""
        return self.language in RUNS and not self.not_run

    @property
    def place(self) -> str:
        """Document and line."""
        return f"{self.document}:{self.line}"


def blocks_of(document: str) -> list[Block]:
    """All blocks of a document of the repository, in order."""
    return blocks_in((ROOT / document).read_text(encoding="utf-8"), document)


def blocks_in(text: str, document: str) -> list[Block]:
    """All blocks of a text; ValueError where a fence is never closed."""
    found: list[Block] = []
    reason, language, begins, code = "", None, 0, []
    for number, line in enumerate(text.splitlines(), start=1):
        if language is not None:
            if line.rstrip() == "```":
                found.append(Block(document, begins, language, "\n".join([*code, ""]), reason))
                reason, language = "", None
            else:
                code.append(line)
        elif fence := FENCE.match(line):
            language, begins, code = fence["language"], number + 1, []
        elif line.strip():
            said = REASON.match(line)
            reason = said["reason"] if said else ""
    if language is not None:
        raise ValueError(f"{document}: the fence before line {begins} is never closed")
    return found
