"""Guards in the line: what they stop never leaves, and a set above its limit leaves nothing behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import pytest

from models_store.canonical import file_digest
from models_store.errors import InvalidInput, ProductError
from tests.contract.toys.attempts import SHORT, attempt, items, run, sheet_size
from tests.guards.stub_network import put_in_place
from workers.contracts import Attempt, Stopped
from workers.engine.guarding import AllWithheld, GuardMissing
from workers.guards import safety_pictures
from workers.guards.near_copy import NearCopies, NotCheckable

COPIES, OTHERS = "resample", "dcgan"
PARAMS: Mapping[str, dict[str, Any]] = {
    COPIES: {"steps": 30, "batch_size": 64, "items": 1500},
    OTHERS: SHORT | {"steps": 2, "latent_dim": 8, "width": 4},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Of each family its bundle and its index, trained on real digits."""
    folder = tmp_path_factory.mktemp("guarded")
    data = attempt(folder / "data", "ingest", modality="image", params={"size": 16}, inputs={"builtin": "digits"})
    place = {"data": {"path": str(data.folder / run(data)["dataset"])}}
    made = {}
    for family, params in PARAMS.items():
        training = attempt(folder / family, "train", family=family, params=params, inputs=place)
        said = run(training)
        index = training.folder / said["near"]["file"]
        near = {"model": {"path": str(index), "sha256": file_digest(index)}}
        bundle = training.folder / said["bundle"]
        made[family] = {"bundle": bundle, "near": near, "says": said["near"]}
    return made


def generation(folder: Path, model: Mapping[str, Any], wants: Any = lambda: "", **said: Any) -> Attempt:
    """A generate job over a model with its index; `guards` are what the policies of its project say."""
    guards, near = said.pop("guards", {}), said.pop("near", model["near"])
    inputs = {"model": {"path": str(model["bundle"])}}
    made = attempt(folder, "generate", wants, inputs=inputs, near=near, **({"params": {"count": 12}} | said))
    release = made.order["release"] | {"guards": guards}
    return replace(made, order={**made.order, "release": release})


def limited(**params: Any) -> dict[str, Any]:
    return {"near_copy": params}


def test_the_index_stands_beside_the_bundle_and_not_in_it(models: Any) -> None:
    bundle = models[COPIES]["bundle"]
    assert not [path for path in bundle.rglob("*") if "near" in path.name]


def test_a_training_says_by_which_quantile_of_how_many_unseen_items_it_judges(models: Any) -> None:
    says = models[COPIES]["says"]
    known = says["threshold"]
    assert (says["covers"], known["quantile"]) == (says["of"], pytest.approx(1 / (known["n"] + 1)))


def test_whatever_resampling_hands_out_is_a_near_copy(models: Any, tmp_path: Path) -> None:
    said = run(generation(tmp_path, models[COPIES], params={"count": 40}))["near_copies"]
    assert (said["checked"], said["near"], said["high"]) == (40, 40, 1.0)


def test_what_an_untrained_network_makes_is_none(models: Any, tmp_path: Path) -> None:
    said = run(generation(tmp_path, models[OTHERS], params={"count": 40}))["near_copies"]
    assert (said["checked"], said["near"], said["low"]) == (40, 0, 0.0)


def test_every_item_that_was_looked_at_carries_its_distance(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[OTHERS])
    run(made)
    assert all(item["marks"]["near_copy"]["distance"] > 0 for item in items(made))


def test_by_default_so_many_of_a_large_job_are_looked_at(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[OTHERS], params={"count": 300})
    said = run(made)["near_copies"]
    assert (said["checked"], sum("near_copy" in item["marks"] for item in items(made))) == (256, 256)


def test_all_are_looked_at_where_the_policy_says_so(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[OTHERS], params={"count": 300}, guards=limited(check_all=True))
    assert run(made)["near_copies"]["checked"] == 300


def test_above_the_limit_a_job_fails_and_nothing_of_it_was_reported(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[COPIES], params={"count": 300}, guards=limited(max_rate=0.01))
    with pytest.raises(NearCopies) as refused:
        run(made)
    assert (made.report.chunks, refused.value.facts["near_copies"]["rate"]) == ([], 1.0)


def test_below_the_limit_everything_leaves(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[OTHERS], params={"count": 300}, guards=limited(max_rate=0.01))
    assert (run(made)["count"], len({item["index"] for item in items(made)})) == (300, 300)


def test_a_limit_changes_no_item(models: Any, tmp_path: Path) -> None:
    one, other = (
        generation(tmp_path / "a", models[OTHERS]),
        generation(tmp_path / "b", models[OTHERS], guards=limited(max_rate=0.5, check_all=True)),
    )
    run(one)
    run(other)
    assert [item["content_sha256"] for item in items(one)] == [item["content_sha256"] for item in items(other)]


def test_a_job_of_which_everything_is_withheld_fails_and_names_the_guard(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[COPIES], guards=limited(withhold=True))
    with pytest.raises(AllWithheld, match="near_copy"):
        run(made)
    assert made.report.chunks == []


