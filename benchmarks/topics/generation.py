"""Generation: the engine's sampler over a bundle against the raw ONNX Runtime loop, same session and batch.

Ours draws the noise of each picture from (seed, index) and pads the last batch; the raw loop draws a batch at a time.
Then what a whole release costs: drawn, decoded, marked, labelled, signed. One thread, DCGAN at 32 px grey, CPU time.
Last, a job of 1,000 RGB pictures of 64 px through the queue, from submission to the sealed archive, against a process
that samples, encodes, marks, labels, signs and writes as many without a queue, on the same threads: wall-clock time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.timing import Figure, Pairs, alternating, compared
from benchmarks.topics.job_overhead import home, program
from models_store.keys import Keyring, create_keyring
from models_store.signing import sign_es256
from workers.contracts import Field, Spec
from workers.engine import bundle_files
from workers.engine.bundle import Bundle
from workers.engine.device import Compute
from workers.engine.parameters import split
from workers.engine.release import release
from workers.engine.sampler import BATCH, sample
from workers.engine.training_state import TrainingState
from workers.engine.wishes import plain
from workers.plugins import plugin

PICTURES, RELEASED = 8 * BATCH, 2 * BATCH  # of one run
SIZE_PX = 32
MANY, LARGE_PX = 1000, 64  # of one job
BAR = 0.85
SPEC = Spec("image", (Field("image", "continuous", (1, SIZE_PX, SIZE_PX)),))
ABOUT = {"job": "j", "model_version": "m", "project": "p", "stage": "draft", "producer": "Kilnmark"}


def measure(pairs: int) -> dict[str, Figure]:
    """Sampling alone, and the whole line to a finished file."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = published(Path(folder) / "bundle")
        keyring = create_keyring(Path(folder) / "keys")
        taken = alternating(sampled(bundle, PICTURES), raw(bundle, PICTURES), pairs=pairs)
        whole = alternating(released(bundle, keyring, RELEASED), raw(bundle, RELEASED), pairs=pairs)
        many = queued(Path(folder), pairs)
    unit, against = "ms CPU a picture", "a raw ONNX Runtime loop"
    return {
        "sampling": compared(taken, per=PICTURES, unit=unit, against=against, at_least=BAR),
        "released": compared(whole, per=RELEASED, unit=unit, against=against),
        "queued": compared(many, per=MANY, unit="ms a picture", against="a loop without a queue", at_least=BAR),
    }


def queued(folder: Path, pairs: int) -> Pairs:
    """The job and the loop, in pairs that a program of its own takes (benchmarks/queued_generation.py)."""
    published(folder / "large", Spec("image", (Field("image", "continuous", (3, LARGE_PX, LARGE_PX)),)), LARGE_PX)
    with home():
        said = json.loads(program("benchmarks.queued_generation", str(folder / "large"), str(pairs), str(MANY)))
    return Pairs(np.array(said["ours"]), np.array(said["peer"]))


def published(folder: Path, spec: Spec = SPEC, size_px: int = SIZE_PX) -> Bundle:
    """A bundle of fresh weights: they cost as much as trained ones."""
    family, _ = split(plugin("family", "dcgan"), {})
    modality = plugin("modality", "image")(size=size_px)
    state = TrainingState.begin(family, spec, "1", Compute("cpu", "fp32", 1))
    bundle_files.write(
        folder, family=family, nets=state.exported(), spec=spec, made=spec,
        preprocess={"modality": "image", "params": modality.model_dump(mode="json")}, figures={},
    )  # fmt: skip
    return Bundle.open(folder)


def sampled(bundle: Bundle, count: int) -> Callable[[], None]:
    """So many pictures by the engine's sampler, as fields."""

    def run() -> None:
        for _ in sample(bundle, plain("1", range(count))):
            pass

    return run


def raw(bundle: Bundle, count: int) -> Callable[[], None]:
    """As many by the session alone."""
    (session,), draws = bundle.sessions.values(), np.random.default_rng(1)
    (noise,) = session.get_inputs()

    def run() -> None:
        for _ in range(count // BATCH):
            session.run(None, {noise.name: draws.standard_normal((BATCH, noise.shape[1]), dtype=np.float32)})

    return run


def released(bundle: Bundle, keyring: Keyring, count: int) -> Callable[[], None]:
    """So many pictures as they leave the platform."""
    about = ABOUT | {"certificates_pem": keyring.credential_chain_pem}
    modality, spec, sign = bundle.modality(), bundle.spec(), partial(sign_es256, keyring.credential)
    finish = partial(release, release=about, modality=modality, mark_key=bytes(32), sign=sign)

    def run() -> None:
        for wishes, fields in sample(bundle, plain("1", range(count))):
            for wish, item in zip(wishes, modality.decode(fields, spec), strict=True):
                finish(item, wish.index)

    return run
