"""What holds a model against data is refused at submission where rows tell that it cannot work."""

from __future__ import annotations

from typing import Any

import pytest

from catalog import plugins
from jobs.models import State
from jobs.submission import send
from models_store.errors import ProductError
from tests import builders
from tests.jobs import sampling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scoring")]
NAMES = {"type": "array", "items": {"type": "string"}, "default": []}
MEASURES = {"metrics": NAMES | {"of_plugins": {"kind": "metric", "besides": {"psnr": "reconstructs"}}}}
TOLD = {"type": "boolean", "default": False, "shapes": True, "tells_classes": True}


@pytest.fixture
def scoring(db):
    sampling.announce()
    model, data = builders.role("model_version"), sampling.optional("dataset_version")
    own = {
        "normal": {"type": "string", "default": "", "of_spec": "condition"},
        "abnormal": {"type": "array", "items": {"type": "string"}, "default": [], "of_spec": "condition"},
    }
    trained = {"data": builders.role("dataset_version"), "parent": sampling.optional("model_version")}
    freeze = {"freeze": {"type": "string", "default": "", "needs_parent": True}, "use_classes": TOLD}
    plugins.announce("a worker that scores", [
        builders.plugin("kind", "score", own, queue="generate", chooses_family=False, produces="figures",
                        asks_of_family="inspects", roles={"model": model, "data": data, "reference": data}),
        builders.plugin("kind", "measure", MEASURES, queue="generate", chooses_family=False, produces="figures",
                        roles={"model": model, "data": data}),
        builders.plugin("metric", "fid", {}, modalities=["image"]),
        builders.plugin("metric", "classifier", {}, modalities=["image"], needs_classes="data"),
        builders.plugin("metric", "synthetic_training", {}, modalities=["image"], needs_classes="model"),
        builders.plugin("metric", "ngrams", {}, modalities=["text"]),
        builders.plugin("family", "vae", freeze, sampling="one_shot", roles=trained, inspects=True,
                        controls=sampling.schema(sampling.CLASSES)),
        builders.plugin("family", "gan", {}, sampling="one_shot", roles=trained, inspects=False,
                        controls=sampling.schema({})),
    ])  # fmt: skip


@pytest.fixture
def vae(project, submitter):
    return sampling.model(project, submitter, "vae", sampling.PICTURES)


def refused(actor: Any, **body: Any) -> ProductError:
    with pytest.raises(ProductError) as error:
        send(body, actor=actor)
    return error.value


def test_a_model_is_scored_on_its_own_data_unless_told_otherwise(vae, submitter):
    job, _ = send({"kind": "score", "model_version": str(vae.pk)}, actor=submitter)
    assert job.state == State.QUEUED
    assert {row.role: row.dataset_version_id for row in job.inputs.exclude(role="model")} == {
        "data": vae.dataset_version_id, "reference": vae.dataset_version_id,
    }  # fmt: skip


def test_a_model_whose_family_inspects_nothing_is_refused(project, submitter):
    other = sampling.model(project, submitter, "gan", sampling.PICTURES)
    error = refused(submitter, kind="score", model_version=str(other.pk))
    assert (error.code, error.field, error.got) == ("cannot_inspect", "model", "gan")


@pytest.mark.parametrize(("kind", "role"), [("score", "data"), ("score", "reference"), ("evaluate", "data")])
def test_data_of_another_shape_are_refused(vae, project, submitter, kind, role):
    small = {
        "modality": "image",
        "fields": [{"name": "image", "kind": "continuous", "shape": [1, 16, 16], "size": None}],
    }
    data = sampling.model(project, submitter, "vae", small).dataset_version
    error = refused(submitter, kind=kind, inputs={"model": str(vae.pk), role: str(data.pk)})
    assert (error.code, error.field, error.got) == ("wrong_shape", role, ["image: 1 × 16 × 16"])


def test_data_with_other_classes_are_scored(vae, project, submitter):
    data = sampling.model(project, submitter, "vae", builders.SPEC).dataset_version
    job, _ = send({"kind": "score", "inputs": {"model": str(vae.pk), "data": str(data.pk)}}, actor=submitter)
    assert job.state == State.QUEUED


