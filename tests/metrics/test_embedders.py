"""Feature networks: read without unpickling, told apart by name, the same for a picture whatever is beside it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from sklearn.datasets import load_sample_images
from torch.nn import functional

from models_store.errors import IntegrityFailure, InvalidInput
from workers.metrics import lite0_weights
from workers.metrics.embedded import features
from workers.metrics.embedders import LITE0_NAME, SETTING, Embedder, embedder, network_name, prepared
from workers.metrics.recognition import NotMeasurable

PALACE, DAISY = 698, 985  # of ImageNet's classes


def pictures(count: int, channels: int = 3, size_px: int = 20) -> torch.Tensor:
    return torch.rand(count, channels, size_px, size_px, generator=torch.Generator().manual_seed(1)) * 2 - 1


def pooling(path, channels: int = 3):
    """An ONNX file whose features are the mean of each channel, as (B, C, 1, 1)."""
    node = helper.make_node("GlobalAveragePool", ["picture"], ["features"])
    ports = [
        helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", channels, 8, 8]),
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", channels, 1, 1]),
    ]
    graph = helper.make_graph([node], "pool", ports[:1], ports[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return str(path)


def test_the_bundled_network_knows_a_palace_and_a_flower():
    network = embedder("")
    squares = [torch.from_numpy(image[:, 106:533].copy()).permute(2, 0, 1) for image in load_sample_images().images]
    images = torch.stack(squares).float() / 127.5 - 1
    large = functional.interpolate(images, (224, 224), mode="bilinear", antialias=True)
    believed = network.classes(network.look(large))  # at the size that it was trained at
    assert all(believed[row].topk(5).indices.eq(name).any() for row, name in enumerate((PALACE, DAISY)))


def test_features_of_a_picture_do_not_depend_on_the_others():
    network, images = embedder(""), pictures(5)
    together = network.embed(images)
    assert together.shape == (5, 1280)
    assert torch.allclose(network.embed(images[3:4]), together[3:4], atol=1e-4)
    assert torch.equal(network.embed(images), together)


def test_grey_is_colour_with_equal_channels_and_what_is_transparent_is_mid_grey():
    grey = pictures(2, channels=1)
    assert torch.equal(prepared(grey, 96), prepared(grey.expand(-1, 3, -1, -1), 96))
    colour = pictures(2)
    opaque, clear = (torch.cat([colour, torch.full((2, 1, 20, 20), alpha)], 1) for alpha in (1.0, -1.0))
    assert torch.equal(prepared(opaque, 96), prepared(colour, 96))
    assert not prepared(clear, 96).any()
    with pytest.raises(NotMeasurable):
        prepared(pictures(1, channels=2), 96)


def test_a_file_that_is_not_the_known_one_is_refused(tmp_path):
    changed = bytearray(lite0_weights.weights_file().read_bytes())
    changed[-1] ^= 1
    (tmp_path / "weights.pth").write_bytes(changed)
    with pytest.raises(IntegrityFailure):
        lite0_weights.read(tmp_path / "weights.pth")


def test_values_are_read_where_the_table_says_in_the_order_of_its_strides():
    data = b"xx" + np.arange(6, dtype="<f4").tobytes()
    assert lite0_weights.tensor(data, 2, [2, 3], [1, 2]).tolist() == [[0, 2, 4], [1, 3, 5]]


def test_another_network_has_another_name_and_the_figures_are_its_own(tmp_path, monkeypatch):
    path = pooling(tmp_path / "Inception v3.onnx")
    monkeypatch.setenv(SETTING, path)
    network = embedder()
    assert network.name == network_name() != LITE0_NAME
    assert network.name.startswith("inception_v3_")
    images = pictures(70, size_px=8)
    assert torch.allclose(network.embed(images), images.mean((2, 3)), atol=1e-6)


def test_two_files_of_one_name_are_told_apart(tmp_path):
    names = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "net.onnx"
        model = onnx.load(pooling(path))
        model.producer_name = folder
        onnx.save(model, path)
        names.append(embedder(str(path)).name)
    assert names[0] != names[1]


@pytest.mark.parametrize("broken", ["missing", "no network", "four channels"])
def test_what_is_no_feature_network_is_named(tmp_path, broken):
    path = tmp_path / "net.onnx"
    if broken == "no network":
        path.write_bytes(b"none")
    if broken == "four channels":
        pooling(path, channels=4)
    with pytest.raises(InvalidInput) as refused:
        embedder(str(path))
    assert (refused.value.code, refused.value.field) == ("embedder_unusable", SETTING)


def test_the_same_pictures_are_looked_at_once():
    looked = []

    def look(images):
        looked.append(len(images))
        return images.mean((2, 3))

    network = Embedder("counted", 8, look)
    one, again = (features(pictures(5, size_px=8), network) for _ in range(2))
    features(pictures(6, size_px=8), network)
    assert torch.equal(one, again)
    assert looked == [5, 6]
