"""Plug-ins of an installed package reach the engine program and the catalogue as the product's own do."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.toys.attempts import SHORT, order
from tests.contract.toys.plugged import INSTALLED, plugged, toys
from workers.plugins import plugins
from workers.registry import describe_all

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = {"models_store.errors", "workers.contracts", "workers.modalities.dataset_folder"}


def program(folder: Path, said: dict[str, Any], *, installed: bool) -> tuple[int, list[dict[str, Any]]]:
    """Run an order by `python -m workers.engine`: exit code and reports."""
    folder.mkdir(parents=True)
    (folder / "order.json").write_text(json.dumps(said), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "VIRTUAL_ENV")}
    environment = kept | {"PYTHONDONTWRITEBYTECODE": "1"} | ({"PYTHONPATH": str(INSTALLED)} if installed else {})
    command = [sys.executable, "-m", "workers.engine", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def uploaded(folder: Path) -> dict[str, Any]:
    (folder / "rows.csv").write_text("length,kind\n" + "".join(f"{n % 7},{'ab'[n % 2]}\n" for n in range(60)))
    return order(
        "ingest", modality="toy_table", inputs={"upload": {"path": str(folder / "rows.csv"), "name": "rows.csv"}}
    )


def test_the_program_ingests_and_trains_with_plug_ins_of_another_package(tmp_path):
    code, reports = program(tmp_path / "data", uploaded(tmp_path), installed=True)
    assert (code, reports[-1]["type"]) == (0, "result")
    data = {"data": {"path": str(tmp_path / "data" / reports[-1]["result"]["dataset"])}}
    said = order("train", family="toy_columns", inputs=data, params=SHORT | {"steps": 20})
    code, reports = program(tmp_path / "model", said, installed=True)
    assert (code, reports[-1]["type"]) == (0, "result")
    assert reports[-1]["result"]["metrics"]["parity"]["max_abs_diff"] <= 1e-5
    assert (tmp_path / "model" / "bundle" / "model" / "row.onnx").exists()


def test_where_the_package_is_not_installed_the_program_says_what_there_is(tmp_path):
    code, reports = program(tmp_path / "data", uploaded(tmp_path), installed=False)
    assert code == 3
    assert reports[-1]["error"]["code"] == "unknown_plugin"
    assert "image" in reports[-1]["error"]["expected"]


def test_the_catalogue_describes_them_while_they_are_installed():
    with plugged():
        rows = {(row["kind"], row["name"]): row for row in describe_all()}
    assert rows.keys() >= {(kind, name) for kind in ("family", "modality") for name in toys(kind)}
    assert rows["family", "toy_pair"]["abilities"]["roles"].keys() == {"data_a", "data_b"}
    assert rows["family", "toy_classes"]["abilities"]["controls"]["properties"]["condition"]["of_spec"] == "condition"
    assert not plugins("family").keys() & toys("family").keys()


@pytest.mark.parametrize("file", sorted((INSTALLED / "kilnmark_toys").glob("*.py")), ids=lambda file: file.stem)
def test_of_the_product_they_import_what_is_meant_for_them(file):
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    found = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    found |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert {name for name in found if name.partition(".")[0] in ("workers", "models_store", "tests")} <= PUBLIC