@pytest.mark.parametrize("params", [{"normal": "plate"}, {"normal": "cup", "abnormal": ["plate"]}])
def test_a_class_that_the_data_do_not_have_is_refused(vae, submitter, params):
    error = refused(submitter, kind="score", model_version=str(vae.pk), params=params)
    assert (error.code, error.expected, error.got) == ("unknown_class", ["cup", "vase"], "plate")
    assert error.detail == "The data have no such class."


def test_a_class_that_is_normal_and_abnormal_is_refused(vae, submitter):
    params = {"normal": "cup", "abnormal": ["vase", "cup"]}
    error = refused(submitter, kind="score", model_version=str(vae.pk), params=params)
    assert (error.code, error.field, error.got) == ("given_twice", "params.abnormal", "cup")


@pytest.mark.parametrize("name", ["fidd", "ngrams", "psnr"])
def test_a_metric_that_is_unknown_or_does_not_fit_is_refused_before_anything_is_sampled(vae, submitter, name):
    error = refused(submitter, kind="measure", model_version=str(vae.pk), params={"metrics": ["fid", name]})
    assert (error.code, error.field, error.expected) == (
        "unknown_metric", "params.metrics", ["classifier", "fid", "synthetic_training"],
    )  # fmt: skip


def test_a_metric_that_fits_is_measured(vae, submitter):
    job, _ = send({"kind": "measure", "model_version": str(vae.pk), "params": {"metrics": ["fid"]}}, actor=submitter)
    assert job.state == State.QUEUED


BARE = sampling.PICTURES | {"fields": sampling.PICTURES["fields"][:1]}
CUPS = sampling.PICTURES | {"fields": [BARE["fields"][0], sampling.PICTURES["fields"][1] | {"labels": ["cup", "jug"]}]}
BOTH = ("classifier", "synthetic_training")


@pytest.mark.parametrize(
    ("family", "told", "trained", "data", "names"),
    [
        ("vae", True, sampling.PICTURES, None, ()),
        ("vae", False, sampling.PICTURES, None, ("synthetic_training",)),  # its training was told none
        ("gan", True, sampling.PICTURES, None, ("synthetic_training",)),  # has none to choose
        ("vae", True, BARE, None, BOTH),
        ("vae", True, sampling.PICTURES, BARE, BOTH),
        ("vae", True, BARE, sampling.PICTURES, ("synthetic_training",)),
        ("vae", True, sampling.PICTURES, CUPS, ("synthetic_training",)),  # makes vases, which these are not
    ],
)
def test_a_metric_that_needs_classes_is_refused_before_anything_is_sampled(
    project, submitter, family, told, trained, data, names
):
    job = builders.job(project, submitter, family=family, state=State.SUCCEEDED, params={"use_classes": told})
    inputs = {"model": str(sampling.model(project, submitter, family, trained, job=job).pk)}
    if data:
        inputs["data"] = str(sampling.model(project, submitter, family, data).dataset_version.pk)
    for name in BOTH:
        body = {"kind": "measure", "inputs": inputs, "params": {"metrics": [name]}}
        if name in names:
            error = refused(submitter, **body)
            assert (error.code, error.field, error.got) == ("no_classes", "params.metrics", name)
        else:
            assert send(body, actor=submitter)[0].state == State.QUEUED


def test_weights_are_frozen_only_where_there_is_a_parent_that_they_come_from(vae, submitter):
    body = {"kind": "train", "family": "vae", "params": {"freeze": "encoder/*"}}
    data = {"data": str(vae.dataset_version_id)}
    error = refused(submitter, **body, inputs=data)
    assert (error.code, error.field) == ("needs_parent", "params.freeze")
    job, _ = send(body | {"inputs": data | {"parent": str(vae.pk)}}, actor=submitter)
    assert job.params["freeze"] == "encoder/*"


@pytest.mark.parametrize(("told", "code"), [(False, ""), (True, "wrong_shape")])
def test_classes_may_differ_from_the_parent_s_where_its_training_was_not_told_them(project, submitter, told, code):
    job = builders.job(project, submitter, family="vae", state=State.SUCCEEDED, params={"use_classes": told})
    parent = sampling.model(project, submitter, "vae", sampling.PICTURES, job=job)
    data = sampling.model(project, submitter, "vae", builders.SPEC).dataset_version
    body = {"kind": "train", "family": "vae", "inputs": {"data": str(data.pk), "parent": str(parent.pk)}}
    if code:
        assert refused(submitter, **body).code == code
    else:
        assert send(body, actor=submitter)[0].params["use_classes"] is False
