"""What may be chosen when models are sampled is checked when the job is submitted, and kept with it."""

from __future__ import annotations

import pytest

from jobs.controls import check_controls
from jobs.models import State
from jobs.submission import send
from lineage import manifests
from models_store.errors import ProductError
from tests import builders
from tests.jobs import sampling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("families")]


@pytest.fixture
def families(db):
    sampling.announce()


@pytest.fixture
def writer(project, submitter):
    return sampling.model(project, submitter, "lstm", sampling.TEXT)


@pytest.fixture
def painter(project, submitter):
    return sampling.model(project, submitter, "cgan", sampling.PICTURES)


@pytest.fixture
def asked(submitter):
    """`asked(model, params...)`: the job; several models take their roles in order."""

    def make(*models, **params):
        roles = ["model", "model_2", "model_3", "model_4"]
        inputs = {role: str(model.pk) for role, model in zip(roles, models, strict=False)}
        return send({"kind": "generate", "inputs": inputs, "params": params}, actor=submitter)[0]

    return make


def refused(asked, *models, **params):
    with pytest.raises(ProductError) as error:
        asked(*models, **params)
    return error.value


def test_controls_are_kept_with_the_job_those_left_out_as_their_defaults(asked, writer):
    job = asked(writer, count=2, temperature=0.7)
    assert job.params == {
        "count": 2, "weights": [], "sweep": {}, "interpolate": [], "temperature": 0.7, "length": 20, "prompt": "",
    }  # fmt: skip


def test_a_parameter_beside_params_and_in_them_is_refused(submitter, painter):
    body = {"kind": "generate", "model_version": str(painter.pk), "count": 2, "params": {"count": 5}}
    with pytest.raises(ProductError) as error:
        send(body, actor=submitter)
    assert (error.value.code, error.value.field) == ("given_twice", "count")


def test_a_control_of_another_family_is_unknown_and_the_error_names_what_there_is(asked, painter):
    error = refused(asked, painter, prompt="a")
    assert (error.code, error.field, error.got) == ("unknown_parameter", "params.prompt", "prompt")
    assert error.expected == ["condition", "count", "interpolate", "sweep", "temperature", "weights"]


def test_a_control_out_of_bounds_is_refused_with_its_bounds(asked, writer):
    error = refused(asked, writer, temperature=11)
    assert (error.code, error.field) == ("invalid_parameter", "params.temperature")
    assert (error.expected, error.got) == ({"type": "number", "minimum": 0.01, "maximum": 10}, 11)


def test_a_class_that_the_data_do_not_have_is_refused_with_those_they_have(asked, painter):
    error = refused(asked, painter, condition="bowl")
    assert (error.code, error.field) == ("unknown_class", "params.condition")
    assert (error.expected, error.got) == (["cup", "vase"], "bowl")


def test_a_class_of_the_data_is_taken_and_so_is_an_open_one(asked, painter):
    assert asked(painter, condition="cup").params["condition"] == "cup"
    assert asked(painter).params["condition"] == ""


def test_classes_of_older_data_stand_beside_the_fields(asked, painter):
    older = {"fields": [{"name": "condition", "kind": "condition", "shape": [], "size": 1}], "classes": ["jug"]}
    painter.dataset_version.spec = older | {"modality": "image"}
    painter.dataset_version.save()
    assert asked(painter, condition="jug").state == State.QUEUED
    assert refused(asked, painter, condition="cup").expected == ["jug"]


def test_a_model_of_data_without_classes_takes_none(asked, painter):
    painter.dataset_version.spec = builders.SPEC
    painter.dataset_version.save()
    assert refused(asked, painter, condition="cup").code == "unknown_class"


def test_unknown_characters_are_named_with_their_places(asked, writer):
    error = refused(asked, writer, prompt="abxa\ty")
    assert (error.code, error.field) == ("unknown_characters", "params.prompt")
    assert error.got == "'x' (U+0078) at 3, U+0009 at 5, 'y' (U+0079) at 6"
    assert "abé" in error.expected


def test_a_prompt_is_composed_and_its_line_breaks_are_one_before_it_is_judged(asked, writer):
    assert asked(writer, prompt="e\u0301\r\nb").state == State.QUEUED


def test_a_prompt_that_fills_the_length_is_refused(asked, writer):
    error = refused(asked, writer, prompt="abab", length=4)
    assert (error.code, error.got) == ("prompt_too_long", 4)


def test_a_sweep_over_a_control_is_kept_as_it_was_asked_for(asked, writer):
    assert asked(writer, sweep={"temperature": [0.5, 1.5]}).params["sweep"] == {"temperature": [0.5, 1.5]}


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ({"sweep": {"colour": [1, 2]}}, "unknown_parameter", "params.sweep.colour"),
        ({"sweep": {"count": [1, 2]}}, "unknown_parameter", "params.sweep.count"),
        ({"sweep": {"temperature": [0.5, 99]}}, "invalid_parameter", "params.sweep.temperature[1]"),
        ({"sweep": {"prompt": ["a", "b", "x"]}}, "unknown_characters", "params.sweep.prompt[2]"),
        ({"sweep": {"temperature": [0.5]}}, "invalid_parameter", "params.sweep.temperature"),
        ({"sweep": {"temperature": [1.0] * 65}}, "invalid_parameter", "params.sweep.temperature"),
        ({"sweep": {"temperature": [1, 2], "length": [8, 9]}}, "invalid_parameter", "params.sweep"),
        ({"sweep": {"temperature": 1}}, "invalid_parameter", "params.sweep.temperature"),
        ({"sweep": [1]}, "invalid_parameter", "params.sweep"),
        ({"sweep": {"temperature": [1, 2]}, "count": 50_001}, "invalid_parameter", "params.count"),
        ({"interpolate": ["1", "2"]}, "not_interpolable", "params.interpolate"),
        ({"sweep": {"temperature": [1, 2]}, "interpolate": ["1", "2"]}, "invalid_parameter", "params.sweep"),
    ],
)
def test_a_sweep_or_path_that_cannot_be_is_refused_with_its_place(asked, writer, params, code, field):
    error = refused(asked, writer, **params)
    assert (error.code, error.field) == (code, field)


