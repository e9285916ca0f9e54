"""The LSTM on real text, from the upload to the exported graph: minutes long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training import Notes
from workers.contracts import Attempt
from workers.engine.bundle import Bundle
from workers.engine.runners import of_networks
from workers.engine.sampler import sample
from workers.engine.training_state import adopt
from workers.engine.wishes import Wish, plain
from workers.families.lstm import TextControls
from workers.plugins import plugin

TEXTS = Path(__file__).parents[3] / "shared" / "data" / "text_en"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not TEXTS.is_dir(), reason="../shared/data/text_en is not here")]


def run(folder: Path, **order: Any) -> dict[str, Any]:
    folder.mkdir()
    said = {"seed": "1", "device": "cpu", "threads": 2} | order
    return plugin("kind", said["kind"])().run(Attempt(folder, said, Notes(), lambda: ""))


def trained(folder: Path, file: str, options: dict[str, Any], params: dict[str, Any]) -> tuple[dict[str, Any], Bundle]:
    upload = {"path": str(TEXTS / file), "name": file}
    run(folder / "in", kind="ingest", modality="text", inputs={"upload": upload}, params=options)
    inputs = {"data": {"path": str(folder / "in" / "dataset")}}
    made = run(folder / "train", kind="train", family="lstm", inputs=inputs, params=params)
    return made, Bundle.open(folder / "train" / "bundle", threads=2)


def texts(bundle: Bundle, wishes: list[Wish]) -> list[str]:
    items = [item for _, made in sample(bundle, wishes) for item in bundle.modality().decode(made, bundle.spec())]
    return ["".join(map(chr, item)) for item in items]


@pytest.fixture(scope="module")
def shakespeare(tmp_path_factory) -> tuple[dict[str, Any], Bundle]:
    return trained(tmp_path_factory.mktemp("lstm"), "tinyshakespeare.txt", {}, {})


def test_unseen_shakespeare_costs_at_most_1_55_nats_a_character(shakespeare):
    made, _ = shakespeare
    found = made["metrics"]["holdout"]["nats_per_char"]
    assert found["n"] > 400
    assert found["value"] <= 1.55


def test_trained_weights_draw_the_same_tokens_in_torch_and_from_the_bundle(shakespeare):
    _, bundle = shakespeare
    family, spec, modality = bundle.family(), bundle.spec(), bundle.modality()
    nets = {name: net.eval() for name, net in family.build(spec).items()}
    graphs = family.graphs(nets, spec)
    adopt(graphs, load_file(bundle.path / "weights.safetensors"))
    wishes = plain("2", range(32), TextControls(prompt="ROMEO:\n", length=256))
    in_torch = of_networks(family, graphs, spec, modality).fields(wishes)
    ((_, exported),) = sample(bundle, wishes)
    assert torch.equal(in_torch["text"], exported["text"])


def test_a_prompt_is_gone_on_from_in_words_that_shakespeare_has(shakespeare):
    _, bundle = shakespeare
    made = texts(bundle, plain("3", range(16), TextControls(prompt="ROMEO:\n", length=300, temperature=0.7)))
    known = set((TEXTS / "tinyshakespeare.txt").read_text(encoding="utf-8").split())
    words = [word for text in made for word in text.split()[:-1]]
    assert all(text.startswith("ROMEO:\n") for text in made)
    assert sum(word in known for word in words) / len(words) > 0.8


def test_names_are_learned_with_their_ends(tmp_path):
    _, bundle = trained(tmp_path, "names.txt", {"document": "line", "length": 16}, {"steps": 400, "width": 128})
    made = texts(bundle, plain("4", range(200), TextControls(length=20)))
    assert sum(2 <= len(name) <= 12 for name in made) > 190
    assert len(set(made)) > 150
