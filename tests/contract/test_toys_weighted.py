"""Several models in one generate job, each with its share."""

from __future__ import annotations

from itertools import starmap

import pytest

from models_store.errors import InvalidInput
from tests.contract.toys.attempts import SHADES, attempt, brightness, generated, ingested, items, run, trained
from workers.engine.plan import model_of
from workers.engine.wishes import plain

pytestmark = pytest.mark.usefixtures("toys_installed")
COUNT = 48
BETWEEN = sum(SHADES.values()) / 2


@pytest.fixture(scope="module")
def made(dark_model, light_model, tmp_path_factory):
    said = {"count": COUNT, "weights": [3, 1]}
    return generated(tmp_path_factory.mktemp("mixed"), dark_model, light_model, params=said)


def roles(count: int, seed: str, *weights: float) -> list[str]:
    shares = dict(zip(("model", "model_2", "model_3"), weights, strict=False))
    return [model_of(wish, seed, shares) for wish in plain(seed, range(count))]


@pytest.mark.parametrize("weights", [(3, 1), (1, 1), (0.2, 0.5, 0.3)])
def test_shares_keep_to_the_weights(weights):
    found = roles(4000, "9", *weights)
    expected = [4000 * weight / sum(weights) for weight in weights]
    got = [found.count(role) for role in ("model", "model_2", "model_3")[: len(weights)]]
    far = sum(starmap(lambda one, other: (one - other) ** 2 / other, zip(got, expected, strict=True)))
    assert far < 13.8  # chi-square of at most two degrees of freedom, one in a thousand


def test_a_model_without_weight_makes_nothing():
    assert set(roles(500, "9", 0, 1, 0)) == {"model_2"}


def test_which_model_makes_an_item_depends_on_seed_and_number_alone():
    assert roles(40, "9", 3, 1) == roles(400, "9", 3, 1)[:40]
    assert roles(40, "9", 3, 1) != roles(40, "10", 3, 1)


def test_every_item_names_its_model_and_looks_like_it(made):
    assert [item["index"] for item in items(made)] == list(range(COUNT))
    assert [item["model"] for item in items(made)] == roles(COUNT, "5", 3, 1)
    assert [shade > BETWEEN for shade in brightness(made)] == [item["model"] == "model_2" for item in items(made)]


def test_an_item_is_what_its_model_makes_of_that_number_alone(made, light_model, tmp_path):
    alone = {item["index"]: item for item in items(generated(tmp_path, light_model, params={"count": COUNT}))}
    mine = [item for item in items(made) if item["model"] == "model_2"]
    assert mine
    assert all(item["content_sha256"] == alone[item["index"]]["content_sha256"] for item in mine)


def test_a_second_attempt_makes_the_rest_just_so(made, dark_model, light_model, tmp_path):
    done = [item["index"] for item in items(made)[:20]]
    rest = generated(tmp_path, dark_model, light_model, params={"count": COUNT, "weights": [3, 1]}, done=done)
    told = ("index", "model", "content_sha256")
    assert [[item[key] for key in told] for item in items(rest)] == [
        [item[key] for key in told] for item in items(made)[20:]
    ]


def test_texts_in_the_making_are_read_in_the_alphabet_of_their_own_model(letters_model, tmp_path):
    alphabet = [chr(0x4E00 + number) for number in range(80)]  # more characters than the first model knows
    (tmp_path / "tales.txt").write_text("".join(alphabet * 40), encoding="utf-8")
    data = ingested(tmp_path / "data", "text", tmp_path / "tales.txt", length=16)
    other = trained(tmp_path / "model", "toy_letters", {"data": data}, steps=2)
    made = generated(tmp_path / "made", letters_model, other, params={"count": 8, "weights": [1, 1]})
    models = {item["index"]: item["model"] for item in items(made)}
    told = [(models[one["index"]], set(one["text"])) for pieces in made.report.pieces for one in pieces]
    assert {model for model, _ in told} == {"model", "model_2"}
    assert all(seen.issubset(alphabet) == (model == "model_2") for model, seen in told)


def test_models_of_different_modalities_are_refused(dark_model, letters_model, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        generated(tmp_path, dark_model, letters_model, params={"count": 2})
    assert (refused.value.code, refused.value.got) == ("wrong_modality", ["image", "text"])


@pytest.mark.parametrize("weights", [[1], [1, 1, 1]])
def test_a_weight_too_few_or_too_many_is_refused(dark_model, light_model, tmp_path, weights):
    with pytest.raises(InvalidInput) as refused:
        generated(tmp_path, dark_model, light_model, params={"count": 2, "weights": weights})
    assert (refused.value.field, refused.value.expected, refused.value.got) == ("params.weights", 2, len(weights))


@pytest.mark.parametrize("weights", [[0, 0], [-1, 2]])
def test_weights_that_say_nothing_are_refused(dark_model, light_model, tmp_path, weights):
    inputs = {"model": dark_model, "model_2": light_model}
    with pytest.raises(InvalidInput) as refused:
        run(attempt(tmp_path, "generate", inputs=inputs, params={"count": 2, "weights": weights}))
    assert refused.value.field == "params.weights"
