"""Near matches among fingerprints: read once for an upload, and bounded."""

from __future__ import annotations

import random

import pytest

from lineage import near
from lineage.models import Artifact
from lineage.near import Fingerprints
from models_store.ids import new_id
from tests.builders_text import written

pytestmark = pytest.mark.django_db
KNOWN = "00ff00ff00ff00ff"


@pytest.fixture
def artifact(project, submitter):
    (one,) = written(project, submitter, ["a"])
    Artifact.objects.filter(pk=one.pk).update(fingerprint=KNOWN)
    return one


def test_a_fingerprint_a_few_bits_away_is_near(artifact):
    assert Fingerprints().nearest("00ff00ff00ff00f8") == artifact


def test_one_further_away_is_not(artifact):
    assert Fingerprints().nearest("00ff00ff00ff0000") is None


def test_a_flat_picture_is_near_nothing(artifact):
    assert Fingerprints().nearest("0" * 16) is None


def test_all_pictures_of_an_upload_read_the_fingerprints_once(artifact, django_assert_num_queries):
    fingerprints = Fingerprints()
    with django_assert_num_queries(1):
        for _ in range(5):
            fingerprints.nearest("f" * 16)


def test_what_comes_later_is_near_too_and_what_is_no_more_is_not(artifact, project, submitter):
    assert Fingerprints().nearest(KNOWN) == artifact
    (later,) = written(project, submitter, ["b"])
    Artifact.objects.filter(pk=later.pk).update(fingerprint="ff00ff00ff00ff00")
    assert Fingerprints().nearest("ff00ff00ff00ff01") == later
    Artifact.objects.filter(pk=later.pk).delete()
    assert Fingerprints().nearest("ff00ff00ff00ff01") is None


def test_the_pieces_find_what_a_comparison_with_each_would_find():
    draws, known = random.Random(4), near.Index()
    keys = {new_id(): draws.getrandbits(64) for _ in range(2_000)}
    for key, fingerprint in keys.items():
        known._add(fingerprint, key)
    for _ in range(200):
        wanted = draws.choice(list(keys.values()))
        for bit in draws.sample(range(64), draws.randrange(7)):
            wanted ^= 1 << bit
        apart = {key: (one ^ wanted).bit_count() for key, one in keys.items()}
        assert set(known.near(wanted)) == {key for key, bits in apart.items() if bits <= near.NEAR_BITS}


def test_an_upload_of_very_many_pictures_is_compared_up_to_a_bound(artifact, monkeypatch):
    monkeypatch.setattr(near, "COMPARED", 2)
    fingerprints = Fingerprints()
    assert [fingerprints.nearest(KNOWN) is not None for _ in range(4)] == [True, True, False, False]
