"""Generate jobs that share batches: each makes what it makes alone, and comes to its own end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.toys.attempts import SHADES, ingested, pictures, trained
from tests.contract.toys.plugged import plugged
from tests.english_like import english_like
from tests.kinds.together import content, end_of, of, place_of, together, want
from workers.engine import streamed
from workers.engine.line import Line
from workers.engine.runners import Sampler

Job = dict[str, Any]
Place = dict[str, str]


@pytest.fixture(scope="module", autouse=True)
def toys_there() -> Iterator[None]:
    with plugged():
        yield


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("together")


@pytest.fixture(scope="module")
def model(kept: Path) -> Place:
    """Makes pictures of two classes."""
    data = pictures(kept / "data", SHADES)
    return trained(kept / "pictures", "toy_classes", {"data": data}, steps=5)


@pytest.fixture(scope="module")
def writer(kept: Path) -> Place:
    """Makes texts of 16 letters."""
    (kept / "tales.txt").write_text(english_like(1, 4000), encoding="utf-8")
    data = ingested(kept / "letters", "text", kept / "tales.txt", length=16)
    return trained(kept / "writer", "toy_letters", {"data": data}, steps=20)


def job(seed: int, count: int, **said: Any) -> Job:
    """One that makes so many."""
    return {"job": f"j{seed}", "seed": str(seed), "params": {"count": count}} | said


@pytest.fixture
def looks_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who watches a batch looks after each step."""
    monkeypatch.setattr(streamed, "EVERY_S", 0.0)


def test_each_makes_what_it_makes_alone(model: Place, tmp_path: Path) -> None:
    jobs = [
        job(1, 5),
        job(2, 40),
        job(3, 7, params={"count": 7, "condition": "dark"}),
        job(4, 3, params={"count": 3, "sweep": {"contrast": [0.0, 1.0, 2.0]}}),
        job(5, 6, params={"count": 6, "interpolate": ["1", "9"]}),
        job(6, 33, done=list(range(30))),
    ]
    heard = together(tmp_path / "all", model, *jobs)
    alone = [content(together(tmp_path / f"{place}", model, one), 0) for place, one in enumerate(jobs)]
    assert [content(heard, place) for place in range(len(jobs))] == alone
    assert [len(made) for made in alone] == [5, 40, 7, 9, 6, 3]
    assert [end_of(heard, place)["result"]["count"] for place in range(len(jobs))] == [5, 40, 7, 9, 6, 33]
    assert all((place_of(tmp_path / "all", place) / "out" / "sheet.png").exists() for place in range(len(jobs)))


def test_each_ends_once_its_own_are_made(model: Place, tmp_path: Path) -> None:
    heard = together(tmp_path, model, job(1, 40), job(2, 3), job(3, 40))
    assert [said.get("of", 0) for said in heard if said["type"] == "result"] == [0, 1, 2]
    first_end = heard.index(end_of(heard, 0))
    assert heard.index(of(heard, 2, "artifacts")[0]) > first_end


def test_the_echo_says_whose_a_report_is_and_the_folder_says_the_same_without(model: Place, tmp_path: Path) -> None:
    heard = together(tmp_path, model, job(1, 2), job(2, 2))
    for place in range(2):
        lines = (place_of(tmp_path, place) / "reports.jsonl").read_text().splitlines()
        bare = [{name: value for name, value in said.items() if name != "of"} for said in of(heard, place)]
        assert [json.loads(line) for line in lines] == bare
        assert all("of" not in said for said in map(json.loads, lines))


def test_each_is_marked_with_its_own_key(model: Place, tmp_path: Path) -> None:
    heard = together(tmp_path, model, job(1, 2), job(1, 2))
    assert content(heard, 0) == content(heard, 1)
    sha256 = [{item["sha256"] for item in of(heard, place, "artifacts")[0]["items"]} for place in range(2)]
    assert not sha256[0] & sha256[1]


def test_one_that_is_cancelled_leaves_with_what_it_has_and_the_others_end(model: Place, tmp_path: Path) -> None:
    def cancel(place: int, said: Job) -> None:
        if (place, said["type"]) == (0, "result"):
            want(tmp_path, 1, "cancel")

    heard = together(tmp_path, model, job(1, 8), job(2, 64), job(3, 8), deed=cancel)
    assert (end_of(heard, 1)["type"], end_of(heard, 1)["why"], end_of(heard, 1)["step"]) == ("stopped", "cancel", 24)
    assert sorted(content(heard, 1)) == list(range(24))
    assert content(heard, 2) == content(together(tmp_path / "alone", model, job(3, 8)), 0)


