"""The signs of many jobs: whoever is likeliest is found among them, and a file of signs is never believed blindly."""

import stat
from uuid import UUID

import numpy as np
import pytest

from models_store.keys import job_mark_key
from workers.engine import job_roll, sign_files
from workers.engine.job_roll import Roll
from workers.engine.known_jobs import RollUnreadable, named, rolled
from workers.engine.sign_table import JOBS, Scheme, SignTable
from workers.engine.suspects import Suspects
from workers.marks.dct_luma import DctLuma
from workers.marks.statistic import scores, threshold

MARK, SHAPE = DctLuma(), (64, 64, 1)
COUNT = JOBS + 100
PROJECT = UUID(int=7)
KEYS = {str(PROJECT): b"p" * 32}
SCHEME = Scheme.of(MARK, SHAPE)


def key_of(number):
    return job_mark_key(b"p" * 32, str(UUID(int=number)))


def evidence_for(number, strength=0.5):
    pattern = MARK.pattern(key_of(number), SHAPE)
    return np.clip(np.random.default_rng(number).normal(size=len(pattern)) + strength * pattern, -6, 6)


@pytest.fixture(scope="module")
def table():
    return SignTable.made(SCHEME, COUNT, key_of)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A roll of so many jobs, and their signs as a new process finds them."""
    monkeypatch.setattr(sign_files, "_open", {})
    path = tmp_path / "jobs.roll"
    job_roll.extend(path, job_roll.begin(path), [(UUID(int=number), PROJECT) for number in range(COUNT)])

    def jobs(count=COUNT, keys=KEYS):
        sign_files._open.clear()
        return rolled({"roll": str(path), "count": count}, keys)

    return jobs


def signs_of(jobs):
    (file,) = jobs.folder.glob("*.signs")
    return file


@pytest.mark.parametrize("number", [0, 500, JOBS - 1, JOBS, COUNT - 1])
def test_the_job_that_left_its_mark_is_the_likeliest(table, number):
    assert number in table.likeliest(evidence_for(number), 4)


def test_the_rough_order_is_nearly_that_of_z(table):
    evidence = np.random.default_rng(3).normal(size=len(MARK.pattern(key_of(0), SHAPE)))
    patterns = np.stack([MARK.pattern(key_of(number), SHAPE) for number in range(COUNT)])
    best = np.argmax(scores(patterns, evidence[None])[0])
    assert best in table.likeliest(evidence, 16)


def test_a_short_pattern_is_looked_for_in_a_table_of_long_ones(table):
    long = SignTable.made(Scheme.of(MARK, (128, 128, 1)), COUNT, key_of)
    assert 700 in long.likeliest(evidence_for(700), 4)
    assert np.array_equal(long.blocks[:, : SCHEME.words], table.blocks)


@pytest.mark.parametrize("evidence", [np.zeros(1024), np.full(1024, 1e-9), np.eye(1, 1024)[0]])
def test_evidence_that_says_little_or_nothing_gives_some_jobs(table, evidence):
    assert len(table.likeliest(evidence, 16)) == 16


def test_z_and_threshold_are_those_of_all_jobs(kept):
    match = Suspects(MARK, kept()).best([(SHAPE, evidence_for(1_050))])
    assert match.job == str(UUID(int=1_050))
    assert match.z == pytest.approx(scores(MARK.pattern(key_of(1_050), SHAPE)[None], evidence_for(1_050)[None]).item())
    assert match.threshold == threshold(COUNT)


def test_jobs_named_in_an_order_are_found_as_those_of_a_roll(kept):
    pairs = [[str(UUID(int=number)), str(PROJECT)] for number in range(COUNT)]
    readings = [(SHAPE, evidence_for(12))]
    assert Suspects(MARK, named(pairs, KEYS)).best(readings) == Suspects(MARK, kept()).best(readings)


def test_signs_are_readable_by_their_owner_alone(kept):
    jobs = kept()
    jobs.signs(SCHEME)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in jobs.folder.iterdir()}
    assert set(modes.values()) == {0o600}


def test_new_jobs_are_added_and_the_others_not_made_again(kept, monkeypatch):
    kept(JOBS - 1).signs(SCHEME)
    made, real = [], Scheme.signs
    monkeypatch.setattr(Scheme, "signs", lambda self, key: made.append(key) or real(self, key))
    grown = kept().signs(SCHEME)
    assert {key_of(number) for number in range(JOBS - 1, COUNT)} <= set(made)
    assert len(made) < COUNT - JOBS + 1 + 10  # beside them one of each block, and the digest of the scheme
    assert np.array_equal(grown.blocks, SignTable.made(SCHEME, COUNT, key_of).blocks)


@pytest.mark.parametrize("damage", ["cut", "zeros", "header", "gone"])
def test_a_damaged_or_missing_file_is_made_again(kept, table, damage):
    jobs = kept()
    jobs.signs(SCHEME)
    file = signs_of(jobs)
    data = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "zeros":
        file.write_bytes(data[:4096] + bytes(len(data) - 4096))
    elif damage == "header":
        file.write_bytes(b"x" * 100 + data[100:])
    else:
        file.unlink()
    assert np.array_equal(kept().signs(SCHEME).blocks, table.blocks)


def test_signs_of_another_roll_or_another_key_are_made_again(kept, table):
    kept().signs(SCHEME)
    other = kept(keys={str(PROJECT): b"q" * 32}).signs(SCHEME)
    assert not np.array_equal(other.blocks, table.blocks)
    assert np.array_equal(kept().signs(SCHEME).blocks, table.blocks)


def test_a_roll_that_is_cut_or_changed_is_not_read(kept, tmp_path):
    path = tmp_path / "jobs.roll"
    data = path.read_bytes()
    for damaged in (data[:-1], data[:70] + b"?" + data[71:], b"", b"x" + data[1:]):
        path.write_bytes(damaged)
        assert Roll.read(path) is None


def test_a_roll_shorter_than_the_order_says_is_asked_for_again(kept):
    with pytest.raises(RollUnreadable):
        kept(COUNT + 1)


def test_a_job_whose_project_has_no_key_is_an_error_and_not_left_out(kept):
    with pytest.raises(RollUnreadable):
        kept(keys={}).signs(SCHEME)
