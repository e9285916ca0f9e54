"""An estimate through the whole platform: a body as REST sends it, the real engine, no data read."""

from __future__ import annotations

import threading

import pytest

from catalog import plugins
from catalog.models import DatasetVersion
from jobs.claim import claim_next
from jobs.models import State
from jobs.submission import send
from tests import builders
from workers.registry import describe_all
from workers.tasks import batch, orders


@pytest.mark.django_db
def test_an_estimate_answers_without_the_data(project, submitter):
    plugins.announce("test worker", describe_all())
    version = builders.dataset_version(project, submitter)
    DatasetVersion.objects.filter(pk=version.pk).update(files={"train.safetensors": "0" * 64})  # nowhere to be found
    params = {"steps": 10, "width": 4, "precision": "fp32"}
    body = {"kind": "estimate", "family": "dcgan", "dataset_version": str(version.pk), "params": params}
    job, _ = send(body, actor=submitter)
    assert job.queue == "io"

    batch.run_claims([claim_next("io", "w1")], threading.Event())

    job.refresh_from_db()
    assert job.state == State.SUCCEEDED, (job.error_code, job.error_detail)
    assert job.result["fits"] is True
    assert set(job.result["parameters"]) == {"generator", "discriminator"}
    assert batch._warm is None


@pytest.mark.django_db
def test_an_estimate_computes_as_the_last_training_of_the_same_networks_chose(project, submitter):
    plugins.announce("w", [builders.plugin("family", "gan", {"width": {"type": "integer", "shapes": True}})])
    chosen = {"device": "cpu", "precision": "fp32", "layout": "contiguous", "threads": 1}
    others = ({"width": 9}, {"family": "vae"}, {"state": State.FAILED}, {"precision": "bf16"}, {"facts": {}})
    for said in ({}, *others):
        params = {"width": said.get("width", 4), "precision": said.get("precision", "auto"), "steps": 5}
        facts = said.get("facts", chosen | ({"layout": "another"} if said else {}))
        on = {"family": said.get("family", "gan"), "state": said.get("state", State.SUCCEEDED)}
        builders.job(project, submitter, params=params, facts=facts, **on)
    job = builders.job(project, submitter, "estimate", family="gan", params={"width": 4, "precision": "auto"})
    assert orders._way_before(job) == {"precision": "fp32", "layout": "contiguous"}
    job.params["width"] = 5
    assert orders._way_before(job) == {}


def test_an_estimate_gets_a_child_of_its_own(home):
    from models_store.keys import Keyring

    keyring = Keyring.load(home / "keys")
    try:
        first = batch.child_for("verify", keyring)
        assert batch.child_for("estimate", keyring) is first  # it has done nothing yet
        first.orders_run = 1
        assert batch.child_for("verify", keyring) is first
        assert batch.child_for("estimate", keyring) is not first
    finally:
        batch.drop_warm()