def mixed(folder: Path, models: Any, wants: Any = lambda: "", **said: Any) -> Attempt:
    """A job over both models, of which one makes copies, and what is a copy is withheld."""
    second = models[OTHERS]
    near = models[COPIES]["near"] | {"model_2": second["near"]["model"]}
    made = generation(folder, models[COPIES], wants, near=near, guards=limited(withhold=True, check_all=True), **said)
    inputs = made.order["inputs"] | {"model_2": {"path": str(second["bundle"])}}
    return replace(made, order={**made.order, "inputs": inputs})


def test_what_is_withheld_is_neither_written_nor_reported_and_is_counted(models: Any, tmp_path: Path) -> None:
    made = mixed(tmp_path, models, params={"count": 30})
    result = run(made)
    stopped = {one["index"] for one in result["withheld"]}
    assert {item["model"] for item in items(made)} == {"model_2"}
    assert {item["index"] for item in items(made)} | stopped == set(range(30))
    assert (result["count"], result["withheld_count"]) == (30 - len(stopped), len(stopped))
    assert {path.stem for path in (made.folder / "out").glob("0*.png")} == {
        f"{i:06d}" for i in set(range(30)) - stopped
    }
    assert {one["guard"] for one in result["withheld"]} == {"near_copy"}


def test_the_contact_sheet_does_without_what_is_withheld(models: Any, tmp_path: Path) -> None:
    all_there = generation(tmp_path / "all", models[OTHERS], params={"count": 30})
    some = mixed(tmp_path / "some", models, params={"count": 30})
    run(all_there)
    run(some)
    assert prod(sheet_size(some)) < prod(sheet_size(all_there))


def test_a_second_attempt_stops_the_same_items(models: Any, tmp_path: Path) -> None:
    whole = run(mixed(tmp_path / "whole", models, params={"count": 30}))
    first = mixed(tmp_path / "first", models, params={"count": 30})
    run(first)
    kept = [item["index"] for item in items(first)][:5]
    judged = {str(item["index"]): item["marks"] for item in items(first)[:5]}
    again = run(mixed(tmp_path / "again", models, params={"count": 30}, done=kept, judged=judged))
    assert again["withheld"] == whole["withheld"]
    assert again["near_copies"] == whole["near_copies"]


def test_a_limit_on_what_cannot_be_measured_is_refused(models: Any, tmp_path: Path) -> None:
    with pytest.raises(NotCheckable):
        run(generation(tmp_path, models[OTHERS], near={}, guards=limited(max_rate=0.01)))


def test_a_model_without_an_index_is_released_without_figures_where_nobody_set_a_limit(
    models: Any, tmp_path: Path
) -> None:
    assert "near_copies" not in run(generation(tmp_path, models[OTHERS], near={}))


def test_an_index_that_was_changed_is_refused(models: Any, tmp_path: Path) -> None:
    file = tmp_path / "index"
    file.write_bytes(Path(models[OTHERS]["near"]["model"]["path"]).read_bytes()[:-1] + b"!")
    near = {"model": {"path": str(file), "sha256": "0" * 64}}
    with pytest.raises(ProductError, match="not the bytes"):
        run(generation(tmp_path / "job", models[OTHERS], near=near))


def test_a_turn_is_not_taken_before_the_set_is_judged(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[OTHERS], lambda: "turn", params={"count": 300}, guards=limited(max_rate=0.01))
    with pytest.raises(Stopped):
        run(made)
    assert len(items(made)) >= 256


def test_an_attempt_that_finds_everything_kept_says_what_the_first_one_measured(models: Any, tmp_path: Path) -> None:
    first = generation(tmp_path / "first", models[OTHERS], guards=limited(max_rate=0.5))
    whole = run(first)
    judged = {str(item["index"]): item["marks"] for item in items(first)}
    again = generation(tmp_path / "again", models[OTHERS], done=list(range(12)), judged=judged)
    assert run(again)["near_copies"] == whole["near_copies"]


def test_what_was_kept_before_there_was_a_limit_holds_nothing_back(models: Any, tmp_path: Path) -> None:
    made = generation(tmp_path, models[OTHERS], done=[0, 1, 2], guards=limited(max_rate=0.5))
    assert (run(made)["near_copies"]["checked"], len(items(made))) == (9, 9)


def test_a_guard_that_does_not_work_here_lets_nothing_pass(models: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(safety_pictures, "weights", lambda: None)
    with pytest.raises(GuardMissing, match="safety_pictures does not work here"):
        run(generation(tmp_path, models[OTHERS], guards={"safety_pictures": {"highest": 0.5}}))


def test_a_guard_for_texts_has_nothing_to_say_of_pictures(models: Any, tmp_path: Path) -> None:
    assert run(generation(tmp_path, models[OTHERS], guards={"safety_words": {"words": ["x"]}}))["count"] == 12


def test_unsafe_pictures_are_withheld(models: Any, tmp_path: Path, monkeypatch: Any) -> None:
    put_in_place(monkeypatch, tmp_path)
    one = run(generation(tmp_path / "all", models[OTHERS], guards={"safety_pictures": {"highest": 1.0}}))
    with pytest.raises(AllWithheld, match="safety_pictures"):
        run(generation(tmp_path / "none", models[OTHERS], guards={"safety_pictures": {"highest": 0.0}}))
    assert one["count"] == 12


def test_a_guard_refuses_parameters_that_it_does_not_take(models: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="colour"):
        run(generation(tmp_path, models[OTHERS], guards=limited(colour="red")))
