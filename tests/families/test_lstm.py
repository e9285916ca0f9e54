"""The LSTM: its step against torch's own layers, the law of its draws, what it learns, and its graph token by token."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import cross_entropy

from models_store.errors import InvalidInput
from tests.training import Notes
from workers.contracts import Field, Spec
from workers.engine.bundle import session
from workers.engine.device import Compute
from workers.engine.export import export_all
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.runners import Sampler, in_torch
from workers.engine.sources import Source
from workers.engine.streams import SeededStreams
from workers.engine.wishes import plain
from workers.families.lstm import Lstm, TextControls
from workers.nets import lstm
from workers.nets.lstm import LstmStep, drawn_token

LABELS = ("", "a", "b", "c", "d")
SPEC = Spec("text", (Field("text", "token", (12,), 5, LABELS), Field("length", "length")))


def small(**said: Any) -> Lstm:
    return Lstm(**{"width": 16, "layers": 2} | said)


def drawn(seed: str, *shape: int) -> torch.Tensor:
    return SeededStreams(seed, 0).normal("noise", *shape)


def made_nets(family: Lstm, scale: float = 1.0) -> Any:
    """Networks from seed 1; `scale` stretches the weights, so that what comes next is far from even."""
    torch.manual_seed(1)
    nets = family.build(SPEC)
    with torch.no_grad():
        for weight in nets["network"].parameters():
            weight.mul_(scale)
    return {name: net.eval() for name, net in nets.items()}


def sampling(family: Lstm, nets: Any, call: Any = None) -> Sampler:
    graphs = family.graphs(nets, SPEC)
    return Sampler(family, SPEC, None, graphs["step"].inputs, call or in_torch(graphs))


@cache
def trained() -> tuple[Lstm, Any]:
    """A network that has learned one word of three letters, ended by the boundary, and nothing of the filler."""
    word = torch.tensor([[1, 2, 3, 0, 4, 4, 4, 4, 4, 4, 4, 4]]).repeat(30, 1)
    family = small(lr=0.02)
    training = Training(
        family=family, loop=LoopParameters(steps=80, batch_size=8, average_decay=0.9), spec=SPEC,
        sources={"data": Source({"text": word, "length": torch.full((30,), 4)}, dict)}, seed="3",
        compute=Compute("cpu", "fp32", 1), folder=None, report=Notes(),  # type: ignore[arg-type]
    )  # fmt: skip
    return family, training.run().exported()


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_step_is_a_step_of_torchs_own_layers(layers):
    nets = made_nets(small(layers=layers), scale=3.0)
    tokens = SeededStreams("4", 0).integers("tokens", 0, 5, 7, 40)
    step, h, c = LstmStep(nets["network"]), torch.zeros(7, layers, 16), torch.zeros(7, layers, 16)
    found = []
    with torch.no_grad():
        for place in range(40):
            logits, h, c = step.advance(tokens[:, place], h, c)
            found.append(logits)
        expected = nets["network"](tokens)
    torch.testing.assert_close(torch.stack(found, 1), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("logits", [[0.0, 1.0, -1.0, 2.0], [5.0, 0.0, -2.0, 4.9], [0.0, -7.0, -8.0, -9.0]], ids=str)
def test_tokens_are_drawn_as_the_softmax_says(logits):
    draws = 400_000
    said = torch.tensor(logits)
    counts = drawn_token(said.expand(draws, -1), drawn("5", draws, 2, 4)).bincount(minlength=4).double()
    expected = draws * said.double().softmax(0)
    assert ((counts - expected).square() / expected).sum() < 16.27  # chi-square with 3 degrees of freedom, p = 0.001


def test_less_noise_wins_and_none_of_it_is_no_number():
    noise = torch.tensor([0.0, 1e-30, 1e-3, 1.0, 5.0, 40.0])
    rows = torch.stack([torch.stack([noise, torch.ones(6)], 1)] * 2, 1)  # (6, 2, 2)
    assert drawn_token(torch.tensor([0.0, 3.0]).expand(6, 2), rows).tolist() == [0, 0, 0, 1, 1, 1]


def test_a_colder_draw_is_the_likeliest_token_and_each_item_has_its_own_temperature():
    step = LstmStep(made_nets(small(), scale=3.0)["network"])
    token, state, noise = torch.arange(5), torch.zeros(5, 2, 16), drawn("6", 5, 2, 5)
    with torch.no_grad():
        cold, _, _ = step(token, state, state, noise, torch.full((5,), 0.01))
        warm, _, _ = step(token, state, state, noise, torch.full((5,), 5.0))
        mixed, _, _ = step(token, state, state, noise, torch.tensor([0.01, 5.0, 0.01, 5.0, 0.01]))
        assert torch.equal(cold, step.advance(token, state, state)[0].argmax(1))
    assert torch.equal(mixed, torch.where(torch.arange(5) % 2 == 0, cold, warm))
    assert not torch.equal(cold, warm)


def test_a_loss_is_the_mean_over_the_items_own_tokens():
    family, tokens = small(), SeededStreams("7", 0).integers("tokens", 0, 5, 2, 12)
    nets = made_nets(family)
    (phase,) = family.phases(nets, {"text": tokens, "length": torch.tensor([12, 3])}, SeededStreams("1", 0))
    for row, length in ((0, 12), (1, 3)):
        before = torch.cat([torch.zeros(1, dtype=torch.int64), tokens[row, : length - 1]])
        expected = cross_entropy(nets["network"](before[None])[0], tokens[row, :length])
        torch.testing.assert_close(phase.losses["nats_per_char"][row], expected)


def test_filler_moves_no_weight():
    family, length = small(), torch.tensor([5, 3])
    moved = []
    for filler in (0, 4):
        nets = made_nets(family)
        text = torch.full((2, 12), filler)
        text[0, :5], text[1, :3] = torch.tensor([1, 2, 3, 4, 0]), torch.tensor([3, 1, 0])
        (phase,) = family.phases(nets, {"text": text, "length": length}, SeededStreams("1", 0))
        phase.losses["nats_per_char"].mean().backward()
        moved.append([weight.grad for weight in nets["network"].parameters()])
    assert all(torch.allclose(one, other, atol=1e-7) for one, other in zip(*moved, strict=True))


def test_a_network_that_knows_nothing_is_scored_the_logarithm_of_its_tokens():
    nets = made_nets(small(), scale=0.0)
    batch = {"text": torch.ones(3, 12, dtype=torch.int64), "length": torch.tensor([1, 6, 12])}
    found = small().scores(nets, batch, SeededStreams("1", 0))["nats_per_char"]
    torch.testing.assert_close(found, torch.full((3,), math.log(5)))


def test_a_word_is_learned_with_its_end():
    family, nets = trained()
    made = sampling(family, nets).fields(plain("8", range(6), TextControls(temperature=0.1, length=10)))
    assert made["text"].tolist() == [[1, 2, 3, 0]] * 6


def test_an_item_does_not_depend_on_those_beside_it():
    family = small()
    one = sampling(family, made_nets(family, 3.0))
    alone = one.fields(plain("9", [3], TextControls(length=30)))["text"]
    beside = one.fields(plain("9", range(6), TextControls(length=30)))["text"]
    assert torch.equal(alone[0], beside[3, : alone.shape[1]])


@pytest.mark.parametrize("largest_table", [0, 1024])
def test_tokens_of_the_exported_graph_are_those_of_torch(largest_table, tmp_path, monkeypatch):
    monkeypatch.setattr(lstm, "LARGEST_TABLE", largest_table)
    family = small()
    nets = made_nets(family, 3.0)
    graphs = family.graphs(nets, SPEC)
    export_all(graphs, tmp_path)
    runtime, names = session(tmp_path / "step.onnx", "cpu", 1), [port.name for port in graphs["step"].outputs]

    def call(graph: str, /, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        made = runtime.run(names, {name: np.ascontiguousarray(value.numpy()) for name, value in inputs.items()})
        return dict(zip(names, map(torch.from_numpy, made), strict=True))

    wishes = plain("10", range(16), TextControls(length=200, temperature=2.0))
    assert torch.equal(
        sampling(family, nets).fields(wishes)["text"], sampling(family, nets, call).fields(wishes)["text"]
    )


@pytest.mark.parametrize("layers", [1, 2])
def test_what_is_dropped_changes_losses_but_no_scores(layers):
    family = small(layers=layers, dropout=0.5)
    batch = {"text": torch.ones(4, 12, dtype=torch.int64), "length": torch.full((4,), 12)}
    nets, plain_nets = made_nets(family), made_nets(small(layers=layers))
    (phase,) = family.phases({"network": nets["network"].train()}, batch, SeededStreams("1", 0))
    expected = small(layers=layers).scores(plain_nets, batch, SeededStreams("1", 0))["nats_per_char"]
    assert not torch.allclose(phase.losses["nats_per_char"], expected)
    nets["network"].eval()
    torch.testing.assert_close(family.scores(nets, batch, SeededStreams("1", 0))["nats_per_char"], expected)


def test_the_graph_shares_the_weights_that_are_trained_and_leaves_their_mode_alone():
    nets = made_nets(small())
    module = small().graphs(nets, SPEC)["step"].module
    assert not module.training
    assert {id(weight) for weight in module.parameters()} == {id(weight) for weight in nets["network"].parameters()}


def test_a_picture_and_two_texts_are_refused():
    picture = Spec("image", (Field("image", "continuous", (1, 16, 16)),))
    two = Spec("text", (*SPEC.fields, Field("more", "token", (12,), 5, LABELS)))
    for spec in (picture, two):
        with pytest.raises(InvalidInput) as refused:
            small().check(spec)
        assert refused.value.field == "data"


def test_the_form_of_a_prompt_says_its_bound_and_where_its_characters_come_from():
    said = TextControls.model_json_schema()["properties"]["prompt"]
    assert (said["maxLength"], said["of_spec"]) == (2000, "token")
    with pytest.raises(ValidationError):
        TextControls(prompt="a" * 2001)
