"""Jobs that come after others: they wait, go on, and end with the reason of the one that did not succeed."""

from __future__ import annotations

import pytest
from django.db import transaction

from audit.models import AuditEvent
from catalog import plugins
from catalog.models import DatasetVersion, VersionState
from catalog.services import fill_version
from jobs import standing, uploads
from jobs.admission import admit
from jobs.clone import clone
from jobs.earlier import EarlierJobEnded
from jobs.holds import decide_model
from jobs.models import Job, JobAfter, JobEvent, State
from jobs.services import cancel, pause, retry
from jobs.submission import send, submit
from jobs.transitions import IllegalTransition, move
from models_store.errors import InvalidInput, NotFound, ProductError
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]

DATA = {"data": builders.role("dataset_version")}
SAID = {"spec": builders.SPEC, "profile": {}, "counts": {"train": 9, "holdout": 1}}


@pytest.fixture
def data(project, submitter):
    return builders.dataset_version(project, submitter)


@pytest.fixture
def trains(data, submitter):
    """`trains(name)`: submits a training, by default after nothing."""

    def make(name: str = "digits", **more) -> Job:
        said = {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan", "name": name}
        return send(said | more, actor=submitter)[0]

    return make


@pytest.fixture
def generates(submitter):
    """`generates(training)`: asks for two of what the training will have learned."""

    def make(training: Job, actor=submitter, **more) -> Job:
        said = {"kind": "generate", "model_version": f"job:{training.pk}", "count": 2}
        return send(said | more, actor=actor)[0]

    return make


def ids(*jobs: Job) -> list[str]:
    return [str(job.pk) for job in jobs]


def now(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def end(job: Job, to: str, reason: str = "", **more) -> None:
    """As a worker ends it."""
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING)
    move(job.pk, to, actor="worker test", reason=reason, **more)


def learned(job: Job):
    """As a worker ends a training: the version first, then the result with the state."""
    with transaction.atomic():
        version = builders.model_version(job.project, job.submitted_by, job=job)
        end(job, State.SUCCEEDED, result={"model_version": str(version.pk)})
    return version


def test_a_job_waits_for_the_earlier_one_and_says_so(trains):
    later = trains("second", after=ids(trains("first")))
    assert (later.state, later.state_reason) == (State.HELD, "waits for job first")


def test_a_long_list_of_earlier_jobs_is_not_spelled_out(trains):
    later = trains("last", after=ids(*(trains(name) for name in "abcde")))
    assert later.state_reason == "waits for jobs a, b, c, …"


def test_a_success_lets_the_next_one_go_and_wakes_its_queue(trains, rung, django_capture_on_commit_callbacks):
    first = trains("first")
    later = trains("second", after=ids(first))
    with django_capture_on_commit_callbacks(execute=True):
        end(first, State.SUCCEEDED)
    assert (now(later).state, rung) == (State.QUEUED, ["train.cpu"])


def test_a_job_goes_on_when_the_last_earlier_one_has_succeeded(trains):
    first, second = trains("first"), trains("second")
    later = trains("third", after=ids(first, second))
    end(first, State.SUCCEEDED)
    assert (now(later).state, now(later).state_reason) == (State.HELD, "waits for job second")
    end(second, State.SUCCEEDED)
    assert now(later).state == State.QUEUED


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        (State.FAILED, "first failed: out of memory"),
        (State.ERRORED, "first ended with an error: out of memory"),
        (State.CANCELLED, "first was cancelled: out of memory"),
    ],
)
def test_all_that_wait_end_with_the_reason_of_the_first_two_deep(trains, to, reason):
    first = trains("first")
    second = trains("second", after=ids(first))
    third = trains("third", after=ids(second))
    end(first, to, "out of memory")
    for later in (second, third):
        said = now(later)
        assert (said.state, said.state_reason, said.error_code) == (State.CANCELLED, reason, "earlier_job_ended")
        assert said.error_facts == {"job": str(first.pk)}


def test_a_job_that_ends_with_an_earlier_one_tells_its_events_and_the_log(trains):
    first = trains("first")
    later = trains("second", after=ids(first))
    end(first, State.FAILED, "out of memory")
    reason = "first failed: out of memory"
    assert JobEvent.objects.filter(job=later).last().data == {"state": State.CANCELLED, "reason": reason}
    event = AuditEvent.objects.get(verb="job.cancelled", subject_id=str(later.pk))
    assert event.detail.detail["reason"] == reason


def test_a_job_after_two_ends_once_when_one_failure_reaches_it_by_both(trains):
    first = trains("first")
    left, right = trains("left", after=ids(first)), trains("right", after=ids(first))
    last = trains("last", after=ids(left, right))
    end(first, State.FAILED, "why")
    assert now(last).state == State.CANCELLED
    assert AuditEvent.objects.filter(verb="job.cancelled", subject_id=str(last.pk)).count() == 1


def test_a_chain_longer_than_any_recursion_ends_whole(trains, project, submitter):
    jobs = [trains("first")]
    rows = [builders.job(project, submitter, state=State.HELD) for _ in range(300)]
    for job in rows:
        JobAfter.objects.create(job=job, earlier=jobs[-1])
        jobs.append(job)
    end(jobs[0], State.FAILED, "why")
    assert not Job.objects.filter(state=State.HELD).exists()


