import numpy as np
import pytest
from PIL import Image

from models_store.errors import InvalidInput
from workers.engine import shown
from workers.marks import visible_label
from workers.modalities.image import Image as Pictures
from workers.modalities.text import Text

BOTH = pytest.mark.parametrize("language", ["en", "zh"])


def flat(height, width, channels=1, level=128):
    return np.full((height, width, channels), level, np.uint8)


@BOTH
@pytest.mark.parametrize("size", [(128, 128), (128, 300), (256, 256)])
def test_the_words_are_at_least_a_twentieth_of_the_shortest_side_high(language, size):
    inked = np.argwhere(visible_label.on_item(flat(*size), language)[..., 0] > 200)
    high = np.ptp(inked[:, 0]) + 1
    assert high >= 0.05 * min(size)


@BOTH
@pytest.mark.parametrize("level", [0, 128, 255])
def test_the_words_are_read_on_any_ground(language, level):
    labelled = visible_label.on_item(flat(128, 128, level=level), language)[..., 0]
    ground = labelled[-1, -1]
    assert int(labelled.max()) - int(ground) > 100


@BOTH
def test_only_the_corner_changes(language):
    before = np.random.default_rng(3).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    changed = np.argwhere((visible_label.on_item(before, language) != before).any(axis=2))
    assert changed.min() > 120
    assert len(changed) < 0.08 * 256 * 256


def test_the_two_languages_are_not_the_same_words():
    assert not np.array_equal(*(visible_label.on_item(flat(128, 128), language) for language in ("en", "zh")))


def test_a_picture_below_128_px_is_refused():
    with pytest.raises(InvalidInput, match="small"):
        shown.with_words(flat(64, 200), Pictures(), {"visible_label": "en"})


def test_a_text_is_refused():
    with pytest.raises(InvalidInput, match="pictures"):
        shown.with_words(np.zeros(4, np.uint32), Text(), {"visible_label": "zh"})


def test_without_a_wish_an_item_stays_as_it_is():
    item = flat(32, 32)
    assert shown.with_words(item, Pictures(), {}) is item


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_keeps_its_pictures_and_says_below_them_what_they_are(tmp_path, channels):
    items = [flat(32, 32, channels, 200)] * 5
    Pictures().sheet(items, tmp_path / "plain.png")
    shown.sheet(Pictures(), items, tmp_path / "said.png")
    with Image.open(tmp_path / "plain.png") as plain, Image.open(tmp_path / "said.png") as said:
        assert said.mode == plain.mode
        assert said.crop((0, 0, *plain.size)).tobytes() == plain.tobytes()
        footer = np.asarray(said.crop((0, plain.height, *said.size)).convert("L"))
    assert footer.min() < 120
