"""Jobs that run together in one child, from claim to record: each comes to its own end, whatever befalls the others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F, Max, Min, Sum

from accounts.models import Project, User
from catalog import plugins
from catalog.models import Model, ModelVersion
from catalog.store import blobs, namespace
from jobs import slices
from jobs.claim import Claim, claim_together
from jobs.models import Attempt, DeviceUse, Job, JobInput, State
from jobs.slices import TOOK_TURN
from lineage.manifests import of_artifact
from lineage.models import Artifact
from models_store.bundle import finish_bundle
from models_store.errors import InvalidInput
from models_store.keys import Keyring
from tests import builders
from tests.contract.toys.attempts import ingested, trained
from tests.english_like import english_like
from tests.models_store.facts_builder import facts
from workers.tasks import attempt, ballast, batch, orders, records
from workers.tasks.attempt import Watch
from workers.tasks.child import Child

pytestmark = pytest.mark.django_db
QUEUE = "generate.cpu"
LETTERS = 24


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed model of texts."""
    place = tmp_path_factory.mktemp("bundle")
    (place / "tales.txt").write_text(english_like(1, 4000), encoding="utf-8")
    data = ingested(place / "data", "text", place / "tales.txt", length=LETTERS)
    made = Path(trained(place / "model", "lstm", {"data": data}, steps=3, width=8, layers=1)["path"])
    finish_bundle(made, facts(), Keyring.load(settings.KEYS_FOLDER).bundle)
    return made


@pytest.fixture(scope="module", autouse=True)
def one_child() -> Iterator[None]:
    """A child that stays warm serves the next test too."""
    yield
    batch.drop_warm()


@pytest.fixture
def model(bundle: Path, project: Project, submitter: User) -> ModelVersion:
    abilities = {"produces": "artifacts", "stays_warm": True, "shares_batches": True, "queue": "generate"}
    plugins.announce("w", [builders.plugin("kind", "generate", **abilities)])
    return ModelVersion.objects.create(
        model=Model.objects.create(project=project, name="tales"), number=1, created_by=submitter, family="lstm",
        modality="text", sha256="b" * 64, files=keep(project, bundle),
    )  # fmt: skip


def keep(project: Project, place: Path) -> dict[str, str]:
    """Every file of a bundle in the store: name -> sha256."""
    names = sorted(path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): blobs().put(namespace(project), path) for path in names}


@pytest.fixture
def queued(model: ModelVersion, project: Project, submitter: User) -> Callable[..., Job]:
    """`queued(3)`: a job for so many texts."""

    def make(count: int, **said: Any) -> Job:
        params = {"count": count, "prompt": "the ", "length": said.pop("length", LETTERS)}
        on = {"queue": QUEUE, "batch_key": "k" * 64, "params": params}
        job = builders.job(said.pop("home", project), submitter, "generate", **(on | said))
        JobInput.objects.create(job=job, role="model", model_version=model)
        return job

    return make


@pytest.fixture
def elsewhere(bundle: Path, model: ModelVersion, tmp_path: Path) -> str:
    """The model as a machine publishes it that has a path which no worker of this test has; its name."""
    place = shutil.copytree(bundle, tmp_path / "elsewhere")
    chosen = {"path": "onnxruntime_int8", "threads": 1, "faster": 2.0, "why": "a test"}
    said = json.loads((place / "metrics.json").read_text()) | {"paths": {"chosen": chosen, "rows": []}}
    (place / "metrics.json").write_text(json.dumps(said))
    finish_bundle(place, facts(), Keyring.load(settings.KEYS_FOLDER).bundle)
    ModelVersion.objects.filter(pk=model.pk).update(files=keep(model.model.project, place))
    return chosen["path"]


def run(claims: list[Claim] | None = None, passed: Any = ()) -> list[Any]:
    """Run what is claimed next; returns those that made way."""
    return batch.run_claims(claims or claim_together(QUEUE, "w1", passed), threading.Event())


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def made(job: Job) -> dict[int, str]:
    return dict(Artifact.objects.filter(job=job).values_list("index", "content_sha256"))


def test_several_jobs_are_one_order_and_each_is_whole(queued, project) -> None:
    other = Project.objects.create(slug="other")
    jobs = [queued(3), queued(40, home=other), queued(2)]
    batch.drop_warm()
    assert run() == []
    assert batch._warm is not None
    assert batch._warm.orders_run == 1
    for job, count in zip(jobs, (3, 40, 2), strict=True):
        ended = fresh(job)
        assert (ended.state, ended.done, ended.total) == (State.SUCCEEDED, count, count), ended.error_detail
        assert ended.result["count"] == count
        assert ended.result["sheet_sha256"]
        assert sorted(made(job)) == list(range(count))
        assert [one.outcome for one in job.tries.all()] == ["succeeded"]
        assert job.facts != ended.facts
        said = ended.events.values_list("type", flat=True)
        assert {"state", "facts"} <= set(said)
        assert not (settings.ATTEMPTS_FOLDER / str(job.pk)).exists()
    texts = [blobs().read(namespace(job.project), row.sha256) for job in jobs for row in job.artifacts.all()]
    assert all(text.startswith(b"the ") for text in texts)


