"""What `make bench-marks` computes with is right; what it finds stands in docs/marks.md."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from benchmarks.marks import damage, forgery, survival, unmarked
from benchmarks.marks.page import page
from benchmarks.marks.rates import Rate
from benchmarks.marks.studies import Found
from benchmarks.marks.survival import KEY, Case
from tests.marks.marked import digits
from workers.marks.dct_luma import DctLuma

MARK = DctLuma()


def marked(count: int, size_px: int) -> list[np.ndarray]:
    """Digits with a mark."""
    return [MARK.embed(item, KEY) for item in digits(count, size_px)]


def test_an_interval_holds_at_both_ends() -> None:
    assert Rate(0, 20).within() == (0.0, pytest.approx(0.1611, abs=1e-3))
    assert Rate(20, 20).within() == (pytest.approx(0.8389, abs=1e-3), 1.0)


def test_an_interval_shrinks_with_the_square_root_of_the_number() -> None:
    few, many = (Rate(n // 2, n).within() for n in (100, 10_000))
    assert (few[1] - few[0]) / (many[1] - many[0]) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("name", damage.PICTURES)
def test_a_damaged_picture_is_a_picture(name: str) -> None:
    damaged = damage.PICTURES[name](digits(1, 64, 3)[0], np.random.default_rng(0))
    assert damaged.dtype == np.uint8
    assert damaged.shape == ((32, 32, 3) if name == "half the size" else (64, 64, 3))


@pytest.mark.parametrize("name", damage.TEXTS)
def test_a_damaged_text_is_a_text(name: str) -> None:
    text = damage.points("the quick brown fox\njumps over the lazy dog's back " * 20)
    damaged = damage.TEXTS[name](text, np.random.default_rng(0))
    assert damaged.dtype == np.uint32
    assert 0 < len(damaged) <= 1.3 * len(text)


def test_what_is_marked_is_found_and_what_is_not_is_not() -> None:
    case = Case("own", MARK, marked(8, 64))
    assert survival.survived(case, {"none": damage.unchanged})["none"] == Rate(8, 8)
    plain = Case("none", MARK, digits(8, 64))
    assert survival.survived(plain, {"none": damage.unchanged})["none"].hits == 0


def test_a_set_is_found_where_single_pictures_are_not() -> None:
    items = marked(64, 32)
    alone, together = (
        survival.survived(Case("own", MARK, items, count), {"none": damage.unchanged})["none"] for count in (1, 64)
    )
    assert together.hits / together.n > alone.hits / alone.n


def test_equal_pictures_are_alike_and_noise_is_not() -> None:
    item = digits(1, 64)[0]
    noise = np.random.default_rng(0).integers(0, 256, item.shape, dtype=np.uint8)
    assert survival.structural_similarity(item, item) == pytest.approx(1)
    assert survival.structural_similarity(item, noise) < 0.1


def test_the_null_keeps_below_the_bound() -> None:
    found = unmarked.null(MARK, digits(100, 32), keys=20)
    assert (found.items, found.keys) == (100, 20)
    assert found.deviation == pytest.approx(1, abs=0.15)
    assert found.reached[5.26].hits == 0


def test_pasting_the_average_makes_clean_pictures_look_marked() -> None:
    have, alike, clean = digits(300, 64)[:100], digits(300, 64)[100:200], digits(300, 64)[200:]
    pasted = forgery.residual([MARK.embed(item, KEY) for item in have], alike)
    assert forgery.found(MARK, KEY, clean).hits == 0
    assert forgery.found(MARK, KEY, forgery.forged(clean, pasted, 2.0)).hits > 0


def test_the_page_says_every_rate_with_its_interval() -> None:
    found = Found(survival={"own": {"none": Rate(9, 10)}}, cost={"own": {"PSNR (dB)": 40.0}})
    found.nulls["digits"] = unmarked.null(MARK, digits(10, 32), keys=5)
    found.forgery["64 px"] = Rate(1, 10)
    said = page(found, {"processor": "some"}, date(2026, 1, 2))
    assert "90% (60% to 98%, n = 10)" in said
    assert "0 of 50" in said
    assert "dct_luma" in said
