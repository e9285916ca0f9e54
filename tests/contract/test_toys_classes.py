"""A conditional image set of somebody else's: pictures of a named class, and sweeps over class and number."""

from __future__ import annotations

import pytest

from models_store.errors import InvalidInput
from tests.contract.toys.attempts import (
    SHADES,
    attempt,
    brightness,
    generated,
    items,
    pictures,
    pixels,
    run,
    sheet_size,
    trained,
)
from workers.modalities.image_sheet import LABEL_PX

pytestmark = pytest.mark.usefixtures("toys_installed")
BETWEEN = sum(SHADES.values()) / 2


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("classes")
    return trained(folder / "model", "toy_classes", {"data": pictures(folder / "data", SHADES)}, steps=150)


@pytest.mark.parametrize("name", sorted(SHADES))
def test_a_class_is_asked_for_by_its_name(model, tmp_path, name):
    made = generated(tmp_path, model, params={"count": 6, "condition": name})
    assert brightness(made) == pytest.approx([SHADES[name]] * 6, abs=12)


def test_a_class_left_open_is_any_of_them(model, tmp_path):
    shades = brightness(generated(tmp_path, model, params={"count": 24}))
    assert 4 <= sum(shade > BETWEEN for shade in shades) <= 20


def test_a_sweep_tries_each_class_on_the_same_noise(model, tmp_path):
    swept = generated(tmp_path / "swept", model, params={"count": 3, "sweep": {"condition": ["light", "dark"]}})
    alone = [generated(tmp_path / name, model, params={"count": 3, "condition": name}) for name in ("light", "dark")]
    assert [item["index"] for item in items(swept)] == list(range(6))
    assert [shade > BETWEEN for shade in brightness(swept)] == [True] * 3 + [False] * 3
    assert [item["content_sha256"] for item in items(swept)] == [
        item["content_sha256"] for made in alone for item in items(made)
    ]


def test_the_sheet_of_a_sweep_has_a_line_of_text_below_each_item(model, tmp_path):
    plain = generated(tmp_path / "plain", model, params={"count": 4})
    swept = generated(tmp_path / "swept", model, params={"count": 2, "sweep": {"condition": ["light", "dark"]}})
    width, height = sheet_size(plain)
    assert sheet_size(swept) == (width, height + 2 * LABEL_PX)  # two rows of two


def test_a_sweep_over_a_number_gives_each_item_of_a_batch_its_own(model, tmp_path):
    said = {"count": 4, "condition": "dark", "sweep": {"contrast": [0, 1, 3]}}
    made = generated(tmp_path, model, params=said)
    spread = pixels(made).std(axis=(1, 2))
    mean = spread.reshape(3, 4).mean(axis=1)
    assert mean[0] < mean[1] < mean[2]


@pytest.mark.parametrize("said", [{"condition": "grey"}, {"sweep": {"condition": ["light", "grey"]}}])
def test_an_unknown_class_is_refused_with_those_there_are_before_anything_is_made(model, tmp_path, said):
    made = attempt(tmp_path, "generate", inputs={"model": model}, params={"count": 70} | said)
    with pytest.raises(InvalidInput) as refused:
        run(made)
    assert refused.value.as_dict() | {"detail": ""} == {
        "code": "unknown_class", "detail": "", "field": "params.condition", "expected": sorted(SHADES), "got": "grey",
    }  # fmt: skip
    assert not items(made)


def test_an_unknown_control_is_refused_by_name(model, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        generated(tmp_path, model, params={"count": 1, "mood": "good"})
    assert refused.value.code == "unknown_parameter"


def test_data_without_classes_are_refused(dark, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        trained(tmp_path, "toy_classes", {"data": dark}, steps=1)
    assert refused.value.field == "data"
