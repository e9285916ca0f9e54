"""Attempts at jobs over the toys, as a parent drives them, with real keys; and the small data they work on."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models_store.keys import Keyring
from models_store.signing import sign_es256
from tests.builders_images import file_of, zip_of
from tests.home import HOME
from tests.training import Notes
from workers.contracts import Attempt
from workers.engine.parameters import kind_of

SIZE_PX = 16
SHADES = {"dark": 40, "light": 215}  # of each class, 0 to 255
SHORT = {"batch_size": 16, "precision": "fp32", "sample_every": 1000, "checkpoint_every": 1000}
ROLES = ("model", "model_2")
RELEASE = {
    "job": "j", "project": "p", "producer": "Kilnmark",
    "models": {role: {"model_version": f"of {role}", "model_name": role, "stage": "draft"} for role in ROLES},
}  # fmt: skip


def order(kind: str, **said: Any) -> dict[str, Any]:
    """What order.json holds (docs/engine-folder.md)."""
    made = {"version": 1, "kind": kind, "job": "j", "seed": "5", "device": "cpu", "threads": 1, "params": {}} | said
    if kind == "generate":
        made["release"] = RELEASE | {"certificates_pem": Keyring.load(HOME / "keys").credential_chain_pem}
    return made


def attempt(folder: Path, kind: str, wants: Any = lambda: "", **said: Any) -> Attempt:
    """An attempt with keys, not yet run."""
    folder.mkdir(parents=True, exist_ok=True)
    sign = partial(sign_es256, Keyring.load(HOME / "keys").credential)
    return Attempt(folder, order(kind, **said), Notes(), wants, {"mark_key": "ab" * 32}, sign)


def run(made: Attempt) -> dict[str, Any]:
    """Its result."""
    return kind_of(made.order).run(made)


def ingested(folder: Path, modality: str, upload: Path, **params: Any) -> dict[str, str]:
    """An upload as a dataset folder, as an input names it."""
    inputs = {"upload": {"path": str(upload), "name": upload.name}}
    made = attempt(folder, "ingest", modality=modality, params=params, inputs=inputs)
    return {"path": str(made.folder / run(made)["dataset"])}


def pictures(folder: Path, shades: Mapping[str, int], seed: int = 0, size_px: int = SIZE_PX) -> dict[str, str]:
    """60 grey pictures of each shade as a data set, the names of the shades its classes."""
    draws, files = np.random.default_rng(seed), {}
    for name, shade in shades.items():
        for number in range(60):
            pixels = (shade + draws.normal(0, 6, (size_px, size_px))).clip(0, 255).astype(np.uint8)
            files[f"{name}/{number}.png" if len(shades) > 1 else f"{number}.png"] = file_of(Image.fromarray(pixels))
    folder.mkdir(parents=True, exist_ok=True)
    return ingested(folder, "image", zip_of(folder / "pictures.zip", files), size=size_px)


def trained(folder: Path, family: str, inputs: Mapping[str, Any], **params: Any) -> dict[str, str]:
    """A bundle of that family, as an input names it."""
    made = attempt(folder, "train", family=family, inputs=inputs, params=SHORT | params)
    return {"path": str(made.folder / run(made)["bundle"])}


def generated(folder: Path, *models: Mapping[str, str], **said: Any) -> Attempt:
    """A generate job over these models, run to its end."""
    made = attempt(folder, "generate", inputs=dict(zip(ROLES, models, strict=False)), **said)
    run(made)
    return made


def items(made: Attempt) -> list[dict[str, Any]]:
    """What a generate job reported, by index."""
    return sorted((item for chunk in made.report.chunks for item in chunk), key=lambda item: item["index"])


def pixels(made: Attempt) -> np.ndarray:
    """The released pictures, (N, H, W) in 0 to 255, by index."""
    files = [(made.folder / item["file"]).read_bytes() for item in items(made)]
    return np.stack([np.asarray(Image.open(io.BytesIO(data))) for data in files]).astype(float)


def brightness(made: Attempt) -> list[float]:
    """The mean of each released picture, 0 to 255, by index."""
    return [float(picture.mean()) for picture in pixels(made)]


def sheet_size(made: Attempt) -> tuple[int, int]:
    """Width and height of the contact sheet, pixels."""
    return Image.open(io.BytesIO((made.folder / "out" / "sheet.png").read_bytes())).size
