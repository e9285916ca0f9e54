"""The VAE on real handwriting, through the exported graphs: minutes long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training import Notes
from workers.contracts import Attempt
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import DatasetFolder
from workers.plugins import plugin


def run(folder: Path, **order: Any) -> dict[str, Any]:
    folder.mkdir()
    said = {"seed": "1", "device": "cpu", "threads": 2} | order
    return plugin("kind", said["kind"])().run(Attempt(folder, said, Notes(), lambda: ""))


@pytest.mark.slow
@pytest.mark.parametrize("params", [{}, {"network": "fully_connected", "steps": 4000, "lr": 1e-3}], ids=str)
def test_unseen_handwriting_comes_back_at_20_db(params, tmp_path):
    run(tmp_path / "in", kind="ingest", modality="image", inputs={"builtin": "mnist5k"}, params={"size": 32})
    data = DatasetFolder.open(tmp_path / "in" / "dataset")
    inputs = {"data": {"path": str(data.path)}}
    run(tmp_path / "train", kind="train", family="vae", inputs=inputs, params=params)
    bundle = Bundle.open(tmp_path / "train" / "bundle")
    raw, modality = data.split("holdout")["image"], data.modality()
    assert json.loads((tmp_path / "train" / "bundle" / "graphs.json").read_text())["params"]["latent_dim"] == 20
    again = modality.decode(bundle.family().reconstruct(bundle.call, modality.encode({"image": raw})), data.spec)
    pixels = torch.stack([torch.from_numpy(item) for item in again]).permute(0, 3, 1, 2)  # (N, C, H, W) uint8
    psnr_db = 10 * torch.log10(255**2 / (pixels.float() - raw.float()).square().mean())
    assert psnr_db >= 20
