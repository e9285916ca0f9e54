"""The kind `ingest` over an attempt folder, run as the program it is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models_store.errors import InvalidInput
from tests.builders_images import Silent, pngs, zip_of
from workers.contracts import Attempt, Stopped
from workers.kinds.ingest import Ingest, Watched

REPO = Path(__file__).resolve().parents[2]


def order(**more):
    return {"version": 1, "kind": "ingest", "modality": "image", "params": {"size": 8}, "inputs": {}} | more


def program(folder, **more):
    """Run the engine on a folder; (exit code, last report)."""
    (folder / "order.json").write_text(json.dumps(order(**more)))
    ran = subprocess.run(
        [sys.executable, "-m", "workers.engine", str(folder)], cwd=REPO, capture_output=True, text=True
    )
    assert ran.stderr == ""
    return ran.returncode, json.loads((folder / "reports.jsonl").read_text().splitlines()[-1])


def attempt(folder, want="", **more):
    return Attempt(folder, order(**more), Silent(), lambda: want)


def test_an_upload_becomes_the_result_of_the_contract(tmp_path):
    path = zip_of(tmp_path / "blob", {**pngs("a.png", "b.png"), "notes.txt": b"hello"})
    code, last = program(tmp_path, inputs={"upload": {"path": str(path), "name": "mine.zip"}})
    assert (code, last["type"]) == (0, "result")
    assert last["result"]["dataset"] == "dataset"
    assert last["result"]["counts"] == {"train": 1, "holdout": 1}
    assert [problem["file"] for problem in last["result"]["problems"]] == ["notes.txt"]
    assert (tmp_path / "dataset" / "dataset.json").is_file()


def test_a_bad_upload_fails_as_expected_under_its_own_name(tmp_path):
    (tmp_path / "blob").write_bytes(b"a,b\n1,2\n")
    code, last = program(tmp_path, inputs={"upload": {"path": str(tmp_path / "blob"), "name": "table.csv"}})
    assert (code, last["type"], last["expected"]) == (3, "failure", True)
    assert (last["error"]["code"], last["error"]["field"]) == ("unknown_format", "table.csv")


def test_a_builtin_set_needs_no_upload(tmp_path):
    result = Ingest().run(attempt(tmp_path, inputs={"builtin": "digits"}))
    assert sum(result["counts"].values()) + result["profile"]["duplicates"] == 1797


def test_no_path_of_the_machine_is_kept(tmp_path):
    path = zip_of(tmp_path / "blob", pngs("a.png", "b.png"))
    result = Ingest().run(attempt(tmp_path, inputs={"upload": {"path": str(path), "name": "mine.zip"}}))
    assert str(tmp_path) not in json.dumps(result) + (tmp_path / "dataset" / "dataset.json").read_text()


@pytest.mark.parametrize("inputs", [{}, {"builtin": "imagenet"}])
def test_nothing_to_read_is_refused(tmp_path, inputs):
    with pytest.raises(InvalidInput) as caught:
        Ingest().run(attempt(tmp_path, inputs=inputs))
    assert caught.value.field == "inputs"


def test_a_parameter_out_of_range_is_named(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        Ingest().run(attempt(tmp_path, inputs={"builtin": "digits"}, params={"size": 4}))
    assert caught.value.field == "params.size"
    assert caught.value.got == 4


@pytest.mark.parametrize("want", ["cancel", "pause", "yield"])
def test_it_leaves_when_asked_to(tmp_path, want):
    with pytest.raises(Stopped) as caught:
        Ingest().run(attempt(tmp_path, want, inputs={"builtin": "digits"}))
    assert caught.value.why == want
    assert not (tmp_path / "dataset").exists()


def test_at_most_two_reports_a_second_are_passed_on(tmp_path):
    now = iter(range(1000))
    under = attempt(tmp_path)
    watched = Watched(under, clock=lambda: next(now) / 100)
    for done in range(1, 101):
        watched.progress(done, 100, "files")
    assert len(under.report.heard) <= 4
    assert under.report.heard[-1] == (100, 100, "files")
