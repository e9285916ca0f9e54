"""Every registered watermark keeps its word: found when there, not when not, at the stated rate; damage lowers z."""

import numpy as np
import pytest

from tests.marks.marked import decoded, digits, encoded
from tests.marks.written import words_replaced, written
from workers.marks.statistic import MILLION_JOBS_Z, pooled, scores, threshold
from workers.plugins import plugins

KEY = b"a mark key of thirty-two bytes.."
LETTERS = 800
ITEMS = {"image": lambda: digits(64, 64), "text": lambda: written(64, LETTERS)}
DRAWN = {"text": lambda mark: written(64, LETTERS, mark=mark, key=KEY)}  # of marks that act while an item is made
DAMAGED = {
    "image": lambda item: decoded(encoded(item, "JPEG", quality=10)),
    "text": lambda item: words_replaced(item, 0.5),
}
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


@pytest.fixture
def marked(mark, items):
    return [mark.embed(item, KEY) for item in items] if mark.acts == "after" else DRAWN[mark.modality](mark)


def test_a_marked_set_is_found(mark, items, marked):
    z = scores(mark.pattern(KEY, items[0].shape)[None], mark.together(pooled(evidence(mark, marked)))[None])
    assert z.item() > MILLION_JOBS_Z


def test_an_item_that_may_be_judged_alone_is_found_alone(mark, items, marked):
    alone = [item for item in marked[:8] if mark.judges_alone(item.shape)]
    assert alone
    assert scores(mark.pattern(KEY, items[0].shape)[None], evidence(mark, alone)).min() > MILLION_JOBS_Z


def test_a_marked_item_does_not_point_at_other_keys(mark, items, marked):
    assert scores(patterns(mark, items[0].shape, 500), evidence(mark, marked[:16])).max() < threshold(1)


def test_unmarked_items_stay_within_the_bound_over_random_keys(mark, items):
    z = scores(patterns(mark, items[0].shape, 500), evidence(mark, items))  # 32,000 (item, key) pairs
    assert all(np.mean(z >= t) <= np.exp(-t * t / 2) for t in (1.5, 2.5, 3.5))
    assert z.max() < threshold(1)
    assert z.std() == pytest.approx(1, abs=0.03)


def test_an_unmarked_set_is_not_found(mark, items):
    z = scores(patterns(mark, items[0].shape, 3_000), mark.together(pooled(evidence(mark, items)))[None])
    assert z.max() < threshold(1)


def test_damage_lowers_the_score(mark, items, marked):
    damaged = [DAMAGED[mark.modality](item) for item in marked[:16]]
    whole, hurt = (
        scores(mark.pattern(KEY, items[0].shape)[None], evidence(mark, some)).mean() for some in (marked[:16], damaged)
    )
    assert hurt < whole


def test_the_same_item_and_key_give_the_same_marked_item(mark, items):
    assert np.array_equal(mark.embed(items[0], KEY), mark.embed(items[0], KEY))


def test_items_of_one_layout_share_one_pattern(mark, items):
    shapes = [items[0].shape, items[0][: len(items[0]) // 2].shape]
    assert all(
        np.array_equal(mark.pattern(KEY, one), mark.pattern(KEY, other))
        for one in shapes
        for other in shapes
        if mark.layout(one) == mark.layout(other)
    )


def test_a_longer_pattern_of_a_key_begins_like_a_shorter_one(mark, items):
    one, twice = (mark.pattern(KEY, tuple(times * side for side in items[0].shape)) for times in (1, 2))
    assert np.array_equal(one, twice[: len(one)])


def test_a_mark_says_what_it_costs_in_plain_numbers(mark, items, marked):
    assert all(isinstance(value, float) for value in mark.cost(items[0], marked[0]).values())


def test_an_item_as_it_came_is_its_first_reading(mark, items):
    assert np.array_equal(mark.readings(items[0])[0], items[0])