def test_each_project_is_charged_a_part_and_the_parts_are_the_time_it_took(queued, project) -> None:
    other = Project.objects.create(slug="other")
    for home in (project, other, project):
        queued(5, home=home)
    claims = claim_together(QUEUE, "w1")
    run(claims)
    used = DeviceUse.objects.aggregate(sum=Sum("seconds"))["sum"]
    began, ended = (Attempt.objects.aggregate(at=what)["at"] for what in (Min("started_at"), Max("ended_at")))
    assert DeviceUse.objects.values("project").distinct().count() == 2
    assert Attempt.objects.aggregate(sum=Sum("device_s"))["sum"] == pytest.approx(used, abs=0.01)
    assert 0 < used <= (ended - began).total_seconds() + 0.1


def test_a_job_makes_in_company_what_it_makes_alone(queued, monkeypatch) -> None:
    monkeypatch.setattr(orders, "job_mark_key", lambda *_: b"k" * 32)  # texts are drawn under the key of their job
    together = [queued(3, seed="1"), queued(35, seed="2")]
    run()
    for job in together:
        again = queued(job.params["count"], seed=job.seed, batch_key="")
        run()
        assert made(again) == made(job)
        assert fresh(again).state == State.SUCCEEDED


def test_where_the_chosen_path_is_missing_items_are_made_in_fp32_and_their_manifest_says_why(elsewhere, queued) -> None:
    job = queued(2)
    run()
    assert fresh(job).state == State.SUCCEEDED, fresh(job).error_detail
    for artifact in job.artifacts.all():
        said = of_artifact(artifact).ran_on
        assert said["path"] == "onnxruntime_fp32"
        assert said["path_why"].startswith(f"{elsewhere} was chosen, but: ")


def test_one_that_is_cancelled_ends_and_the_others_are_whole(queued, settings) -> None:
    first, gone, last = queued(3), queued(3), queued(3)
    claims = claim_together(QUEUE, "w1")
    Job.objects.filter(pk=gone.pk).update(wants="cancel")
    batch.drop_warm()  # a fresh child takes longer to begin than it takes to tell it
    settings.BEAT_S = dict.fromkeys(settings.BEAT_S, 1.0)
    run(claims)
    assert [fresh(job).state for job in (first, gone, last)] == [State.SUCCEEDED, State.CANCELLED, State.SUCCEEDED]
    assert [len(made(job)) for job in (first, gone, last)] == [3, 0, 3]
    assert gone.tries.get().outcome == "cancelled"


def test_one_that_fails_does_so_alone(queued) -> None:
    first, bad, last = queued(3), queued(3, length=2), queued(3)
    Job.objects.filter(pk=bad.pk).update(params={"count": 3, "weights": [1, 2, 3]})
    run()
    assert [fresh(job).state for job in (first, bad, last)] == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED]
    assert fresh(bad).error_facts["field"] == "params.weights"


def test_a_job_that_only_fails_when_it_is_made_brings_down_nobody(queued) -> None:
    first, bad, last = queued(3), queued(3, length=2), queued(3)  # no room for its prompt: admission would have seen it
    run()
    assert [fresh(job).state for job in (first, bad, last)] == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED]
    assert fresh(bad).error_code == "prompt_too_long"


def test_a_child_that_is_killed_parts_those_that_had_not_ended(queued, monkeypatch) -> None:
    ended, *others = [queued(32, priority=1), queued(3), queued(3)]

    def only_first(child: Child, timeout_s: float) -> dict[str, Any] | None:
        said = heard(child, timeout_s)
        if said and said["type"] == "result" and not said.get("of"):
            os.kill(child.process.pid, signal.SIGKILL)
        if said and said.get("of", 0) and said["type"] not in ("facts", "progress"):
            return said | {"type": "log", "level": "info", "message": "lost with the child"}
        return said

    heard = Child.report
    with monkeypatch.context() as patched:
        patched.setattr(Child, "report", only_first)
        run()
    assert fresh(ended).state == State.SUCCEEDED
    for job in others:
        back = fresh(job)
        assert (back.state, back.barren_attempts) == (State.QUEUED, 1), back.error_detail
        assert back.state_reason == "starts again: the engine ended by signal SIGKILL"
        assert job.tries.get().outcome == "died"
    assert all(use > 0 for use in Attempt.objects.values_list("device_s", flat=True))
    for _ in others:
        claims = claim_together(QUEUE, "w1")
        assert len(claims) == 1
        run(claims)
    assert [fresh(job).state for job in others] == [State.SUCCEEDED, State.SUCCEEDED]
    assert [len(made(job)) for job in (ended, *others)] == [32, 3, 3]


