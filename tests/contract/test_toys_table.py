"""A mixed table of somebody else's, from a CSV file to signed rows: numbers, labels, and values that are missing."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models_store.errors import InvalidInput
from tests.builders_images import Silent
from tests.contract.toys.attempts import attempt, generated, ingested, items, run, trained
from workers.contracts import Spec
from workers.engine.dataset_files import DatasetFolder
from workers.plugins import plugin

pytestmark = pytest.mark.usefixtures("toys_installed")
MADE = 120
GAPS, RED = 0.25, 0.7  # how many heights are missing, how many of the known colours are red


def written(place: Path, unit: int = 1) -> Path:
    """300 rows: heights around 170 units, some missing; weights; a colour, now and then missing."""
    draws = np.random.default_rng(3)
    with place.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["height", "colour", "weight, kg"])
        for _ in range(300):
            height = "" if draws.random() < GAPS else f"{unit * round(draws.normal(170, 8), 1):.6g}"
            colour = "" if draws.random() < 0.1 else "red" if draws.random() < RED else 'blue, "sky"'
            rows.writerow([height, colour, f"{draws.normal(60, 5):.4g}"])
    return place


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("table")
    return ingested(folder, "toy_table", written(folder / "people.csv"))


@pytest.fixture(scope="module")
def model(data, tmp_path_factory) -> dict[str, str]:
    return trained(tmp_path_factory.mktemp("columns"), "toy_columns", {"data": data}, steps=300)


@pytest.fixture(scope="module")
def made(model, tmp_path_factory) -> Any:
    return generated(tmp_path_factory.mktemp("rows"), model, params={"count": MADE})


def raw(data: dict[str, str], side: str = "holdout") -> dict[str, torch.Tensor]:
    return load_file(Path(data["path"]) / f"{side}.safetensors")


def table(rows: Any) -> list[dict[str, str]]:
    """The released files, each a header and one row."""
    found = []
    for item in items(rows):
        lines = list(csv.reader((rows.folder / item["file"]).read_text(encoding="utf-8").splitlines()))
        assert len(lines) == 2
        found.append(dict(zip(*lines, strict=True)))
    return found


def test_columns_are_fields_of_their_kind_and_what_is_missing_is_said(data):
    spec = DatasetFolder.open(data["path"]).spec
    assert [(part.name, part.kind) for part in spec.fields] == [
        ("height", "continuous"), ("colour", "categorical"), ("weight, kg", "continuous"),
    ]  # fmt: skip
    assert spec.fields[1].labels == ("", 'blue, "sky"', "red")
    assert raw(data)["height"].isnan().any()
    assert (raw(data)["colour"] == 0).any()


def test_a_family_gets_numbers_of_one_scale_though_encode_sees_no_other_row(data):
    folder = DatasetFolder.open(data["path"])
    fields = folder.modality().encode(folder.split("train"))
    for name in ("height", "weight, kg"):
        there = fields[name][~fields[name].isnan()]
        assert there.mean().abs() < 1e-4
        assert there.std() == pytest.approx(1, abs=0.01)


def test_rows_survive_decode_and_encode_to_the_bit(data):
    folder = DatasetFolder.open(data["path"])
    modality, stored = folder.modality(), raw(data)
    rows = modality.decode(modality.encode(stored), folder.spec)
    for name, column in modality.stored(rows, folder.spec).items():
        torch.testing.assert_close(torch.from_numpy(column), stored[name], rtol=0, atol=0, equal_nan=True)


def test_the_same_file_has_the_same_address(data, tmp_path):
    again = ingested(tmp_path, "toy_table", written(tmp_path / "other name.csv"))
    assert DatasetFolder.open(again["path"]).sha256 == DatasetFolder.open(data["path"]).sha256


def test_a_row_of_another_length_is_listed_beside_the_good_ones(tmp_path):
    text = "a,b\n" + "1,x\n" * 12 + "1,x,3\n"
    (tmp_path / "rows.csv").write_text(text)
    found = plugin("modality", "toy_table")().ingest(tmp_path / "rows.csv", tmp_path / "out", Silent(), name="rows.csv")
    assert sum(found["counts"].values()) == 12
    assert found["problems"] == [{"file": "rows.csv, row 14", "code": "ragged_row", "expected": "2", "got": "3"}]


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe\x00", b"a,a\n" + b"1,2\n" * 20, b"a,b\n1,2\n"], ids=["empty", "bytes", "header", "short"]
)
def test_what_is_no_table_is_refused_with_its_place(text, tmp_path):
    (tmp_path / "0badc0de").write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        plugin("modality", "toy_table")().ingest(tmp_path / "0badc0de", tmp_path / "out", Silent(), name="theirs.csv")
    assert {"expected", "got"} <= refused.value.as_dict().keys()
    assert refused.value.field == "theirs.csv"
    assert not (tmp_path / "out").exists()


def test_one_item_is_one_row_of_a_csv_file_with_credential_and_label_beside_it(made):
    assert [item["index"] for item in items(made)] == list(range(MADE))
    for item in items(made):
        assert item["media_type"] == "text/csv"
        assert set(item["sidecars"]) == {"c2pa", "xmp"}
        assert all((made.folder / file["file"]).stat().st_size == file["size"] for file in item["sidecars"].values())
    assert all(row.keys() == {"height", "colour", "weight, kg"} for row in table(made))


def test_what_is_made_is_distributed_as_the_data_are(made):
    rows = table(made)
    heights = [float(row["height"]) for row in rows if row["height"]]
    colours = [row["colour"] for row in rows if row["colour"]]
    spread = 4 / np.sqrt(MADE)  # four standard errors, of a share at most
    assert 1 - len(heights) / MADE == pytest.approx(GAPS, abs=spread / 2)
    assert colours.count("red") / len(colours) == pytest.approx(RED, abs=spread / 2)
    assert np.mean(heights) == pytest.approx(170, abs=8 * spread)
    assert np.std(heights) == pytest.approx(8, rel=0.3)


def test_a_table_that_no_metric_knows_is_measured_by_none(model, data, tmp_path):
    looked = attempt(tmp_path, "evaluate", inputs={"model": model, "data": data}, params={"count": 20})
    assert run(looked) == {"metrics": {}}


def test_models_whose_networks_are_the_same_keep_their_units(made, model, tmp_path):
    data = ingested(tmp_path / "data", "toy_table", written(tmp_path / "halves.csv", unit=2))
    other = trained(tmp_path / "model", "toy_columns", {"data": data}, steps=300)
    one, two = (Path(bundle["path"], "model", "row.onnx").read_bytes() for bundle in (model, other))
    assert one == two
    rows = table(generated(tmp_path / "rows", other, params={"count": 10}))
    here = [float(row["height"]) / 2 for row in rows if row["height"]]
    there = [float(row["height"]) for row in table(made)[:10] if row["height"]]
    assert here == pytest.approx(there, rel=1e-5)


def test_the_spec_of_a_table_survives_json(data):
    spec = DatasetFolder.open(data["path"]).spec
    assert Spec.from_dict(json.loads(json.dumps(spec.as_dict()))) == spec