@pytest.mark.usefixtures("looks_always")
def test_one_that_is_cancelled_leaves_before_its_turn_comes(model: Place, tmp_path: Path) -> None:
    def cancel(place: int, said: Job) -> None:
        if (place, said["type"]) == (0, "result"):
            want(tmp_path, 2, "cancel")

    heard = together(tmp_path, model, job(1, 8), job(2, 64), job(3, 8), deed=cancel)
    assert end_of(heard, 2)["why"] == "cancel"
    assert heard.index(end_of(heard, 2)) < heard.index(end_of(heard, 1))
    assert len(content(heard, 1)) == 64


@pytest.mark.usefixtures("looks_always")
def test_one_that_alone_has_a_batch_and_leaves_it_parts_nobody(writer: Place, tmp_path: Path) -> None:
    def cancel(place: int, said: Job) -> None:
        if (place, said["type"]) == (0, "partial"):
            want(tmp_path, 0, "cancel")

    heard = together(tmp_path, writer, job(1, 40), job(2, 40), deed=cancel)
    assert (end_of(heard, 0)["why"], content(heard, 0)) == ("cancel", {})
    assert end_of(heard, 1)["type"] == "result"
    assert len(content(heard, 1)) == 40


@pytest.mark.usefixtures("looks_always")
def test_a_text_that_grows_is_told_to_its_own_job(writer: Place, tmp_path: Path) -> None:
    heard = together(tmp_path, writer, job(1, 3), job(2, 40), job(3, 2))
    for place, shown in ((0, 3), (1, streamed.SHOWN), (2, 2)):
        pieces = [piece for said in of(heard, place, "partial") for piece in said["pieces"]]
        assert {piece["index"] for piece in pieces} == set(range(shown))
        for item in (one for said in of(heard, place, "artifacts") for one in said["items"][:shown]):
            text = (place_of(tmp_path, place) / item["file"]).read_text()
            told = "".join(piece["text"] for piece in pieces if piece["index"] == item["index"])
            assert text.startswith(told)
            assert told


def test_one_with_bad_parameters_fails_alone_with_its_error(model: Place, tmp_path: Path) -> None:
    bad = [{"count": 2, "weights": [1, 2]}, {"count": 0}, {"count": 2, "condition": "purple"}]
    heard = together(tmp_path, model, job(1, 2), *(job(2, 2, params=said) for said in bad), job(3, 2))
    ends = [end_of(heard, place) for place in range(5)]
    assert [end["type"] for end in ends] == ["result", "failure", "failure", "failure", "result"]
    assert [ends[place]["error"]["field"] for place in (1, 2, 3)] == [
        "params.weights", "params.count", "params.condition",
    ]  # fmt: skip
    assert all(ends[place]["expected"] for place in (1, 2, 3))


def test_the_first_one_may_be_the_bad_one(model: Place, tmp_path: Path) -> None:
    heard = together(tmp_path, model, job(1, 2, params={"count": 0}), job(2, 2))
    assert [end_of(heard, place)["type"] for place in range(2)] == ["failure", "result"]


def test_one_whose_order_cannot_be_read_fails_alone(model: Place, tmp_path: Path) -> None:
    unreadable = job(2, 2) | {"kind": "nobody"}
    heard = together(tmp_path, model, job(1, 2), unreadable, job(3, 2))
    assert [end_of(heard, place)["type"] for place in range(3)] == ["result", "failure", "result"]


def test_all_fail_by_a_model_that_cannot_be_opened(model: Place, tmp_path: Path) -> None:
    damaged = shutil.copytree(model["path"], tmp_path / "bundle")
    (damaged / "model" / "painter.onnx").write_bytes(b"not a model")
    heard = together(tmp_path, {"path": str(damaged)}, job(1, 2), job(2, 2))
    assert [end_of(heard, place)["error"]["code"] for place in range(2)] == ["integrity_failure"] * 2


