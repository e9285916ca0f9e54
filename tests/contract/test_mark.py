"""Every registered watermark keeps its word: found when there, not when not, at the stated rate; damage lowers z."""

import numpy as np
import pytest

from tests.marks.marked import decoded, digits, encoded
from workers.marks.statistic import MILLION_JOBS_Z, pooled, scores, threshold
from workers.plugins import plugins

KEY = b"a mark key of thirty-two bytes.."
ITEMS = {"image": lambda: digits(64, 64)}
DAMAGED = {"image": lambda item: decoded(encoded(item, "JPEG", quality=10))}
MARKS = [pytest.param(mark(), id=name) for name, mark in sorted(plugins("mark").items()) if mark.modality in ITEMS]


def evidence(mark, items):
    return np.stack([mark.evidence(item) for item in items])  # (N, n)


def patterns(mark, shape, count):
    rng = np.random.default_rng(9)
    return np.stack([mark.pattern(rng.bytes(32), shape) for _ in range(count)])  # (M, n)


@pytest.fixture(params=MARKS)
def mark(request):
    return request.param


@pytest.fixture
def items(mark):
    return ITEMS[mark.modality]()


def test_a_marked_set_is_found(mark, items):
    marked = [mark.embed(item, KEY) for item in items]
    z = scores(mark.pattern(KEY, items[0].shape)[None], pooled(evidence(mark, marked))[None])
    assert z.item() > MILLION_JOBS_Z


def test_an_item_that_may_be_judged_alone_is_found_alone(mark, items):
    marked = [mark.embed(item, KEY) for item in items[:8] if mark.judges_alone(item.shape)]
    assert marked
    assert scores(mark.pattern(KEY, items[0].shape)[None], evidence(mark, marked)).min() > MILLION_JOBS_Z


def test_a_marked_item_does_not_point_at_other_keys(mark, items):
    marked = [mark.embed(item, KEY) for item in items[:16]]
    assert scores(patterns(mark, items[0].shape, 500), evidence(mark, marked)).max() < threshold(1)


def test_unmarked_items_stay_within_the_bound_over_random_keys(mark, items):
    z = scores(patterns(mark, items[0].shape, 500), evidence(mark, items))  # 32,000 (item, key) pairs
    assert all(np.mean(z >= t) <= np.exp(-t * t / 2) for t in (1.5, 2.5, 3.5))
    assert z.max() < threshold(1)
    assert z.std() == pytest.approx(1, abs=0.03)


def test_an_unmarked_set_is_not_found(mark, items):
    z = scores(patterns(mark, items[0].shape, 3_000), pooled(evidence(mark, items))[None])
    assert z.max() < threshold(1)


def test_damage_lowers_the_score(mark, items):
    marked = [mark.embed(item, KEY) for item in items[:16]]
    damaged = [DAMAGED[mark.modality](item) for item in marked]
    whole, hurt = (
        scores(mark.pattern(KEY, items[0].shape)[None], evidence(mark, some)).mean() for some in (marked, damaged)
    )
    assert hurt < whole


def test_the_same_item_and_key_give_the_same_marked_item(mark, items):
    assert np.array_equal(mark.embed(items[0], KEY), mark.embed(items[0], KEY))


def test_an_item_as_it_came_is_its_first_reading(mark, items):
    assert np.array_equal(mark.readings(items[0])[0], items[0])