@pytest.mark.parametrize("folder", ["is there", "went with a later attempt"])
def test_one_that_another_worker_owns_by_now_leaves_the_others_whole(queued, monkeypatch, folder) -> None:
    first, lost, last = queued(3), queued(3), queued(3)
    claims = claim_together(QUEUE, "w1")
    Job.objects.filter(pk=lost.pk).update(token=F("token") + 1, worker="w2")
    if folder != "is there":
        prepared = batch._prepared

        def gone(claim: Claim, *said: Any) -> Watch:
            watch = prepared(claim, *said)
            leave, watch_folder = watch.leave, watch.folder
            if claim.job_id == lost.pk:
                watch.leave = lambda: (shutil.rmtree(watch_folder), leave())
            return watch

        monkeypatch.setattr(batch, "_prepared", gone)
    run(claims)
    assert [fresh(job).state for job in (first, lost, last)] == [State.SUCCEEDED, State.RUNNING, State.SUCCEEDED]
    assert (fresh(lost).worker, made(lost)) == ("w2", {})
    assert [len(made(job)) for job in (first, last)] == [3, 3]
    assert batch._warm is not None  # all have had their last word


def test_a_disk_that_is_full_for_one_fails_that_one(queued, monkeypatch) -> None:
    first, full, last = queued(3), queued(3), queued(3)
    keep = records.keep_items

    def kept(claim: Claim, *said: Any) -> None:
        if claim.job_id == full.pk:
            raise OSError(28, "No space left on device")
        keep(claim, *said)

    monkeypatch.setattr(records, "keep_items", kept)
    monkeypatch.setattr(ballast, "give_away", lambda: True)
    run()  # the engine is ended, so that it does not take the room that is made
    assert [fresh(job).state for job in (first, full)] == [State.SUCCEEDED, State.FAILED]
    assert (fresh(full).error_code, made(full)) == ("disk_full", {})
    if fresh(last).state == State.QUEUED:  # else it was made before that
        run()
    assert (fresh(last).state, len(made(last))) == (State.SUCCEEDED, 3)


def test_one_that_cannot_be_prepared_fails_alone_and_the_other_is_charged(queued, monkeypatch) -> None:
    bad, good = queued(3), queued(3)
    prepare = batch.prepare

    def prepared(job: Job, *said: Any) -> Any:
        if job.pk == bad.pk:
            raise InvalidInput("Its model is not what it was.", field="model")
        return prepare(job, *said)

    monkeypatch.setattr(batch, "prepare", prepared)
    run()
    assert [fresh(job).state for job in (bad, good)] == [State.FAILED, State.SUCCEEDED]
    assert DeviceUse.objects.get().seconds > 0


def test_a_large_job_makes_way_and_goes_on_from_what_was_made(queued, monkeypatch) -> None:
    large = queued(100, batch_key="", priority=1)
    claims = claim_together(QUEUE, "w1")
    small = queued(2, priority=1)
    with monkeypatch.context() as patched:
        patched.setattr(slices, "SLICE_S", 0.0)
        patched.setattr(batch, "TICK_S", 0.01)
        assert run(claims) == [large.pk]
    back = fresh(large)
    assert (back.state, back.state_reason, back.barren_attempts) == (State.QUEUED, TOOK_TURN, 0)
    assert len(made(large)) in (32, 64, 96)
    kept = made(large)
    run(passed={large.pk: 1.0})
    assert fresh(small).state == State.SUCCEEDED
    run()
    assert fresh(large).state == State.SUCCEEDED
    assert sorted(made(large)) == list(range(100))
    assert made(large).items() >= kept.items()


def test_a_worker_that_is_shut_down_gives_all_of_them_back(queued) -> None:
    jobs = [queued(3, length=200), queued(40, length=200)]
    batch.drop_warm()
    leaving = threading.Event()
    leaving.set()
    batch.run_claims(claim_together(QUEUE, "w1"), leaving)
    for job in jobs:
        back = fresh(job)
        assert (back.state, back.barren_attempts) == (State.QUEUED, 0)
        assert back.state_reason == "the worker was shut down; goes on from its saved state"


def test_a_window_that_closes_is_told_of_also_where_others_are_let_go_first(queued, tmp_path, monkeypatch) -> None:
    job = queued(3)
    claim = claim_together(QUEUE, "w1")[0]
    watch = Watch(claim, job, tmp_path, {"produces": "artifacts"}, {}, {})
    watch.make_way()
    job.window_id = claim.job_id
    closing = attempt.Closing(5.0, "window night closed", fresh(job).created_at)
    monkeypatch.setattr(attempt, "closing", lambda *said, **more: closing)
    watch.last_beat -= 1000
    watch.tick(Child.__new__(Child), draining=False)
    assert watch.asked == "yield"
