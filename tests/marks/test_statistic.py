import math

import numpy as np
import pytest

from workers.marks.statistic import MILLION_JOBS_Z, pooled, score, scores, threshold


def test_one_hypothesis_needs_the_stated_z():
    assert math.exp(-(threshold(1) ** 2) / 2) == pytest.approx(1e-6)


def test_the_threshold_of_m_hypotheses_is_that_of_one_at_a_rate_m_times_smaller():
    assert threshold(1_000) == pytest.approx(threshold(1, rate=1e-9))


def test_a_million_jobs_is_what_single_items_are_marked_for():
    assert threshold(1_000_000) == pytest.approx(MILLION_JOBS_Z, abs=0.005)


def test_evidence_without_energy_scores_zero():
    assert score(np.ones(9, np.int8), np.zeros(9)) == 0


def test_full_agreement_scores_the_root_of_the_number_of_contexts():
    signs = np.array([1, -1, 1, 1], np.int8)
    assert score(signs, 6.0 * signs) == pytest.approx(2)


def test_the_bound_holds_for_evidence_of_wildly_unequal_weights():
    rng = np.random.default_rng(3)
    evidence = rng.standard_cauchy((1, 40)).clip(-50, 50)
    z = scores(rng.choice([-1, 1], (100_000, 40)).astype(np.int8), evidence)
    for t in (1.0, 2.0, 3.0, 4.0):
        assert np.mean(z >= t) <= math.exp(-t * t / 2)


def test_a_repeated_item_is_no_more_evidence_than_one():
    rng = np.random.default_rng(4)
    evidence, signs = rng.normal(size=50), rng.choice([-1, 1], 50).astype(np.int8)
    assert score(signs, pooled(np.stack([evidence] * 30))) == pytest.approx(score(signs, evidence), rel=1e-5)


def test_a_set_shows_what_no_item_shows():
    rng = np.random.default_rng(5)
    signs = rng.choice([-1, 1], 250).astype(np.int8)
    evidence = rng.normal(size=(64, 250)) + 0.2 * signs
    assert scores(signs[None], evidence).max() < threshold(1_000_000) < score(signs, pooled(evidence))
