"""What it costs that every picture is marked, stage by stage: CPU time of a picture of 64 px, grey, on one thread.

Watermark (embedded with all its checks), detector, label, credential (signed in the same process) and log (leaf, root
of a chunk of 64 and its event, by SQLite). Two sources: a DCGAN of fresh weights, whose pictures are all grain, and
handwritten digits (MNIST, enlarged), as a generator makes that has learned them: strokes on flat black, which hide a
mark least. File and fingerprint are made anyway, and are told beside. Then the watermark alone for larger pictures.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow

from benchmarks.timing import Figure, measured
from benchmarks.topics.job_overhead import home, program
from models_store.keys import create_keyring
from models_store.signing import sign_es256
from workers.contracts import Field, Spec
from workers.engine.device import Compute
from workers.engine.parameters import split
from workers.engine.release import content_sha256, marked_many, watermark_of
from workers.engine.release import measured as detected
from workers.engine.runners import of_networks
from workers.engine.training_state import TrainingState
from workers.engine.wishes import plain
from workers.marks import aigc_xmp
from workers.marks.c2pa_credential import credentials
from workers.modalities.builtin_images import builtin, builtin_pictures
from workers.modalities.fingerprint import fingerprint
from workers.plugins import plugin

SIZE_PX, LARGER_PX = 64, (128, 256)
PICTURES = 64  # of one run
BAR_MS = 1.3
KEY = bytes(32)
ABOUT = {"job": "j", "model_version": "m", "project": "p", "stage": "draft", "producer": "Kilnmark"}

Pictures = list[Any]  # each (H, W, C) uint8
Stage = Callable[[], object]


def measure(pairs: int) -> dict[str, Figure]:
    """As many runs of each stage as `pairs`, and the sum of those that the bar speaks of."""
    torch.set_num_threads(1)
    with home():
        logged = json.loads(program("benchmarks.logged_chunks", str(pairs), str(PICTURES)))
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory() as folder:
        for source, pictures in (("DCGAN", grains(SIZE_PX)), ("digits", digits(SIZE_PX))):
            stages = stages_of(pictures, Path(folder))
            costs = {name: [cost(run) for _ in range(pairs)] for name, run in stages.items()} | {"log": logged}
            beside = ("file", "fingerprint", "content digest")
            whole = [sum(run) for run in zip(*(costs[name] for name in costs if name not in beside), strict=True)]
            figures |= {f"{source}, {name}": measured(runs, unit="ms CPU a picture") for name, runs in costs.items()}
            figures[f"{source}, marks and log"] = measured(whole, unit="ms CPU a picture", at_most=BAR_MS)
    for size_px in LARGER_PX:
        runs = [cost(partial(marked, digits(size_px)[:16]), 16) for _ in range(pairs)]
        figures[f"digits, watermark at {size_px} px"] = measured(runs, unit="ms CPU a picture")
    return figures


def stages_of(pictures: Pictures, folder: Path) -> dict[str, Stage]:
    """What happens to a batch of pictures, one stage after the other; each gets what the one before it made."""
    keyring = create_keyring(folder / "keys")
    if keyring.credential is None:
        raise RuntimeError("a fresh keyring has its credential key")
    about = ABOUT | {"certificates_pem": keyring.credential_chain_pem}
    signer = credentials(keyring.credential_chain_pem, partial(sign_es256, keyring.credential))
    modality, mark = plugin("modality", "image")(size=SIZE_PX), watermark_of("image")
    if mark is None:
        raise RuntimeError("there is no watermark for pictures")
    done = marked(pictures)
    files = [modality.file_bytes(one) for one in done]
    labelled = [aigc_xmp.labelled(file, "image/png", about, index) for index, file in enumerate(files)]
    pairs = list(zip(pictures, done, strict=True))

    def signed() -> None:
        for index, file in enumerate(labelled):
            signer.attach(file, "image/png", about, index, "dct_luma")

    return {
        "watermark": partial(marked, pictures),
        "detector": lambda: [detected(mark, *pair, KEY) for pair in pairs],
        "label": lambda: [aigc_xmp.labelled(file, "image/png", about, at) for at, file in enumerate(files)],
        "credential": signed,
        "file": lambda: [modality.file_bytes(one) for one in done],
        "fingerprint": lambda: [fingerprint(one) for one in done],
        "content digest": lambda: [content_sha256(one) for one in pictures],
    }


def marked(pictures: Sequence[Any]) -> Pictures:
    """The pictures as the line marks them."""
    return marked_many(pictures, plugin("modality", "image")(size=SIZE_PX), KEY)


def cost(run: Stage, count: int = PICTURES) -> float:
    """Milliseconds of CPU for each picture; a first run warms up what is kept."""
    began = time.process_time()
    run()
    return 1000 * (time.process_time() - began) / count


def digits(size_px: int) -> Pictures:
    """Handwritten digits."""
    shown = itertools.islice(builtin_pictures(builtin("mnist5k")), 0, 5000, 5000 // PICTURES)
    large = [one.image.resize((size_px, size_px), Pillow.Resampling.BICUBIC) for one in shown]
    return [np.asarray(one)[..., None] for one in large[:PICTURES]]


def grains(size_px: int) -> Pictures:
    """What a DCGAN makes before it has learned anything."""
    family, _ = split(plugin("family", "dcgan"), {})
    spec = Spec("image", (Field("image", "continuous", (1, size_px, size_px)),))
    modality = plugin("modality", "image")(size=size_px)
    state = TrainingState.begin(family, spec, "1", Compute("cpu", "fp32", 1))
    sampler = of_networks(family, family.graphs(state.exported(), spec), spec, modality)
    return list(modality.decode(sampler.fields(plain("1", range(PICTURES))), spec))