@pytest.mark.parametrize("state", [State.FAILED, State.ERRORED, State.CANCELLED])
def test_nothing_comes_after_a_job_that_did_not_succeed(trains, state):
    first = trains("first")
    Job.objects.filter(pk=first.pk).update(state=state)
    with pytest.raises(EarlierJobEnded) as refused:
        trains("second", after=ids(trains("other"), first))
    error = refused.value
    assert (error.code, error.http_status, error.field, error.got) == ("earlier_job_ended", 409, "after[1]", state)
    assert "try that job again first" in error.detail


def test_a_job_after_one_that_has_succeeded_starts_at_once(trains):
    first = trains("first")
    end(first, State.SUCCEEDED)
    assert trains("second", after=ids(first)).state == State.QUEUED


@pytest.mark.parametrize("said", ["x", [1], ["nobody"], [{}], {"a": 1}, ["0"] * 21])
def test_what_is_no_list_of_jobs_is_refused_with_its_place(trains, said):
    with pytest.raises(ProductError) as refused:
        trains(after=said)
    assert refused.value.field.startswith("after")


def test_a_job_of_another_project_is_not_waited_for(trains, submitter):
    elsewhere = builders.project("elsewhere", owner=submitter)
    with pytest.raises(InvalidInput) as refused:
        trains(after=ids(builders.job(elsewhere, submitter)))
    assert refused.value.field == "project"


def test_a_job_that_a_person_may_not_see_does_not_exist(trains):
    stranger = builders.person("stranger")
    hidden = builders.job(builders.project("hidden", owner=stranger), stranger)
    with pytest.raises(NotFound):
        trains(after=ids(hidden))


def test_a_waiting_job_is_cancelled_at_once_and_takes_its_followers_along(trains, submitter):
    second = trains("second", after=ids(trains("first")))
    third = trains("third", after=ids(second))
    assert cancel(second, actor=submitter).state == State.CANCELLED
    assert now(third).state_reason == "second was cancelled: cancelled by sam"


def test_a_waiting_job_is_not_paused(trains, submitter):
    later = trains("second", after=ids(trains("first")))
    with pytest.raises(IllegalTransition):
        pause(later, actor=submitter)
    assert now(later).state == State.HELD


def test_a_retried_job_does_not_revive_what_was_cancelled_with_it(trains, submitter):
    first = trains("first")
    later = trains("second", after=ids(first))
    end(first, State.FAILED, "why")
    retry(now(first), actor=submitter)
    assert now(later).state == State.CANCELLED


def test_a_cancelled_follower_waits_again_once_the_earlier_job_is_tried_again(trains, submitter):
    first = trains("first")
    later = trains("second", after=ids(first))
    end(first, State.FAILED, "why")
    with pytest.raises(EarlierJobEnded):
        retry(now(later), actor=submitter)
    retry(now(first), actor=submitter)
    again = retry(now(later), actor=submitter)
    assert (again.state, again.state_reason, again.error_code) == (State.HELD, "waits for job first", "")
    end(first, State.SUCCEEDED)
    assert now(later).state == State.QUEUED


def test_a_promised_model_becomes_the_input_when_it_is_there(trains, generates):
    training = trains()
    job = generates(training)
    assert (job.state, job.inputs.get().said()) == (State.HELD, f"job:{training.pk}")
    version = learned(training)
    assert now(job).state == State.QUEUED
    assert job.inputs.get(role="model").model_version == version


def test_a_model_that_was_promised_and_is_there_is_taken_at_once(trains, generates):
    training = trains()
    version = learned(training)
    job = generates(training)
    assert (job.state, job.inputs.get(role="model").model_version) == (State.QUEUED, version)


def test_another_person_s_job_on_a_promised_model_then_waits_for_approval(trains, generates, reviewer):
    training = trains()
    job = generates(training, actor=reviewer)
    version = learned(training)
    assert (now(job).state, "needs approval" in now(job).state_reason) == (State.HELD, True)
    decide_model(version, "approve", actor=reviewer)
    assert now(job).state == State.QUEUED


def test_an_approval_does_not_let_a_job_go_that_still_waits_for_another(trains, project, submitter, reviewer):
    version = builders.model_version(project, submitter)
    first = trains("first")
    said = {"kind": "generate", "model_version": str(version.pk), "count": 1, "after": ids(first)}
    job, _ = send(said, actor=reviewer)
    decide_model(version, "approve", actor=reviewer)
    assert (now(job).state, now(job).state_reason) == (State.HELD, "waits for job first")
    end(first, State.SUCCEEDED)
    assert now(job).state == State.QUEUED


def test_a_model_that_cannot_be_used_any_more_ends_the_job_that_waited(trains, project, submitter):
    version = builders.model_version(project, submitter)
    first = trains("first")
    said = {"kind": "generate", "model_version": str(version.pk), "count": 1, "after": ids(first)}
    job, _ = send(said, actor=submitter)
    type(version).objects.filter(pk=version.pk).update(stage="revoked")
    end(first, State.SUCCEEDED)
    assert (now(job).state, now(job).error_code) == (State.CANCELLED, "model_unusable")
    assert "revoked" in now(job).state_reason


