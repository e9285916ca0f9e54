"""Text token by token: the exported LSTM step through ONNX Runtime against torch eager, the same runner and noise.

Both run the engine's loop over tokens, so only what computes a step differs. One thread, batch 32, 2 x 256, CPU time.
Then the exported step under a watermark, each text with a key of its own, against the same without.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.timing import Figure, alternating, compared
from workers.contracts import Field, Spec
from workers.engine import bundle_files
from workers.engine.bundle import Bundle
from workers.engine.device import Compute
from workers.engine.parameters import split
from workers.engine.runners import Sampler, of_networks
from workers.engine.sampler import BATCH, sampling_of
from workers.engine.training_state import TrainingState
from workers.engine.wishes import plain
from workers.plugins import plugin

TOKENS, CHARACTERS = 128, 65
BAR = 1.8
MARKED_BAR = 0.9  # a mark may cost a tenth of the time
ALPHABET = ("", *(chr(0x4E00 + index) for index in range(CHARACTERS)))
SPEC = Spec("text", (Field("text", "token", (256,), len(ALPHABET), ALPHABET), Field("length", "length")))


def measure(pairs: int) -> dict[str, Figure]:
    """How many times faster the exported step is."""
    family, _ = split(plugin("family", "lstm"), {})
    modality = plugin("modality", "text")()
    state = TrainingState.begin(family, SPEC, "1", Compute("cpu", "fp32", 1))
    with tempfile.TemporaryDirectory() as folder:
        bundle_files.write(
            Path(folder), family=family, nets=state.exported(), spec=SPEC, made=SPEC,
            preprocess={"modality": "text", "params": modality.model_dump(mode="json")}, figures={},
        )  # fmt: skip
        eager = of_networks(family, family.graphs(state.exported(), SPEC), SPEC, modality)
        exported = sampling_of(Bundle.open(folder))
        taken = alternating(tokens(exported), tokens(eager), pairs=pairs)
        marked = replace(exported, mark=plugin("mark", "green_list")())
        marking = alternating(tokens(marked), tokens(exported), pairs=pairs)
    per, unit = BATCH * TOKENS, "ms CPU a character"
    return {
        "token_by_token": compared(taken, per=per, unit=unit, against="torch eager", at_least=BAR),
        "under_a_mark": compared(marking, per=per, unit=unit, against="without a mark", at_least=MARKED_BAR),
    }


def tokens(sampling: Sampler) -> Callable[[], None]:
    """One batch of texts; it goes on until the last of them ends, so all TOKENS steps are made."""
    controls = sampling.family.controls(length=TOKENS, temperature=1.0)
    wishes = [replace(wish, mark_key=bytes([wish.index]) * 32) for wish in plain("1", range(BATCH), controls)]

    def run() -> None:
        torch.set_num_threads(1)
        made = sampling.fields(wishes)["text"]
        if made.shape[1] != TOKENS:
            raise RuntimeError(f"the texts ended after {made.shape[1]} of {TOKENS} characters")

    return run
