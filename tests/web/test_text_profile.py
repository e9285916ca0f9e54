"""What the page of a data set of texts shows."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from catalog.models import DatasetVersion
from desk.data.profile import in_print, profile_page

PROFILE = {
    "count": 12,
    "documents": 3,
    "characters": 3000,
    "vocabulary": 2,
    "encodings": {"utf-8": 2, "koi8-r": 1},
    "frequent": [{"character": " ", "count": 2000}, {"character": "e", "count": 1000}],
}


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def test_a_text_shows_its_figures_encodings_and_characters():
    page = profile_page(DatasetVersion(profile=PROFILE, counts={"train": 11, "holdout": 1}, problems=[]))
    assert ("Characters", "3,000") in page["figures"]
    assert [bar["label"] for bar in page["encodings"]] == ["koi8-r", "utf-8"]
    assert [(bar["label"], bar["width"]) for bar in page["characters"]] == [("blank", 100), ("e", 50)]
    assert not page["classes"]


@pytest.mark.parametrize(
    ("character", "seen"),
    [(" ", "blank"), ("\n", "line break"), ("\t", "tab"), ("é", "é"), ("\u0301", "◌\u0301"), ("\u200b", "U+200B")],
)
def test_every_character_can_be_seen(character, seen):
    assert in_print(character) == seen
