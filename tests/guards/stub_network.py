"""A network that stands in for open-nsfw where that is not installed: the brighter, the less safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models_store.canonical import file_digest
from workers.guards import safety_pictures

SIDE_PX = 224


def write(place: Path) -> None:
    """(B, 224, 224, 3) in, probabilities (B, 2) out: safe, and the mean brightness as unsafe."""
    seen = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", SIDE_PX, SIDE_PX, 3])
    said = helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["batch", 2])
    numbers = {"axes": np.array([1, 2, 3]), "last": np.array([1]), "both": np.array([[-0.02, 0.02]], np.float32)}
    nodes = [
        helper.make_node("ReduceMean", ["input", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "last"], ["column"]),
        helper.make_node("MatMul", ["column", "both"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["outputs"], axis=1),
    ]
    kept = [numpy_helper.from_array(value, name) for name, value in numbers.items()]
    graph = helper.make_graph(nodes, "brightness", [seen], [said], kept)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), place)


def put_in_place(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """As if a package had brought it."""
    place = folder / safety_pictures.FILE
    write(place)
    monkeypatch.setattr(safety_pictures, "weights", lambda: place)
    monkeypatch.setattr(safety_pictures, "SHA256", file_digest(place))
    return place
