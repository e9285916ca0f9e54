"""A data set that is erased: bytes, names and free text are gone, and the log can be checked as before."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction

from audit import reviews, sequencer
from audit.export import export
from audit.models import AuditDetail, AuditEvent, ReviewRequest, TreeHead
from audit.selfcheck import verify_log
from audit.services import append
from catalog import plugins
from catalog.models import Dataset, ModelVersion, Plugin, Stage, VersionState
from catalog.services import declare_dataset
from catalog.store import blobs, namespace
from config import clock
from jobs.admission import admit
from jobs.models import Job, JobEvent, JobInput, State
from jobs.standing import DataErased
from jobs.submission import send, submit
from lineage import forgetting
from lineage.data_named import events_naming
from lineage.erasure import ErasedAlready, InUse, erase_dataset
from lineage.forgetting import forget_due
from lineage.legal_holds import HeldForLaw, set_hold
from models_store.errors import Forbidden, InvalidInput
from models_store.keys import Keyring
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
NAME = "patients of Dr. Weiß"
SECRETS = (NAME, "ward 7", "anna.png", "Weiß")


@pytest.fixture(autouse=True)
def _settled(monkeypatch):
    monkeypatch.setattr(forgetting, "SETTLED_S", -60.0)


@pytest.fixture
def owner(project):
    found = builders.person("olaf")
    project.members.add(found, through_defaults={"role": "owner"})
    return found


@pytest.fixture
def data(project, submitter):
    """A version that was read from an upload, with everything that such a job leaves."""
    declaration = {"source": "ward 7", "licence": "internal", "legal_basis": "consent of ward 7", "notes": "anna.png"}
    dataset = declare_dataset(project, name=NAME, modality="image", declaration=declaration, actor=submitter)
    files = {name: blobs().put(namespace(project), name.encode()) for name in ("dataset.json", "preview.png")}
    problems = [{"code": "damaged", "where": "anna.png"}]
    version = dataset.versions.create(
        number=1, state=VersionState.READY, files=files, sha256=files["dataset.json"], created_by=submitter,
        counts={"train": 9}, spec=builders.SPEC, profile={"mean": 3}, problems=problems,
    )  # fmt: skip
    result = {"dataset_version": str(version.pk), "counts": {"train": 9}, "problems": [{"where": "anna.png"}]}
    job = builders.job(project, submitter, "ingest", state=State.SUCCEEDED, name=f"ingest {version}", result=result)
    upload = blobs().put(namespace(project), b"the upload")
    JobInput.objects.create(job=job, role="into", dataset_version=version)
    JobInput.objects.create(job=job, role="upload", upload_sha256=upload, upload_name="anna.png")
    JobEvent.objects.create(job=job, type="log", at=clock.now(), data={"message": "anna.png is damaged"})
    return version


@pytest.fixture
def model(data, project, submitter):
    """Trained on it."""
    checkpoint = {"step": 3, "files": {"state": blobs().put(namespace(project), b"saved state")}}
    job = builders.job(project, submitter, state=State.SUCCEEDED, checkpoint=checkpoint)
    JobInput.objects.create(job=job, role="data", dataset_version=data)
    return builders.model_version(project, submitter, job=job, dataset_version=data, stage=Stage.APPROVED)


def erased(data, owner, **said):
    erase_dataset(data.dataset, name=NAME, actor=owner, **said)
    forget_due(clock.now())
    data.refresh_from_db()
    return data


def test_its_bytes_are_gone(data, owner, project):
    files = [*data.files.values(), JobInput.objects.get(role="upload").upload_sha256]
    erased(data, owner)
    assert not [one for one in files if blobs().exists(namespace(project), one)]


def test_a_model_that_keeps_real_items_loses_them_and_is_revoked(data, project, submitter, owner):
    said = builders.plugin("family", "resample", releases=False, roles={"data": builders.role("dataset_version")})
    plugins.announce("test worker", [*builders.PLUGINS, said])
    Plugin.objects.update(seen_at=clock.now() - timedelta(days=9))  # nobody offers it any more
    space = namespace(project)
    grid, events, table = (blobs().put(space, name) for name in (b"a grid", b"event file", b"table of items"))
    result = {"tensorboard_sha256": events}
    job = builders.job(project, submitter, state=State.SUCCEEDED, family="resample", result=result)
    JobInput.objects.create(job=job, role="data", dataset_version=data)
    JobEvent.objects.create(job=job, type="sample", at=clock.now(), data={"step": 5, "sha256": grid})
    version = builders.model_version(project, submitter, "baseline", family="resample", job=job, dataset_version=data)
    card = version.files["card.md"]
    ModelVersion.objects.filter(pk=version.pk).update(files=version.files | {"graphs/lookup.onnx": table})
    erased(data, owner)
    version.refresh_from_db()
    assert (version.stage, version.files["card.md"]) == (Stage.REVOKED, card)
    assert [blobs().exists(space, one) for one in (grid, events, table, card)] == [False, False, False, True]


def test_data_of_which_nothing_was_kept_are_erased_too(project, submitter, owner):
    failed = builders.dataset(project, submitter, NAME).versions.create(
        number=1, state=VersionState.FAILED, created_by=submitter
    )
    assert erased(failed, owner).state == VersionState.ERASED


def test_a_crash_after_the_last_blob_is_made_up_for_by_the_next_sweep(data, owner, monkeypatch):
    monkeypatch.setattr(forgetting, "finish_erasures", lambda now: 0)
    assert erased(data, owner).state == VersionState.ERASING
    monkeypatch.undo()
    forget_due(clock.now())
    data.refresh_from_db()
    assert data.state == VersionState.ERASED


def test_ids_digests_and_counts_stay(data, owner):
    before = data.sha256
    erased(data, owner)
    assert (data.state, data.sha256, data.counts) == (VersionState.ERASED, before, {"train": 9})


def test_no_name_and_no_free_text_is_left_in_any_row(data, model, owner, submitter):
    send({"kind": "train", "family": "dcgan", "dataset_version": f"latest:{NAME}"}, actor=submitter)
    Job.objects.filter(state=State.QUEUED).update(state=State.CANCELLED)
    erased(data, owner)
    left = [list(kind.objects.values()) for kind in (Dataset, type(data), Job, JobInput, JobEvent, AuditDetail)]
    said = json.dumps(left, default=str, ensure_ascii=False)
    assert [one for one in SECRETS if one in said] == []


def test_no_name_is_left_in_what_policies_said_of_jobs_that_worked_on_it(data, model, owner, project):
    said = f"held: {data} was approved by nobody"
    Job.objects.filter(pk=model.job_id).update(state_reason=said, error_detail=said, error_facts={"got": [str(data)]})
    JobEvent.objects.create(job=model.job, type="state", at=clock.now(), data={"state": "held", "reason": said})
    reviews.ask(("job", str(model.job_id)), project=project.pk, why=said)
    reviews.ask(("dataset_version", str(data.pk)), project=project.pk, why=f"{data} waits")
    erased(data, owner)
    left = [list(kind.objects.values()) for kind in (Job, JobEvent, ReviewRequest, AuditDetail)]
    assert NAME not in json.dumps(left, default=str, ensure_ascii=False)
    assert Job.objects.get(pk=model.job_id).state_reason == f"held: erased-{data.dataset_id} v1 was approved by nobody"


def test_the_log_and_an_older_export_can_still_be_checked(data, owner, home, tmp_path):
    sequencer.sequence()
    sequencer.sign_head(keyring := Keyring.load(home / "keys"))
    erased(data, owner)
    sequencer.sequence()
    sequencer.sign_head(keyring)
    place = tmp_path / "log.jsonl"
    place.write_bytes(b"".join(export(keyring, actor="auditor", details=True)))
    key = tmp_path / "log.pem"
    key.write_text(json.loads(place.read_text().splitlines()[0])["public_keys"][keyring.log.key_id])
    command = [sys.executable, "docs/verify_audit.py", str(place), "--key", str(key), "--details"]
    said = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    assert (said.returncode, "VERIFIED" in said.stdout) == (0, True), said.stdout + said.stderr
    assert NAME not in place.read_text()


def test_what_happened_stays_in_the_log_without_who_and_what(data, owner):
    erased(data, owner)
    declared = AuditEvent.objects.get(verb="dataset.declared")
    assert (declared.actor, hasattr(declared, "detail")) == ("", False)
    assert AuditEvent.objects.get(verb="dataset.erased").detail.detail["models"] == "keep"


def test_models_trained_on_it_stay_unless_somebody_says_so(data, model, owner, project):
    erased(data, owner)
    model.refresh_from_db()
    assert model.stage == Stage.APPROVED
    assert blobs().exists(namespace(project), model.files["card.md"])


def test_models_and_those_trained_on_from_them_are_revoked_where_somebody_says_so(
    data, model, project, submitter, owner
):
    further = builders.job(project, submitter, state=State.SUCCEEDED)
    JobInput.objects.create(job=further, role="parent", model_version=model)
    builders.model_version(project, submitter, "child", job=further)
    erased(data, owner, models="revoke", reason="consent withdrawn")
    assert set(ModelVersion.objects.values_list("stage", "comment")) == {("revoked", "consent withdrawn")}


def test_the_saved_state_of_a_training_goes_too(data, model, owner, project):
    state = model.job.checkpoint["files"]["state"]
    erased(data, owner)
    assert not blobs().exists(namespace(project), state)
    assert Job.objects.get(pk=model.job_id).checkpoint == {}


def test_under_a_legal_hold_nothing_is_erased(data, owner, reviewer, project):
    set_hold("project", str(project.pk), reason="lawsuit", actor=reviewer)
    with pytest.raises(HeldForLaw):
        erase_dataset(data.dataset, name=NAME, actor=owner)


def test_a_hold_on_something_made_from_it_keeps_it(data, model, owner, reviewer):
    set_hold("model_version", str(model.pk), reason="lawsuit", actor=reviewer)
    with pytest.raises(HeldForLaw):
        erase_dataset(data.dataset, name=NAME, actor=owner)


def test_while_a_job_uses_it_it_stays(data, owner, submitter):
    job, _ = send({"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}, actor=submitter)
    with pytest.raises(InUse) as used:
        erase_dataset(data.dataset, name=NAME, actor=owner)
    assert used.value.got == [str(job.pk)]
    assert Dataset.objects.get().name == NAME


@pytest.mark.parametrize("said", [{"name": "patients"}, {"name": NAME, "models": "sell"}])
def test_a_name_that_is_not_its_own_erases_nothing(data, owner, said):
    with pytest.raises(InvalidInput):
        erase_dataset(data.dataset, actor=owner, **said)


def test_only_an_owner_erases(data, reviewer):
    with pytest.raises(Forbidden):
        erase_dataset(data.dataset, name=NAME, actor=reviewer)


def test_it_is_erased_once(data, owner):
    erased(data, owner)
    data.dataset.refresh_from_db()
    with pytest.raises(ErasedAlready):
        erase_dataset(data.dataset, name=data.dataset.name, actor=owner)


def test_a_crash_after_the_rows_leaves_the_rest_to_the_sweeper(data, owner, project):
    files = list(data.files.values())
    erase_dataset(data.dataset, name=NAME, actor=owner)
    data.refresh_from_db()
    assert data.state == VersionState.ERASING
    assert all(blobs().exists(namespace(project), one) for one in files)
    forget_due(clock.now())
    data.refresh_from_db()
    assert data.state == VersionState.ERASED


def test_a_crash_among_the_rows_leaves_all_of_them_as_they_were(data, owner, monkeypatch):
    monkeypatch.setattr("lineage.erasure.erase_details", lambda *said, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erase_dataset(data.dataset, name=NAME, actor=owner)
    assert Dataset.objects.get().name == NAME
    assert Dataset.objects.get().versions.get().state == VersionState.READY


def test_bytes_that_another_data_set_shares_stay(data, owner, project, submitter):
    other = builders.dataset_version(project, submitter)
    other.files = {"preview.png": data.files["preview.png"]}
    other.save()
    shared = data.files["preview.png"]
    erased(data, owner)
    assert blobs().exists(namespace(project), shared)


def test_a_submission_that_was_checked_before_finds_the_data_gone(data, owner, submitter):
    checked = admit({"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}, actor=submitter)
    erased(data, owner)
    with pytest.raises(DataErased):
        submit(checked, actor=submitter)


def test_rest_erases_with_the_name_typed_again(data, owner, submitter, client_for):
    place = f"/api/v1/datasets/{data.dataset_id}/erase"
    assert client_for(submitter).post(place, {"name": NAME}, "application/json").status_code == 403
    wrong = client_for(owner).post(place, {"name": "x"}, "application/json")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "name")
    done = client_for(owner).post(place, {"name": NAME}, "application/json")
    assert (done.status_code, done.json()["versions"][0]["state"]) == (202, "erasing")
    assert done.json()["name"] != NAME


def test_the_log_s_own_check_passes_afterwards(data, owner, home):
    erased(data, owner)
    sequencer.sequence()
    sequencer.sign_head(keyring := Keyring.load(home / "keys"))
    assert TreeHead.objects.exists()
    assert verify_log(keyring).ok


def test_an_event_that_names_it_while_the_log_is_looked_through_is_forgotten_too(data, owner, submitter, monkeypatch):
    def looked_through(name, project, since=None):
        found = events_naming(name, project, since)
        if since is None:
            append(actor="sam", verb="test", subject=("job", "naming it"), project=project, detail={"data": name})
        return found

    monkeypatch.setattr("lineage.erasure.events_naming", transaction.atomic(looked_through))
    erased(data, owner)
    assert not hasattr(AuditEvent.objects.get(subject_id="naming it"), "detail")


@pytest.mark.parametrize("name", ["digits", "Weiß", '胸片 "2024"', "back\\slash", "胸片"])
def test_what_names_a_data_set_is_found_in_any_script(project, name):
    with transaction.atomic():
        events = [
            append(actor="sam", verb="test", subject=("job", "j"), project=project.pk, detail={"data": [said]})
            for said in (name, f"latest:{name}", f"on {name} v3", "x" + name)
        ]
    assert events_naming(name, project.pk) == {event.pk for event in events[:3]}
