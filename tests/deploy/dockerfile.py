"""Dockerfiles and Compose files as plain data, as far as the tests ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from deploy.home import ROOT

FOLDER = ROOT / "deploy" / "containers"
COMPOSE = ROOT / "docker-compose.yml"


@dataclass(frozen=True)
class Dockerfile:
    """Its instructions in order: (word, the rest of the line), continued lines joined."""

    steps: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, path: Path) -> Dockerfile:
        """Comments and empty lines left out."""
        lines = [line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
        joined = "\n".join(lines).replace("\\\n", " ").splitlines()
        return cls(tuple((line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined))

    def all(self, word: str) -> list[str]:
        """The rest of every line of that instruction."""
        return [rest for said, rest in self.steps if said == word]

    @property
    def sources(self) -> list[str]:
        """What is copied from the checkout."""
        return [name for rest in self.all("COPY") for name in rest.split()[:-1]]

    @property
    def command(self) -> tuple[str, ...]:
        """What runs."""
        return tuple(json.loads(self.all("CMD")[-1]))


def compose(path: Path = COMPOSE) -> dict[str, Any]:
    """A Compose file, anchors resolved, variables not."""
    return yaml.safe_load(path.read_text())


def is_sent(name: str) -> bool:
    """Whether .dockerignore lets a file or folder of the top level through: the last pattern that fits decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#") and fnmatch(name, pattern.removeprefix("!")):
            sent = pattern.startswith("!")
    return sent
