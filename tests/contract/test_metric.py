"""What every registered metric keeps to: best on identical sets, worse under damage, n stated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
import torch

from tests.digits_fields import real_digits
from tests.english_like import text_sample
from workers.contracts import Fields, Sample
from workers.plugins import plugins


@dataclass(frozen=True)
class Known:
    """What a modality brings to try its metrics: a real sample, what is no such thing at all, and a damage."""

    real: Callable[[], Sample]
    noise: Callable[[Sample], Fields]
    damaged: Callable[[Sample], Fields]


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noisy_pictures(real: Sample) -> Fields:
    return real.fields | {"image": torch.rand(real.fields["image"].shape, generator=drawn(1)) * 2 - 1}


def grainy_pictures(real: Sample) -> Fields:
    images = real.fields["image"]
    return real.fields | {"image": (images + torch.randn(images.shape, generator=drawn(2))).clamp(-1, 1)}


def swapped_characters(real: Sample, share: float) -> Fields:
    """A share of all characters replaced by any other of the vocabulary; boundaries and filler stay."""
    text = real.fields["text"]
    others = torch.randint(1, real.spec.fields[0].size, text.shape, generator=drawn(1))
    hit = (torch.rand(text.shape, generator=drawn(2)) < share) & (text > 0)
    return real.fields | {"text": torch.where(hit, others, text)}


KNOWN = {
    "image": Known(lambda: real_digits(150), noisy_pictures, grainy_pictures),
    "text": Known(text_sample, lambda real: swapped_characters(real, 1.0), lambda real: swapped_characters(real, 0.2)),
}
METRICS = [
    pytest.param(cls, KNOWN[modality], id=f"{name}-{modality}")
    for name, cls in sorted(plugins("metric").items())
    for modality in cls.modalities
]
JUDGING = [one for one in METRICS if one.values[0].better != "none"]  # others say what is there, not whether it is good
every_metric = pytest.mark.parametrize(("metric", "known"), METRICS)
every_judging_metric = pytest.mark.parametrize(("metric", "known"), JUDGING)


@cache
def real_of(known: Known) -> Sample:
    return known.real()


def configured(metric: Any) -> Any:
    """A metric with parameters that are quick to try, where it has some."""
    return metric(**getattr(metric, "toy", {}))


def goodness(metric: Any, real: Sample, fields: Fields) -> float:
    """The headline figure, turned so that more is better."""
    value = configured(metric).measure(real, replace(real, fields=fields, train=None), seed=1)[metric.headline].value
    return -value if metric.better == "lower" else value


@pytest.fixture(autouse=True)
def taught_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recogniser of digits knows them after a seventh of the updates: what is claimed here holds by then."""
    monkeypatch.setattr("workers.metrics.recognition.UPDATES", 60)


@every_judging_metric
def test_real_items_score_better_than_noise(metric, known):
    real = real_of(known)
    assert goodness(metric, real, real.fields) > goodness(metric, real, known.noise(real))


@every_judging_metric
def test_damage_makes_it_worse(metric, known):
    real = real_of(known)
    assert goodness(metric, real, real.fields) > goodness(metric, real, known.damaged(real))


@every_metric
def test_figures_state_their_count_and_an_interval_that_holds_them(metric, known):
    real = real_of(known)
    figures = configured(metric).measure(real, replace(real, train=None), seed=1)
    assert figures
    for name, figure in figures.items():
        assert figure.n > 0, name
        if figure.low is not None:
            assert figure.low <= figure.value <= figure.high, name


@every_metric
def test_the_same_seed_gives_the_same_figures(metric, known):
    real = real_of(known)
    made = replace(real, fields={name: value[:50] for name, value in real.fields.items()}, train=None)
    assert configured(metric).measure(real, made, seed=1) == configured(metric).measure(real, made, seed=1)
