"""What a kind of thing looks like in the gallery and on its page: one file of desk/artifact/shown/ for each."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.utils.functional import Promise

from desk.artifact import shown
from desk.words.sentences import sentence
from lineage.models import Artifact
from models_store.errors import ProductError

Said = Mapping[str, Any]
NOTHING = "unreadable"


def nothing(artifact: Artifact) -> Said:
    """A viewer that reads no bytes."""
    return {}


@dataclass(frozen=True)
class Viewer:
    """One kind of thing.

    `tile` says what a tile of the gallery shows, `page` what the artifact's page does; each reads a bounded part of
    the file, or none, and goes into a template of its name below pages/artifact/shown/. `scripts` are below static/.
    """

    name: str
    title: Promise
    media_types: tuple[str, ...]
    icon: str
    tile: Callable[[Artifact], Said] = nothing
    page: Callable[[Artifact], Said] = nothing
    reads: bool = True  # whether these show content, which is then counted as read
    scripts: tuple[str, ...] = ()
    has_tile: bool = True  # whether pages/artifact/shown/NAME_tile.html is there; else its icon stands there

    @property
    def tile_template(self) -> str:
        return f"pages/artifact/shown/{self.name if self.has_tile else 'other'}_tile.html"

    @property
    def template(self) -> str:
        return f"pages/artifact/shown/{self.name}.html"


@cache
def viewers() -> tuple[Viewer, ...]:
    """All of them, found in their folder, by name; `other` for what no other one takes stands last."""
    modules = (import_module(f"{shown.__name__}.{one.name}") for one in pkgutil.iter_modules(shown.__path__))
    found = [module.VIEWER for module in modules]
    return tuple(sorted(found, key=lambda one: (not one.media_types, one.name)))


def viewer_of(media_type: str) -> Viewer:
    """The viewer of a media type."""
    *_named, other = viewers()
    return next((one for one in viewers() if media_type in one.media_types), other)


def told(artifact: Artifact, show: Callable[[Artifact], Said]) -> dict[str, Any]:
    """What a viewer says; `unreadable` with the reason where the store or the file does not let it."""
    try:
        return dict(show(artifact))
    except ProductError as error:
        return {NOTHING: sentence(error)}
