"""A finished training to write manifests, cards and bundles from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models_store.facts import BundleFacts, DataFacts, Parity, Rights


def facts(**changes: Any) -> BundleFacts:
    """Facts of a small training; `changes` replaces any of them."""
    digits = DataFacts(
        name="digits",
        version="0190aaaa-1111-7111-8111-00000000000a",
        sha256="d" * 64,
        source="package scikit-learn",
        licence="CC BY 4.0",
        counts={"train": 900, "holdout": 100},
        modality="image",
    )
    made = BundleFacts(
        model="digits-small",
        job="0190aaaa-1111-7111-8111-00000000000b",
        seed="18446744073709551616",
        family="dcgan",
        params={"latent_dim": 64, "learning_rate": 0.0002},
        data={"data": digits},
        rights=Rights(owner="Ceramics Ltd", licence="CC BY 4.0", inherited_from=("digits",)),
        made_by="ada",
        made_at="2026-01-02T03:04:05+00:00",
        figures={"precision": {"value": 0.61234567, "n": 1000, "unit": "", "low": 0.58, "high": 0.64}},
        parity=Parity(max_abs_diff=2.5e-6, tolerance=1e-4, batch_sizes=(1, 7, 64)),
        ran_on={"device": "cpu", "precision": "float32"},
        limits=("Trained on centred digits.",),
        limits_zh=("仅在居中的数字上训练。",),
        purpose="A test.",
        intended_use="Tests.",
    )
    return replace(made, **changes)
