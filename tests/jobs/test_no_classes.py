"""What only a model with classes can use is refused of any other, whichever way it came to know none."""

from __future__ import annotations

import pytest

from catalog import plugins
from jobs.models import State
from jobs.submission import send
from models_store.errors import ProductError
from tests import builders
from tests.jobs import sampling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("families")]
BARE = {"modality": "image", "fields": sampling.PICTURES["fields"][:1]}
CONTROLS = {
    "label": {"type": "string", "default": "", "of_spec": "condition", "needs_classes": True},
    "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20, "default": 1.0, "needs_classes": True},
}


@pytest.fixture
def families(db):
    sampling.announce()
    told = {"use_classes": {"type": "boolean", "default": False, "tells_classes": True}}
    trained = {"data": builders.role("dataset_version")}
    both = {"sampling": "one_shot", "roles": trained, "controls": sampling.schema(CONTROLS)}
    plugins.announce("a worker with classes", [
        builders.plugin("family", "vae", told, **both), builders.plugin("family", "ddpm", **both),
    ])  # fmt: skip


def asked(project, person, family: str, spec, told: bool, **params):
    job = builders.job(project, person, family=family, state=State.SUCCEEDED, params={"use_classes": told})
    model = sampling.model(project, person, family, spec, job=job)
    return send({"kind": "generate", "model_version": str(model.pk), "params": params}, actor=person)[0]


@pytest.mark.parametrize(("family", "spec"), [("ddpm", BARE), ("vae", BARE), ("vae", sampling.PICTURES)])
@pytest.mark.parametrize("params", [{"label": "cup"}, {"guidance_scale": 3.0}])
def test_a_model_that_was_told_no_classes_is_asked_for_none(project, submitter, family, spec, params):
    with pytest.raises(ProductError) as refused:
        asked(project, submitter, family, spec, False, **params)
    (name,) = params
    assert (refused.value.code, refused.value.field) == ("no_classes", f"params.{name}")
    assert asked(project, submitter, family, spec, False, guidance_scale=1.0).state == State.QUEUED


@pytest.mark.parametrize(("family", "told"), [("ddpm", False), ("vae", True)])
def test_one_that_was_told_them_takes_them(project, submitter, family, told):
    job = asked(project, submitter, family, sampling.PICTURES, told, label="cup", guidance_scale=3.0)
    assert job.params["label"] == "cup"
