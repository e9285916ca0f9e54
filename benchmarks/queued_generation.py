"""One job of many pictures through the queue, and the same pictures by a loop without one, in alternating pairs.

`python -m benchmarks.queued_generation BUNDLE PAIRS COUNT` prints JSON {"ours": [s], "peer": [s]}; KILNMARK_HOME names
a prepared home. The queue is submission, claim, a warm engine, rows, store, log and the sealed archive, to the recorded
end. The loop is a process of its own with the engine's threads: it samples, encodes, marks, labels, signs and writes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.home import ROOT

if TYPE_CHECKING:
    from accounts.models import Project, User
    from catalog.models import ModelVersion

WARM_UPS, LOOP = 1, "loop"
ABOUT = {"project": "p", "producer": "Kilnmark", "models": {"model": {"model_version": "m", "stage": "draft"}}}


class Unheard:
    """A reporter whose reports nobody keeps."""

    def progress(self, done: int, total: int, unit: str) -> None:
        """Nobody is told."""

    def artifacts(self, items: list[dict[str, Any]]) -> None:
        """Nobody keeps them."""


def loop(bundle_folder: str, keys: str, threads: int, count: int) -> None:
    """For each line of standard input the pictures of one job; prints the seconds that they took."""
    from models_store.keys import Keyring
    from models_store.signing import sign_es256
    from workers.contracts import Attempt
    from workers.engine.bundle import Bundle
    from workers.engine.line import Line
    from workers.engine.sampler import sample
    from workers.engine.wishes import plain

    keyring, bundle = Keyring.load(Path(keys)), Bundle.open(bundle_folder, "cpu", threads)
    modality, spec, sign = bundle.modality(), bundle.spec(), partial(sign_es256, keyring.credential)
    for seed in map(str.strip, sys.stdin):
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            order = {"seed": seed, "release": ABOUT | {"job": seed, "certificates_pem": keyring.credential_chain_pem}}
            secrets = {"mark_key": keyring.project_mark_key("p").hex()}
            line = Line(Attempt(Path(folder), order, Unheard(), str, secrets, sign), count, 0)  # type: ignore[arg-type]
            for wishes, fields in sample(bundle, plain(seed, range(count))):
                line.add("model", modality, wishes, modality.decode(fields, spec))
            line.flush()
            print(time.monotonic() - began, flush=True)


def queued(version: ModelVersion, project: Project, actor: User, count: int, seed: str) -> float:
    """Seconds from a submission to its recorded end, done by this worker."""
    from jobs.claim import claim_next
    from jobs.models import State
    from jobs.submission import send
    from workers.tasks import batch

    body = {"kind": "generate", "project": project.slug, "inputs": {"model": str(version.pk)}, "seed": seed}
    began = time.monotonic()
    job, _ = send(body | {"params": {"count": count}}, actor=actor)
    claim = claim_next(job.queue, "bench")
    if claim is None:
        raise RuntimeError(f"the job cannot be claimed: {job.state_reason}")
    batch.run_claims([claim], threading.Event())
    seconds = time.monotonic() - began
    job.refresh_from_db()
    if job.state != State.SUCCEEDED:
        raise RuntimeError(f"{job.error_code}: {job.error_detail}")
    return seconds


def kept(bundle: str, project: Project, actor: User) -> ModelVersion:
    """The bundle as a signed draft of the project."""
    from django.conf import settings

    from catalog.services import publish_model
    from catalog.store import blobs, namespace
    from models_store.blobs import put_all
    from models_store.bundle import finish_bundle
    from models_store.facts import BundleFacts, Rights
    from models_store.keys import Keyring

    rights = Rights(owner="bench", licence="CC0", inherited_from=())
    facts = BundleFacts(
        model="bench", job="", seed="1", family="dcgan", params={}, data={}, rights=rights, made_by=actor.username,
        made_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    folder = Path(bundle)
    sha256 = finish_bundle(folder, facts, Keyring.load(settings.KEYS_FOLDER).bundle)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = put_all(blobs(), namespace(project), paths)
    files = {path.relative_to(folder).as_posix(): one for path, one in zip(paths, digests, strict=True)}
    said = {"family": "dcgan", "modality": "image", "sha256": sha256, "files": files, "metrics": {}}
    return publish_model(project, "bench", actor="bench", created_by=actor, **said)


def main(bundle: str, pairs: int, count: int) -> None:
    """As the first person of the home, in their first project, with no broker to ring."""
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings

    from accounts.models import Project, User
    from catalog import plugins
    from jobs import wake
    from workers.registry import describe_all
    from workers.tasks import batch

    wake.wake = lambda queue: None  # type: ignore[assignment]
    plugins.announce("bench", describe_all())
    project, actor = Project.objects.earliest("pk"), User.objects.earliest("pk")
    version = kept(bundle, project, actor)
    threads = os.cpu_count() or 2
    command = [sys.executable, "-m", "benchmarks.queued_generation", LOOP, bundle, str(settings.KEYS_FOLDER)]
    peer = subprocess.Popen(
        [*command, str(threads), str(count)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip

    def looped(seed: str) -> float:
        assert peer.stdin is not None and peer.stdout is not None  # noqa: S101, PT018 - opened as pipes above
        peer.stdin.write(f"{seed}\n")
        peer.stdin.flush()
        return float(peer.stdout.readline())

    taken: dict[str, list[float]] = {"ours": [], "peer": []}
    try:
        for pair in range(WARM_UPS + pairs):
            turns = [("ours", partial(queued, version, project, actor, count)), ("peer", looped)]
            for name, run in turns if pair % 2 == 0 else reversed(turns):
                taken[name].append(run(str(pair)))
    finally:
        batch.drop_warm()
        peer.communicate()
    print(json.dumps({name: seconds[WARM_UPS:] for name, seconds in taken.items()}))


if __name__ == "__main__":
    if sys.argv[1] == LOOP:
        loop(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
