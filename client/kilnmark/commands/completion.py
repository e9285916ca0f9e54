"""What the shell offers after Tab: words that are known, and names that the platform tells at once or not at all."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from kilnmark.errors import plain

if TYPE_CHECKING:
    from kilnmark import Client

WITHIN_S = 1.5
MOST = 50
STATES = ("queued", "running", "held", "paused", "succeeded", "failed", "errored", "cancelled")
WORD = re.compile(r"[\w.@:+-]+")  # what a shell would read otherwise is never put into its line
Offer = tuple[str, str]


def _asked(question: Callable[[Client], Iterable[Offer]], begun: str) -> list[Offer]:
    """Answers that begin so; whatever goes wrong, nothing is offered and nothing is printed into the line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from kilnmark.client import Client
            from kilnmark.retries import NEVER

            with Client(timeout=WITHIN_S, retries=NEVER) as client:
                offers = ((word, plain(says)) for word, says in islice(question(client), MOST))
                return [offer for offer in offers if WORD.fullmatch(offer[0]) and offer[0].startswith(begun)]
        except Exception:
            return []


def states(incomplete: str) -> list[str]:
    """Of jobs."""
    return [one for one in STATES if one.startswith(incomplete)]


def jobs(incomplete: str) -> list[Offer]:
    """Ids of the newest jobs, with what they are."""
    return _asked(
        lambda client: ((one.id, f"{one.kind} {one.name} {one.state}") for one in client.jobs.list()), incomplete
    )


def models(incomplete: str) -> list[Offer]:
    """Models with the number of their newest version, and aliases."""

    def offers(client: Client) -> Iterator[Offer]:
        for model in islice(client.models.list(), 10):
            whole = client.models.get(model.id)
            for version in whole.versions[:3]:
                yield f"{model.name}@{version.number}", version.stage
            for alias, number in whole.aliases.items():
                yield f"{model.name}@{alias}", f"stands for {number}"

    return _asked(offers, incomplete)


def projects(incomplete: str) -> list[Offer]:
    """Your projects."""
    return _asked(lambda client: ((one.name, one.role) for one in client.projects.list()), incomplete)


def datasets(incomplete: str) -> list[Offer]:
    """Names of data sets."""
    return _asked(lambda client: ((one.name, one.modality) for one in client.datasets.list()), incomplete)


def windows(incomplete: str) -> list[Offer]:
    """Names of windows."""
    return _asked(lambda client: ((one.name, one.timezone) for one in client.windows.list()), incomplete)


def families(incomplete: str) -> list[Offer]:
    """What can be trained."""
    return _asked(lambda client: ((one.name, one.title) for one in client.plugins.list(kind="family")), incomplete)


def kinds(incomplete: str) -> list[str]:
    """Kinds of jobs."""
    return [one for one in ("train", "generate", "evaluate", "score", "ingest", "verify") if one.startswith(incomplete)]