def test_the_whole_sweep_may_be_as_large_as_a_job(asked, writer):
    assert asked(writer, sweep={"temperature": [1, 2]}, count=50_000).state == State.QUEUED


def test_seeds_of_a_path_may_be_numbers_and_are_kept_as_text(asked, painter):
    assert asked(painter, interpolate=[1, "22"]).params["interpolate"] == ["1", "22"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"interpolate": ["1"]}, "params.interpolate"),
        ({"interpolate": ["1"] * 65, "count": 65}, "params.interpolate"),
        ({"interpolate": ["1", "-2"]}, "params.interpolate[1]"),
        ({"interpolate": ["1", None]}, "params.interpolate[1]"),
        ({"interpolate": ["1", "2", "3"], "count": 2}, "params.count"),
        ({"interpolate": "1, 2"}, "params.interpolate"),
    ],
)
def test_a_path_of_wrong_seeds_is_refused_with_its_place(asked, painter, params, field):
    assert refused(asked, painter, **params).field == field


def test_several_models_take_the_controls_that_all_of_them_have(asked, project, submitter, painter):
    plain = sampling.model(project, submitter, "gan", sampling.PICTURES)
    assert "temperature" not in asked(painter, plain).params
    error = refused(asked, painter, plain, temperature=1)
    assert (error.code, error.expected) == ("unknown_parameter", ["count", "interpolate", "sweep", "weights"])
    assert error.detail.startswith("gan ")


def test_models_of_two_kinds_of_things_are_refused(asked, writer, painter):
    error = refused(asked, writer, painter)
    assert (error.code, error.field, error.got) == ("wrong_modality", "inputs", ["image", "text"])


def test_a_class_must_be_one_of_every_model(asked, project, submitter, painter):
    other = {**sampling.PICTURES, "fields": [sampling.PICTURES["fields"][0]]}
    second = sampling.model(project, submitter, "cgan", other)
    assert refused(asked, painter, second, condition="cup").code == "unknown_class"


@pytest.mark.parametrize(
    ("weights", "expected"), [([1], 2), ([1, 2, 3], 2), ([0, 0], "0 or more"), ([1, -1], "0 or more")]
)
def test_weights_that_fit_no_models_are_refused(asked, painter, weights, expected):
    error = refused(asked, painter, painter, weights=weights)
    assert (error.code, error.field, error.expected) == ("invalid_parameter", "params.weights", expected)


def test_a_model_whose_family_no_live_worker_offers_is_refused(asked, project, submitter):
    error = refused(asked, sampling.model(project, submitter, "diffusion", sampling.PICTURES))
    assert (error.code, error.field, error.got) == ("unknown_family", "model", "diffusion")
    assert error.expected == ["cgan", "gan", "lstm"]


def test_the_short_name_of_a_model_means_the_one_that_must_be_there(writer, submitter):
    said = {"kind": "generate", "model_version": str(writer.pk), "params": {"prompt": "a"}}
    job, _ = send(said, actor=submitter)
    assert job.inputs.get().role == "model"


def test_a_promised_model_is_checked_against_its_family_and_its_data(writer, submitter):
    data = str(writer.dataset_version_id)
    then = [{"kind": "generate", "params": {"prompt": "x"}}]
    body = {"kind": "train", "family": "lstm", "dataset_version": data, "then": then}
    with pytest.raises(ProductError) as error:
        send(body, actor=submitter)
    assert (error.value.code, error.value.field) == ("unknown_characters", "then[0].params.prompt")


def test_a_family_and_a_spec_are_all_that_a_check_needs():
    from catalog.plugins import plugin

    check_controls(plugin("family", "lstm"), sampling.TEXT, {"prompt": "ab"})
    with pytest.raises(ProductError):
        check_controls(plugin("family", "lstm"), sampling.TEXT, {"prompt": "x"})


def test_the_manifest_lists_several_models_with_their_weights(asked, painter, project, submitter):
    second = sampling.model(project, submitter, "cgan", sampling.PICTURES)
    said = manifests.of_job(asked(painter, second, weights=[3, 1]))
    assert said["model_version"] == str(painter.pk)
    assert [(role, one["model_version"], one["weight"]) for role, one in said["models"].items()] == [
        ("model", str(painter.pk), 3), ("model_2", str(second.pk), 1),
    ]  # fmt: skip


def test_the_manifest_of_one_model_lists_no_others(asked, painter):
    assert "models" not in manifests.of_job(asked(painter))
