"""Real digits (8 x 8, from scikit-learn) as the fields that metrics see."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits

from workers.contracts import Field, Sample, Spec
from workers.engine.sources import Source

SPEC = Spec(
    "image",
    (Field("image", "continuous", (1, 8, 8)), Field("condition", "condition", (), 10, tuple("0123456789"))),
)


def real_digits(holdout: int = 300) -> Sample:
    """1,797 digits: `holdout` unseen ones, the others to learn from."""
    images, labels = load_digits(return_X_y=True)
    fields = {
        "image": torch.from_numpy((images / 8 - 1).astype(np.float32)).view(-1, 1, 8, 8),
        "condition": torch.from_numpy(labels.astype(np.int64)),
    }
    unseen = {name: value[:holdout] for name, value in fields.items()}
    rest = {name: value[holdout:] for name, value in fields.items()}
    return Sample(unseen, Source(rest, dict), SPEC)