def test_a_success_between_the_check_and_the_insert_is_not_missed(trains, submitter):
    training = trains()
    said = {"kind": "generate", "model_version": f"job:{training.pk}", "count": 2}
    asked = admit(said, actor=submitter)
    version = learned(training)
    job, _ = submit(asked, actor=submitter)
    assert (job.state, job.inputs.get().model_version) == (State.QUEUED, version)


def test_a_failure_between_the_check_and_the_insert_refuses_the_whole(trains, submitter):
    training = trains()
    said = {"kind": "generate", "model_version": f"job:{training.pk}", "count": 2}
    asked = admit(said, actor=submitter)
    end(training, State.FAILED, "why")
    with pytest.raises(EarlierJobEnded):
        submit(asked, actor=submitter)
    assert Job.objects.count() == 1


def test_a_bug_in_letting_a_job_go_does_not_cost_the_earlier_one_its_success(trains, monkeypatch, caplog):
    first = trains("first")
    later = trains("second", after=ids(first))
    third = trains("third", after=ids(later))
    monkeypatch.setattr(standing.fitting, "check_job", lambda job, inputs: 1 // 0)
    end(first, State.SUCCEEDED, result={"model_version": "kept"})
    assert (now(first).state, now(first).result) == (State.SUCCEEDED, {"model_version": "kept"})
    assert (now(later).state, "check_job" in now(later).traceback) == (State.ERRORED, True)
    assert now(third).state_reason.startswith("second ended with an error: ZeroDivisionError")


def test_a_job_that_makes_something_else_is_refused(trains, generates):
    with pytest.raises(InvalidInput) as refused:
        generates(generates(trains()))
    error = refused.value
    assert (error.code, error.field) == ("wrong_product", "model_version")
    assert (error.expected, error.got) == ("model_version", "artifacts")


def test_what_a_baseline_will_have_learned_is_not_released_either(data, submitter, generates):
    plugins.announce("another worker", [builders.plugin("family", "resample", releases=False, roles=DATA)])
    said = {"kind": "train", "dataset_version": str(data.pk), "family": "resample"}
    training, _ = send(said, actor=submitter)
    with pytest.raises(ProductError) as refused:
        generates(training)
    assert refused.value.code == "not_released"


def test_a_clone_waits_only_for_inputs_that_are_not_made_yet(trains, generates, submitter):
    training = trains()
    job = generates(training, after=ids(trains("other")))
    copy, _ = clone(job, actor=submitter)
    assert copy.state_reason == "waits for job digits"
    learned(training)
    copy, _ = clone(now(job), actor=submitter)
    assert copy.state == State.QUEUED


@pytest.fixture
def reading(project, submitter):
    """A data set version that is still being read, and the job that reads it."""
    dataset = builders.dataset(project, submitter, "scans")
    return uploads.ingest(dataset, options={}, actor=submitter, builtin="digits")


def read(version: DatasetVersion, job: Job, **said) -> None:
    """As a worker ends an ingest."""
    with transaction.atomic():
        fill_version(version.pk, actor="worker test", files={"dataset.json": "e" * 64}, said=SAID | said, problems=[])
        end(job, State.SUCCEEDED, result={"dataset_version": str(version.pk)})


def test_data_that_are_still_being_read_are_waited_for(reading, trains):
    version, ingest = reading
    job = trains(dataset_version=str(version.pk))
    assert (job.state, job.state_reason) == (State.HELD, "waits for job ingest scans v1")
    read(version, ingest)
    assert now(job).state == State.QUEUED


def test_data_may_be_named_by_the_job_that_reads_them(reading, trains):
    version, ingest = reading
    job = trains(dataset_version=f"job:{ingest.pk}")
    read(version, ingest)
    assert (now(job).state, job.inputs.get(role="data").dataset_version) == (State.QUEUED, version)


def test_data_that_turn_out_not_to_fit_end_the_job_with_code_and_place(reading, trains):
    plugins.announce("w1", [builders.plugin("family", "dcgan", item_shapes=[[1, 16, 16]], roles=DATA)])
    version, ingest = reading
    job = trains(dataset_version=str(version.pk))
    read(version, ingest)
    said = now(job)
    assert (said.state, said.error_code) == (State.CANCELLED, "wrong_shape")
    assert said.state_reason == "dcgan does not train on items of shape [1, 32, 32]."
    assert said.error_facts == {"field": "data", "expected": [[1, 16, 16]], "got": [1, 32, 32]}


def test_data_that_could_not_be_read_end_the_job(reading, trains):
    version, ingest = reading
    job = trains(dataset_version=str(version.pk))
    end(ingest, State.FAILED, "no picture in it")
    assert now(job).state_reason == "ingest scans v1 failed: no picture in it"
    version.refresh_from_db()
    assert version.state == VersionState.FAILED
    with pytest.raises(ProductError) as refused:
        trains(dataset_version=str(version.pk))
    assert refused.value.code == "dataset_not_ready"
