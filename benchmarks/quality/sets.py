"""The real data sets that quality is measured on, as people would bring them in; they lie beside the repository."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.home import ROOT
from workers.contracts import Reporter
from workers.engine.dataset_files import DatasetFolder
from workers.plugins import plugin

SHARED = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class RealSet:
    """Files under `../shared/data`, how the image modality is told to take them, and how many samples are measured.

    FID falls with their number, so it is the same for all families of a set.
    """

    title: str
    files: tuple[str, ...]
    params: Mapping[str, Any]
    count: int = 1000

    @property
    def here(self) -> bool:
        """Whether its files are on this machine."""
        return all((SHARED / file).is_file() for file in self.files)


MNIST = ("mnist_t10k/t10k-images-idx3-ubyte.gz", "mnist_t10k/t10k-labels-idx1-ubyte.gz")
SETS: Mapping[str, RealSet] = {
    "mnist_t10k": RealSet("MNIST digits", MNIST, {"size": 32, "channels": "grey"}, 2000),
    "fashion_900": RealSet("Fashion-MNIST, 900", ("fashion_900/fashion_900.npz",), {"size": 32, "channels": "grey"}),
    "pneumoniamnist": RealSet(
        "PneumoniaMNIST chest X-rays", ("pneumoniamnist/pneumoniamnist.npz",), {"size": 32, "channels": "grey"}
    ),
    "dcss_characters": RealSet(
        "Dungeon Crawl sprites", ("dcss_characters/dcss_characters.zip",), {"size": 32, "channels": "rgb"}
    ),
}


def taken_in(name: str, folder: Path, report: Reporter) -> DatasetFolder:
    """The data set as an ingest leaves it, in `folder`; made once."""
    out = folder / name / "dataset"
    if not (out / "dataset.json").is_file():
        real = SETS[name]
        modality = plugin("modality", "image")(**real.params)
        modality.ingest(upload(name, folder), out, report, name=Path(real.files[0]).name)
    return DatasetFolder.open(out)


def upload(name: str, folder: Path) -> Path:
    """One file to take in: the file itself, or a zip of several."""
    files = [SHARED / file for file in SETS[name].files]
    if len(files) == 1:
        return files[0]
    packed = folder / name / "upload.zip"
    packed.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(packed, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    return packed