class Broken:
    """Sampling that fails at the batches of these numbers (from 0)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *at: int) -> None:
        self.at, self.seen, self.fields = at, -1, Sampler.fields
        monkeypatch.setattr(Sampler, "fields", lambda *said: self(*said))

    def __call__(self, *said: Any) -> Any:
        self.seen += 1
        if self.seen in self.at:
            raise ValueError("the device hiccuped")
        return self.fields(*said)


def test_a_fault_in_a_shared_batch_parts_those_that_have_not_ended(
    model: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Broken(monkeypatch, 2)  # the first job's sheet has all it needs, so batches are those of the jobs
    heard = together(tmp_path, model, job(1, 20), job(2, 60), job(3, 60))
    assert [end_of(heard, place)["type"] for place in range(3)] == ["result", "stopped", "stopped"]
    assert [end_of(heard, place)["why"] for place in (1, 2)] == ["apart", "apart"]


def test_those_that_are_parted_keep_what_was_made(
    model: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Broken(monkeypatch, 1)
    heard = together(tmp_path, model, job(1, 40), job(2, 40))
    assert [sorted(content(heard, place)) for place in range(2)] == [list(range(32)), []]
    assert [end_of(heard, place)["why"] for place in range(2)] == ["apart", "apart"]


def test_a_fault_in_a_batch_of_one_job_is_its_own(
    model: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Broken(monkeypatch, 1)
    heard = together(tmp_path, model, job(1, 16), job(2, 64), job(3, 8))
    assert [end_of(heard, place)["type"] for place in range(3)] == ["result", "failure", "result"]
    assert end_of(heard, 1)["error"]["detail"] == "ValueError: the device hiccuped"


def test_a_fault_of_a_job_that_is_alone_is_its_own(
    model: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Broken(monkeypatch, 0)
    end = end_of(together(tmp_path, model, job(1, 3)), 0)
    assert (end["type"], end["expected"], end["error"]["code"]) == ("failure", False, "bug")
    assert "hiccuped" in end["traceback"]


def test_a_fault_on_the_way_out_is_that_of_its_job(
    model: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Line.kept

    def kept(line: Line, file: str, data: bytes) -> dict[str, Any]:
        if line.seed == "2":
            raise OSError(28, "No space left on device")
        return keep(line, file, data)

    monkeypatch.setattr(Line, "kept", kept)
    heard = together(tmp_path, model, job(1, 40), job(2, 40), job(3, 40))
    assert [end_of(heard, place)["type"] for place in range(3)] == ["result", "failure", "result"]
    assert end_of(heard, 1)["error"]["code"] == "disk_full"


def test_a_job_that_makes_way_keeps_the_batch_that_was_begun(model: Place, tmp_path: Path) -> None:
    want_at_start = {"told": False}

    def make_way(place: int, said: Job) -> None:
        if not want_at_start["told"]:
            want_at_start["told"] = True
            want(tmp_path, 0, "turn")

    heard = together(tmp_path, model, job(1, 70), deed=make_way)
    assert (end_of(heard, 0)["why"], end_of(heard, 0)["step"]) == ("turn", 32)
    assert sorted(content(heard, 0)) == list(range(32))


def test_a_job_whose_last_batch_it_is_ends_and_makes_no_way(model: Place, tmp_path: Path) -> None:
    heard = together(tmp_path, model, job(1, 20), deed=lambda place, said: want(tmp_path, 0, "turn"))
    assert end_of(heard, 0)["type"] == "result"


@pytest.mark.usefixtures("looks_always")
def test_a_turn_is_never_taken_amid_a_batch(writer: Place, tmp_path: Path) -> None:
    heard = together(tmp_path, writer, job(1, 40), deed=lambda place, said: want(tmp_path, 0, "turn"))
    assert sorted(content(heard, 0)) == list(range(32))
    assert end_of(heard, 0)["why"] == "turn"


def test_jobs_over_two_models_end_when_both_have_made_theirs(model: Place, kept: Path, tmp_path: Path) -> None:
    inputs = {"inputs": {"model": model, "model_2": model}}
    jobs = [job(1, 12) | inputs, job(2, 40) | inputs, job(3, 1) | inputs]
    heard = together(tmp_path / "all", model, *jobs)
    alone = [content(together(tmp_path / f"{place}", model, one), 0) for place, one in enumerate(jobs)]
    assert [content(heard, place) for place in range(3)] == alone
    assert [len(made) for made in alone] == [12, 40, 1]
    roles = {item["model"] for said in of(heard, 1, "artifacts") for item in said["items"]}
    assert roles == {"model", "model_2"}
