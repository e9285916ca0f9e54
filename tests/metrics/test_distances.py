"""FID, KID, density and coverage: their laws on features whose answer is known."""

from __future__ import annotations

import pytest
import torch

from tests.digits_fields import real_digits
from workers.contracts import Sample
from workers.metrics.density_coverage import DensityCoverage
from workers.metrics.embedded import both
from workers.metrics.fid import Fid
from workers.metrics.frechet import distance, moments
from workers.metrics.inception_score import score
from workers.metrics.kid import discrepancy, kernel_distance
from workers.metrics.neighbours import reaches, within
from workers.metrics.recognition import NotMeasurable
from workers.metrics.resampling import jackknife, mean
from workers.plugins import plugin


def normal(count: int, size: int = 4, seed: int = 1, centre: float = 0.0, width: float = 1.0) -> torch.Tensor:
    return centre + width * torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def test_the_frechet_distance_of_two_normals_is_that_of_the_formula():
    one, other = normal(60_000), normal(60_000, seed=2, centre=1.0, width=2.0)
    assert distance(one, other) == pytest.approx(4 * (1.0 + (2 - 1) ** 2), rel=0.02)


def test_it_is_symmetric_and_nothing_between_a_set_and_itself():
    one, other = normal(50), normal(70, seed=2, centre=0.3)
    assert distance(one, other) == pytest.approx(distance(other, one), abs=1e-9)
    assert distance(one, one) == pytest.approx(0, abs=1e-6)


def test_few_items_of_many_features_give_what_the_roots_of_the_matrices_give():
    one, other = normal(6, size=9).double(), normal(7, size=9, seed=2).double()
    (mean1, root1), (mean2, root2) = moments(one), moments(other)
    c1, c2 = root1.T @ root1, root2.T @ root2
    values, vectors = torch.linalg.eigh(c1)
    half = vectors @ values.clamp_min(0).sqrt().diag() @ vectors.T
    cross = torch.linalg.eigvalsh(half @ c2 @ half).clamp_min(0).sqrt().sum()
    expected = (mean1 - mean2).square().sum() + c1.trace() + c2.trace() - 2 * cross
    assert distance(one, other) == pytest.approx(float(expected), rel=1e-6)
    assert torch.allclose(c1, torch.cov(one.T))


def test_the_frechet_distance_is_biased_by_few_items_and_the_kernel_distance_is_not():
    one, other = normal(2000, size=64), normal(2000, size=64, seed=2)
    assert distance(one[:100], other[:100]) > 5 * distance(one, other)
    found = kernel_distance(one[:200], other[:200], 100, seed=1)
    assert found.low < 0 < found.high


def test_the_kernel_distance_is_the_sum_of_its_definition():
    one, other = normal(5, size=3).double(), normal(5, size=3, seed=2).double()
    kernel = lambda x, y: float((x @ y / 3 + 1) ** 3)  # noqa: E731
    apart = [(i, j) for i in range(5) for j in range(5) if i != j]
    near = sum(kernel(one[i], one[j]) + kernel(other[i], other[j]) for i, j in apart) / 20
    across = sum(kernel(x, y) for x in one for y in other) / 25
    assert discrepancy(one, other) == pytest.approx(near - 2 * across)


def test_a_ball_reaches_to_the_kth_neighbour_and_counts_who_is_inside():
    line = torch.tensor([[0.0], [1.0], [3.0]])  # with k = 1 the balls are [-1, 1], [0, 2] and [1, 5]
    counts, hit = within(torch.tensor([[-0.5], [0.5], [1.5]]), line, reaches(line, 1))
    assert counts.tolist() == [1, 2, 2]
    assert hit.tolist() == [True, True, True]
    assert within(torch.tensor([[9.0]]), line, reaches(line, 1))[1].tolist() == [False] * 3


def test_rows_some_at_a_time_find_what_all_at_once_find(monkeypatch):
    one, other = normal(40), normal(30, seed=2)
    whole = (reaches(other, 3), *within(one, other, reaches(other, 3)))
    monkeypatch.setattr("workers.metrics.neighbours.AT_ONCE", 70)
    parts = (reaches(other, 3), *within(one, other, reaches(other, 3)))
    torch.testing.assert_close(whole, parts)  # distances are rounded by the size of a product; what is counted is exact


def test_half_of_the_kinds_are_precise_and_cover_half():
    real = real_digits(200)
    half = {name: value[real.fields["condition"] < 5] for name, value in real.fields.items()}
    found = DensityCoverage().measure(Sample(real.fields, None, real.spec), Sample(half), seed=1)
    precision, coverage = (
        next(v.value for n, v in found.items() if n.startswith(w)) for w in ("precision", "coverage")
    )
    assert precision == 1.0
    assert 0.4 < coverage < 0.75


@pytest.mark.parametrize("name", ["fid", "kid", "density_coverage", "inception_score"])
def test_figures_carry_the_name_of_the_network_that_the_plugin_announces(name):
    metric, real = plugin("metric", name), real_digits(30)
    network = both(real, real, 100, 1)[2].name
    figures = metric().measure(Sample(real.fields, None, real.spec), real, seed=1)
    assert metric.headline in figures
    assert all(network in figure for figure in figures)


def test_real_items_are_as_many_as_made_ones_and_too_few_say_so():
    real = real_digits(30)
    made = Sample({"image": real.train.fields(torch.arange(60))["image"]})
    theirs, ours, _ = both(real, made, 1000, 1)
    assert (len(theirs), len(ours)) == (60, 60)
    assert len(both(real, made, 40, 1)[1]) == 40
    with pytest.raises(NotMeasurable):
        Fid().measure(real, Sample({"image": made.fields["image"][:3]}), seed=1)


def test_a_score_of_classes_is_their_number_at_best_and_one_at_worst():
    assert score(torch.eye(10)) == pytest.approx(10)
    assert score(torch.full((7, 10), 0.1)) == pytest.approx(1)


def differences(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(one.mean() - other.mean())


@pytest.mark.parametrize(
    ("figure", "errors"),
    [
        (lambda one, other, seed: kernel_distance(one, other, 50, seed), 1.96),
        (lambda one, other, seed: jackknife(differences, one, other, seed), 2.262),
    ],
    ids=["kernel distance", "jackknife"],
)
def test_an_interval_is_as_wide_as_values_of_other_draws_are_apart(figure, errors):
    sets = [(normal(100, 8, 2 * seed), normal(100, 8, 2 * seed + 1, centre=0.3)) for seed in range(120)]
    found = [figure(one, other, seed) for seed, (one, other) in enumerate(sets)]
    reach = torch.tensor([(one.high - one.low) / 2 / errors for one in found]).square().mean().sqrt()
    assert float(reach / torch.tensor([one.value for one in found]).std()) == pytest.approx(1, rel=0.2)


def test_the_bootstrap_of_a_mean_is_as_wide_as_its_standard_error_says():
    whole = mean(normal(4000, size=1).flatten(), seed=1)
    assert (whole.high - whole.low) / 2 == pytest.approx(1.96 * (1 / 4000) ** 0.5, rel=0.2)
