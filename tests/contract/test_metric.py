"""What every registered metric keeps to: best on identical sets, worse under damage, n stated."""

from __future__ import annotations

import pytest
import torch

from tests.digits_fields import real_digits
from workers.contracts import Sample
from workers.plugins import plugins

METRICS = [pytest.param(cls, id=name) for name, cls in sorted(plugins("metric").items()) if "image" in cls.modalities]
HEADLINE = {"classifier": "confident_share", "precision_recall": "precision"}
pytestmark = pytest.mark.parametrize("metric", METRICS)


@pytest.fixture(scope="module")
def real() -> Sample:
    return real_digits()


def headline(metric, real: Sample, images: torch.Tensor) -> float:
    figures = metric().measure(real, Sample({"image": images}, classes=real.classes), seed=1)
    return figures[HEADLINE[metric.name]].value


def test_real_items_score_better_than_noise(metric, real):
    images = real.fields["image"]
    noise = torch.rand(images.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    assert headline(metric, real, images) > headline(metric, real, noise)


def test_damage_makes_it_worse(metric, real):
    images = real.fields["image"]
    draws = torch.randn(images.shape, generator=torch.Generator().manual_seed(2))
    assert headline(metric, real, images) > headline(metric, real, (images + draws).clamp(-1, 1))


def test_figures_state_their_count_and_an_interval_that_holds_them(metric, real):
    figures = metric().measure(real, Sample({"image": real.fields["image"]}, classes=real.classes), seed=1)
    for name, figure in figures.items():
        assert figure.n > 0, name
        if figure.low is not None:
            assert figure.low <= figure.value <= figure.high, name


def test_the_same_seed_gives_the_same_figures(metric, real):
    made = Sample({"image": real.fields["image"][:50]}, classes=real.classes)
    assert metric().measure(real, made, seed=1) == metric().measure(real, made, seed=1)
