"""The way to a score job: from a model's page to a form with the kind's own fields, and back with what was wrong."""

from __future__ import annotations

import pytest
from django.urls import reverse

from catalog import plugins
from desk.job.then_fields import Following
from jobs.models import Job
from tests import builders
from tests.jobs import sampling

pytestmark = pytest.mark.django_db
OWN = {
    "by": {"type": "string", "enum": ["peak", "mean"], "default": "peak"},
    "quantile": {"type": "number", "minimum": 0.5, "maximum": 0.9999, "default": 0.99},
    "normal": {"type": "string", "default": "", "of_spec": "condition"},
    "abnormal": {"type": "array", "items": {"type": "string"}, "default": [], "of_spec": "condition"},
}


@pytest.fixture
def model(project, submitter):
    """Of a family that inspects."""
    sampling.announce()
    data = sampling.optional("dataset_version")
    trained = {"data": builders.role("dataset_version"), "parent": sampling.optional("model_version")}
    plugins.announce("a worker that scores", [
        builders.plugin("kind", "score", OWN, queue="generate", chooses_family=False, produces="figures",
                        asks_of_family="inspects",
                        roles={"model": builders.role("model_version"), "data": data, "reference": data}),
        builders.plugin("family", "vae", {}, sampling="one_shot", roles=trained, inspects=True,
                        controls=sampling.schema({})),
    ])  # fmt: skip
    return sampling.model(project, submitter, "vae", sampling.PICTURES)


@pytest.fixture
def sam(client, submitter):
    client.force_login(submitter)
    return client


def test_the_form_has_the_kind_s_fields_and_submits_them(model, sam):
    address = f"{reverse('admin:jobs_job_add')}?kind=score&model={model.pk}"
    page = sam.get(address).content.decode()
    assert all(f'name="{name}"' in page for name in ("input_reference", "input_data", "param_by", "param_normal"))
    said = {"param_by": "mean", "param_quantile": "0.9", "param_normal": "cup", "param_abnormal": "vase",
            "input_model": str(model.pk), "project": model.model.project.slug}  # fmt: skip
    sam.post(address, said)
    job = Job.objects.get()
    assert job.params == {"by": "mean", "quantile": 0.9, "normal": "cup", "abnormal": ["vase"]}
    assert {row.role for row in job.inputs.all()} == {"model", "data", "reference"}


def test_only_models_that_can_say_it_are_offered(model, project, submitter, sam):
    plugins.announce("a worker that draws", [builders.plugin("family", "ddpm", {}, inspects=False)])
    sampling.model(project, submitter, "ddpm", sampling.PICTURES)

    def offered(kind):
        page = sam.get(f"{reverse('admin:jobs_job_add')}?kind={kind}")
        return {card["version"].family for card in page.context["cards"]}

    assert (offered("score"), offered("generate")) == ({"vae"}, {"vae", "ddpm"})


def test_a_fresh_form_has_nothing_against_it(model, sam):
    answer = sam.get(f"{reverse('admin:jobs_job_add')}?kind=score&model={model.pk}")
    assert answer.context["not_yet"] == []


def test_it_follows_only_on_a_training_whose_models_inspect(model):
    train, families = plugins.plugin("kind", "train"), {row.name: row for row in plugins.available("family")}
    families["gan"].abilities["inspects"] = False
    assert {name: [row.name for row in Following(train, families[name]).kinds] for name in ("vae", "gan")} == {
        "vae": ["evaluate", "generate", "score"], "gan": ["evaluate", "generate"],
    }  # fmt: skip


def test_a_class_that_is_none_comes_back_beside_its_field(model, sam):
    address = f"{reverse('admin:jobs_job_add')}?kind=score&model={model.pk}"
    said = {"param_normal": "plate", "input_model": str(model.pk), "project": model.model.project.slug}
    page = sam.post(address, said).content.decode()
    assert not Job.objects.exists()
    assert "The data have no such class." in page
