"""Families of somebody else's whose step goes through two graphs: at once, and token by token."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.contract.toys.attempts import generated, items, trained
from workers.contracts import Graph, Port
from workers.engine import parity
from workers.engine.bundle import Bundle
from workers.engine.export import export
from workers.engine.runners import in_torch
from workers.engine.sampler import sampling_of
from workers.engine.wishes import plain

pytestmark = pytest.mark.usefixtures("toys_installed")


@pytest.fixture(scope="module")
def chain(dark, tmp_path_factory) -> dict[str, str]:
    return trained(tmp_path_factory.mktemp("chain"), "toy_chain", {"data": dark}, steps=20)


def said(model: dict[str, str], file: str) -> dict:
    return json.loads(Path(model["path"], file).read_text(encoding="utf-8"))


def test_each_graph_is_a_file_with_ports_of_its_own(chain):
    assert {file.name for file in Path(chain["path"], "model").iterdir()} == {"prior.onnx", "decoder.onnx"}
    ports = {
        name: [port["name"] for port in graph["inputs"]] for name, graph in said(chain, "graphs.json")["graphs"].items()
    }
    assert ports == {"prior": ["seed"], "decoder": ["code", "detail"]}


def test_noise_is_drawn_for_both_and_the_value_between_them_is_not(chain):
    sampling = sampling_of(Bundle.open(chain["path"]))
    assert {port.name for port in sampling.ports("noise")} == {"seed", "detail"}
    made = sampling.fields(plain("1", range(4)))["image"]
    assert len({tuple(item.flatten().tolist()) for item in made}) == 4


def test_what_two_graphs_make_is_released_like_anything_else(chain, tmp_path):
    made = items(generated(tmp_path, chain, params={"count": 3}))
    assert [item["media_type"] for item in made] == ["image/png"] * 3


def test_token_by_token_two_graphs_choose_the_same_tokens_in_torch_and_in_onnx(letters_model):
    found = said(letters_model, "metrics.json")["parity"]["tokens"]
    assert found["compared"] > 0
    assert found["different"] == 0


def test_a_state_that_counts_is_handed_on_as_a_whole_number(letters_model):
    bundle, seen = Bundle.open(letters_model["path"]), []

    def call(graph: str, /, **inputs: Tensor) -> dict[str, Tensor]:
        if graph == "remember":
            seen.append(inputs["count"])
        return bundle.call(graph, **inputs)

    replace(sampling_of(bundle), call=call).fields(plain("1", [0, 1]))
    assert all(count.dtype == torch.int64 for count in seen)
    assert len(seen) > 1
    assert [count.tolist() for count in seen] == [[place % 4] * 2 for place in range(len(seen))]


def test_texts_of_two_graphs_are_released_with_their_sidecars(letters_model, tmp_path):
    made = generated(tmp_path, letters_model, params={"count": 3})
    assert [set(item["sidecars"]) for item in items(made)] == [{"c2pa", "xmp"}] * 3


def test_a_step_that_hands_a_graph_what_it_does_not_take_is_stopped_in_torch_already():
    port = Port("noise", "noise", (3,))
    call = in_torch({"one": Graph(nn.Linear(3, 3), (port,), (Port("made", "field", (3,)),))})
    with pytest.raises(ValueError, match="takes \\['noise'\\], not \\['noise', 'other'\\]"):
        call("one", noise=torch.zeros(1, 3), other=torch.zeros(1, 3))


def test_an_output_that_is_no_number_is_refused_wherever_it_stands(tmp_path):
    class Second(nn.Module):
        def forward(self, noise: Tensor) -> tuple[Tensor, Tensor]:
            return noise, (noise - noise - 1).sqrt()

    ports = (Port("made", "field", (3,)), Port("no_number", "field", (3,)))
    graph = Graph(Second(), (Port("noise", "noise", (3,)),), ports)
    export(graph, tmp_path / "second.onnx")
    with pytest.raises(parity.ExportMismatch) as refused:
        parity.gate({"second": graph}, tmp_path, 1e-5)
    assert refused.value.got == "nan"


def test_a_graph_that_took_its_example_for_the_only_batch_is_refused_by_name(tmp_path):
    class Fixed(nn.Module):
        def forward(self, noise: Tensor) -> Tensor:
            return noise + torch.zeros(len(noise), 1)

    graph = Graph(Fixed(), (Port("noise", "noise", (3,)),), (Port("made", "field", (3,)),))
    export(graph, tmp_path / "fixed.onnx")
    with pytest.raises(parity.ExportMismatch) as refused:
        parity.gate({"fixed": graph}, tmp_path, 1e-5)
    assert refused.value.field == "fixed, batch 1"
