"""The green list: what is drawn under a key is found by it, after cropping and copying, and by no other key."""

from __future__ import annotations

import numpy as np
import pytest

from tests.english_like import english_like
from tests.marks.written import language, points_of, said, words_replaced, written
from workers.contracts import MarksDuring
from workers.marks.green_list import ALONE_CHARACTERS, BUCKETS, GreenList
from workers.marks.statistic import MILLION_JOBS_Z, pooled, score, threshold

KEY, OTHER = b"k" * 32, b"o" * 32
MARK = GreenList()


def z(item, mark=MARK, key=KEY):
    return score(mark.pattern(key, item.shape), mark.evidence(item))


def z_of_set(items, key=KEY):
    return score(MARK.pattern(key, ()), MARK.together(pooled(np.stack([MARK.evidence(item) for item in items]))))


def test_it_is_a_mark_that_acts_while_an_item_is_drawn():
    assert isinstance(MARK, MarksDuring)
    assert MARK.acts == "during"


def test_an_item_is_given_back_as_it_is():
    (item,) = written(1, 20)
    assert MARK.embed(item, KEY) is item


def test_a_text_of_the_least_length_is_found_among_a_million_jobs():
    found = [z(item) for item in written(64, ALONE_CHARACTERS, mark=MARK, key=KEY)]
    assert np.mean([one > MILLION_JOBS_Z for one in found]) > 0.95


def test_more_bonus_and_more_letters_are_more_evidence():
    faint, strong = (GreenList(bonus=bonus) for bonus in (1.0, 4.0))
    means = [
        np.mean([z(item, mark) for item in written(16, length, mark=mark, key=KEY)])
        for mark, length in ((faint, 300), (strong, 300), (strong, 600))
    ]
    assert means[0] < means[1] < means[2]


@pytest.mark.parametrize("context", [1, 2, 3, 4, 6])
def test_what_the_draw_leans_to_is_what_the_detector_counts(context):
    """A bonus that decides every draw: each passage that could be green is."""
    mark = GreenList(bonus=8.0, context=context)
    labels = ("", "a", "b", "c", " ")
    leaning, item = mark.leaning([KEY], labels), []
    for step in range(200):
        token = int(leaning.bias()[0].argmax()) if step >= context else 1 + step % 3
        leaning.took(np.array([token]))
        item.append(ord(labels[token]) if token else 0)
    evidence = mark.evidence(np.array([point for point in item if point], np.uint32))
    pattern = mark.pattern(KEY, ())
    red = (evidence * (pattern < 0)).sum()
    assert evidence.sum() > 0
    assert red <= evidence.sum() * 0.1  # where every letter is red there is no choice


def test_nothing_is_leaned_before_there_is_a_context_nor_where_there_is_no_letter():
    leaning = GreenList(context=2).leaning([KEY, OTHER], ("", "a", "\u0301", " ", "\n"))
    assert not leaning.bias().any()
    leaning.took(np.array([1, 3]))  # the second text has begun with a blank, which is no letter there
    leaning.took(np.array([1, 1]))
    first, second = leaning.bias()
    assert abs(first[[1, 3, 4]]).tolist() == [1.0, 1.0, 1.0]
    assert first[[0, 2]].tolist() == [0.0, 0.0]
    assert not second.any()


def test_a_blank_after_a_blank_is_never_leaned():
    leaning = GreenList(context=1).leaning([KEY], ("", "a", " ", "\n"))
    for token in (1, 2):
        leaning.took(np.array([token]))
    assert leaning.bias()[0, 2:].tolist() == [0.0, 0.0]
    assert leaning.bias()[0, 1] != 0


def test_each_text_of_a_batch_leans_to_its_own_key():
    labels, _ = language()
    both, first, second = (MARK.leaning(keys, labels) for keys in ([KEY, OTHER], [KEY], [OTHER]))
    for token in (3, 4, 5, 6):
        for leaning in (both, first, second):
            leaning.took(np.full(2 if leaning is both else 1, token))
    assert np.array_equal(both.bias(), np.concatenate([first.bias(), second.bias()]))
    assert not np.array_equal(first.bias(), second.bias())


def test_about_half_of_what_could_come_next_is_green():
    labels = ("", *map(chr, range(0x4E00, 0x4E00 + 2000)))
    leaning = MARK.leaning([KEY], labels)
    for token in (5, 6, 7):
        leaning.took(np.array([token]))
    assert (leaning.bias() > 0).mean() == pytest.approx(0.5, abs=0.05)


def test_a_passage_that_is_repeated_counts_once():
    once = MARK.evidence(points_of("to be or not to be"))
    assert MARK.evidence(points_of("to be or not to be " * 50)).sum() <= once.sum() + MARK.context + 1
    assert z(points_of("ab" * 5000)) ** 2 <= 2.01


def test_the_crop_of_a_text_says_what_it_said_within_the_text():
    (item,) = written(1, 400)
    whole, part = MARK.evidence(item), MARK.evidence(item[100:300])
    assert (part <= whole).all()
    assert part.sum() > 0


@pytest.mark.parametrize("text", ["", "a", "abc", "\u0301" * 50], ids=["none", "a letter", "a context", "marks alone"])
def test_a_text_too_short_for_a_passage_says_nothing(text):
    evidence = MARK.evidence(points_of(text))
    assert (evidence.shape, evidence.sum()) == ((BUCKETS,), 0)
    assert z(points_of(text)) == 0


def test_copies_with_other_line_ends_case_and_quotes_say_the_same():
    text = english_like(3, 200).replace("a", "á")
    copies = [text.replace("\n", "\r\n"), text.upper(), " ".join(text.split()), "\ufeff" + text + "\n", text + " "]
    expected = MARK.evidence(points_of(text))
    assert all(np.array_equal(MARK.evidence(points_of(copy)), expected) for copy in copies)


def test_a_text_of_400_words_is_found_with_30_percent_of_them_replaced():
    made = [points_of(" ".join(said(item).split(" ")[:400])) for item in written(24, 3000, mark=MARK, key=KEY)]
    assert all(len(said(item).split(" ")) == 400 for item in made)
    found = [z(words_replaced(item, 0.3, seed)) for seed, item in enumerate(made)]
    assert np.mean([one > threshold(1) for one in found]) > 0.95


def test_texts_too_short_to_be_judged_are_found_together():
    made = written(16, 120, mark=MARK, key=KEY)
    assert not any(MARK.judges_alone(item.shape) for item in made)
    assert z_of_set(made) > MILLION_JOBS_Z
    assert z_of_set(made, OTHER) < threshold(1)


def test_what_all_texts_of_a_set_share_does_not_drown_what_each_says():
    (prompt,) = written(1, 500, seed=8)
    made = [np.concatenate([prompt, item]) for item in written(16, 200, mark=MARK, key=KEY)]
    assert z_of_set(made) > MILLION_JOBS_Z
    assert z_of_set([prompt] * 16) < threshold(1)


def test_a_larger_set_says_more_and_never_less():
    made = written(512, 120, mark=MARK, key=KEY)
    found = [z_of_set(made[:count]) for count in (8, 32, 128, 512)]
    assert found == sorted(found)


def test_a_pattern_is_one_call_for_texts_of_every_length():
    assert np.array_equal(MARK.pattern(KEY, (5,)), MARK.pattern(KEY, (50_000,)))
    assert MARK.layout((5,)) == MARK.layout((50_000,))
    assert set(np.unique(MARK.pattern(KEY, ()))) == {-1, 1}
