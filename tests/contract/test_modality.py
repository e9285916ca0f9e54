"""What every registered modality keeps to."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import load_file

from models_store.errors import InvalidInput
from tests.builders_images import Silent
from tests.contract.uploads import ingested
from workers.contracts import Spec
from workers.plugins import plugin, plugins
from workers.registry import describe

MODALITIES = sorted(plugins("modality"))


@pytest.fixture(scope="module", params=MODALITIES)
def dataset(request, tmp_path_factory):
    """A small set of a modality: (modality, folder, result)."""
    modality = plugin("modality", request.param)()
    folder = tmp_path_factory.mktemp(request.param) / "dataset"
    return modality, folder, ingested(modality, folder)


def said(folder):
    return json.loads((folder / "dataset.json").read_bytes())


def test_ingest_is_stable_to_the_byte(dataset, tmp_path):
    modality, folder, made = dataset
    assert ingested(modality, tmp_path / "again") == made
    assert (tmp_path / "again" / "dataset.json").read_bytes() == (folder / "dataset.json").read_bytes()


def test_every_file_has_its_digest_and_size(dataset):
    _, folder, made = dataset
    files = {path.name: path for path in folder.iterdir() if path.name != "dataset.json"}
    kept = {
        name: {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "size": file.stat().st_size}
        for name, file in files.items()
    }
    assert said(folder)["files"] == kept
    assert {"train.safetensors", "holdout.safetensors", "preview.png"} <= set(kept)
    assert made["sha256"] == hashlib.sha256((folder / "dataset.json").read_bytes()).hexdigest()


def test_both_sides_of_the_split_have_the_counted_items(dataset):
    _, folder, made = dataset
    for name, count in made["counts"].items():
        assert count > 0
        assert all(len(array) == count for array in load_file(folder / f"{name}.safetensors").values())


def test_encoded_items_are_the_fields_of_the_spec(dataset):
    modality, folder, _ = dataset
    spec = Spec.from_dict(said(folder)["spec"])
    fields = modality.encode({name: array[:5] for name, array in load_file(folder / "train.safetensors").items()})
    assert set(fields) == {part.name for part in spec.fields}
    for part in spec.fields:
        assert tuple(fields[part.name].shape) == (5, *part.shape)
        if part.kind in ("condition", "token"):
            assert part.size == len(part.labels) > fields[part.name].max()


def test_items_survive_decode_and_encode(dataset):
    modality, folder, _ = dataset
    spec = Spec.from_dict(said(folder)["spec"])
    raw = {name: array[:5] for name, array in load_file(folder / "holdout.safetensors").items()}
    items = modality.decode(modality.encode(raw), spec)
    again = modality.decode(modality.encode(raw), spec)
    assert len(items) == 5
    assert all(torch.equal(torch.from_numpy(a), torch.from_numpy(b)) for a, b in zip(items, again, strict=True))
    assert [modality.file_bytes(item) for item in items] == [modality.file_bytes(item) for item in again]
    stored = modality.stored(items, spec)
    assert set(stored) == {part.name for part in spec.fields if part.kind != "condition"}
    assert all(torch.equal(torch.from_numpy(array), raw[name]) for name, array in stored.items())


def test_a_sheet_is_a_png(dataset, tmp_path):
    modality, folder, _ = dataset
    items = modality.decode(
        modality.encode(load_file(folder / "holdout.safetensors")), Spec.from_dict(said(folder)["spec"])
    )[:6]
    modality.sheet(items, tmp_path / "sheet.png", ["a"] * 6)
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_the_recorded_parameters_rebuild_the_modality(dataset):
    modality, folder, _ = dataset
    preprocess = said(folder)["preprocess"]
    assert plugin("modality", preprocess["modality"])(**preprocess["params"]) == modality


@pytest.mark.parametrize("name", MODALITIES)
@pytest.mark.parametrize("data", [b"", b"\x7fELF\x02\x01\x01" + bytes(64), b"PK\x03\x04 broken"])
def test_bad_input_is_refused_with_its_place(name, data, tmp_path):
    source = tmp_path / "0badc0de"
    source.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        plugin("modality", name)().ingest(source, tmp_path / "out", Silent(), name="theirs.bin")
    error = caught.value.as_dict()
    assert error["field"] == "theirs.bin"
    assert error["code"] != "invalid_input"
    assert {"expected", "got"} <= set(error)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", MODALITIES)
def test_every_parameter_is_explained_in_both_languages(name):
    row = describe("modality", plugin("modality", name))
    assert row["title"] != row["title_zh"]
    for parameter in row["schema"]["properties"].values():
        assert parameter["description"]
        assert parameter["help_zh"]
