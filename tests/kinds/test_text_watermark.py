"""From a model of texts to jobs of several keys, and from one of their texts, changed on its way, back to its job."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from models_store.keys import Keyring, job_mark_key
from tests.contract.toys.attempts import ingested, trained
from tests.contract.toys.plugged import toys
from tests.english_like import english_like
from tests.home import HOME
from tests.kinds import together as orders
from tests.kinds.together import content, end_of, of, place_of, together
from tests.marks.written import points_of, said, words_replaced
from workers.contracts import Attempt, Spec
from workers.engine.drawn_marks import mark_of
from workers.families.lstm import Lstm
from workers.kinds.verify import Verify
from workers.marks.green_list import ALONE_CHARACTERS
from workers.marks.statistic import MILLION_JOBS_Z

LENGTH, PROMPT = 900, "The "
PROJECT_KEY = bytes.fromhex("70" * 32)
JOBS = [f"job-{number}" for number in range(100)]
MAKERS = JOBS[7], JOBS[8]


@dataclass
class Silent:
    lines: list[str] = field(default_factory=list)

    def log(self, message: str, level: str = "info") -> None:
        self.lines.append(message)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts")


@pytest.fixture(scope="module")
def tales(kept: Path) -> dict[str, str]:
    """What the models learn from."""
    (kept / "tales.txt").write_text(PROMPT + english_like(1, 4000), encoding="utf-8")
    return ingested(kept / "letters", "text", kept / "tales.txt", length=64)


@pytest.fixture(scope="module")
def model(kept: Path, tales: dict[str, str]) -> dict[str, str]:
    """An LSTM that has learned a little of them."""
    return trained(kept / "model", "lstm", {"data": tales}, steps=60, width=48, layers=1)


def job(seed: int, count: int, **said: Any) -> dict[str, Any]:
    """An order for so many texts."""
    return {"job": f"j{seed}", "seed": str(seed), "params": {"count": count, "length": LENGTH} | said}


@pytest.fixture(scope="module")
def made(kept: Path, model: dict[str, str]) -> list[list[dict[str, Any]]]:
    """What two jobs of the same seed made together: their items, `text` beside what was reported of each."""
    keys = [job_mark_key(PROJECT_KEY, name).hex() for name in MAKERS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orders, "mark_key_of", keys.__getitem__)
        heard = together(kept / "made", model, job(1, 6), job(1, 40))
    return [
        [
            item | {"text": (place_of(kept / "made", place) / item["file"]).read_bytes().decode()}
            for report in of(heard, place, "artifacts") for item in report["items"]
        ]
        for place in range(2)
    ]  # fmt: skip


@pytest.fixture
def verify(tmp_path: Path) -> Any:
    def run(data: bytes) -> dict[str, Any]:
        (tmp_path / "upload").write_bytes(data)
        order = {
            "inputs": {"upload": {"path": str(tmp_path / "upload"), "name": "essay.doc"}},
            "trust": {"root_pem": Keyring.load(HOME / "keys").root_pem}, "jobs": [[name, "p"] for name in JOBS],
        }  # fmt: skip
        secrets = {"mark_keys": json.dumps({"p": PROJECT_KEY.hex()})}
        return Verify().run(Attempt(tmp_path, order, Silent(), lambda: "", secrets))  # type: ignore[arg-type]

    return run


def zipped(folder: Path, files: list[tuple[str, bytes]]) -> bytes:
    """A zip of these."""
    with zipfile.ZipFile(folder / "texts.zip", "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return (folder / "texts.zip").read_bytes()


def test_what_is_released_says_its_mark_and_whether_it_is_found_alone(made: list[list[dict[str, Any]]]) -> None:
    every = [item for items in made for item in items]
    assert all(set(item["marks"]["watermark"]) == {"scheme", "z", "alone"} for item in every)
    assert {item["marks"]["watermark"]["scheme"] for item in every} == {"green_list"}
    long = [item["marks"]["watermark"] for item in every if len(item["text"]) > LENGTH]
    assert len(long) > len(every) / 2
    assert all(mark["alone"] and mark["z"] >= MILLION_JOBS_Z for mark in long)
    short = [item["marks"]["watermark"] for item in every if len(item["text"]) <= ALONE_CHARACTERS]
    assert not any(mark["alone"] for mark in short)


def test_jobs_of_one_seed_and_two_keys_make_other_texts(made: list[list[dict[str, Any]]]) -> None:
    digests = [{item["content_sha256"] for item in items} for items in made]
    assert not digests[0] & digests[1]


def test_a_job_makes_alone_and_after_a_break_what_it_makes_in_company(
    made: list[list[dict[str, Any]]], model: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "mark_key_of", lambda place: job_mark_key(PROJECT_KEY, MAKERS[1]).hex())
    heard = together(tmp_path, model, job(1, 40) | {"done": list(range(35))})
    expected = {item["index"]: item["content_sha256"] for item in made[1] if item["index"] >= 35}
    assert content(heard, 0) == expected
    assert (place_of(tmp_path, 0) / "out" / "sheet.png").exists()


def test_a_prompt_is_no_evidence(model: dict[str, str], tmp_path: Path) -> None:
    prompt = PROMPT * 100
    heard = together(tmp_path, model, job(1, 2, prompt=prompt, length=len(prompt) + 4))
    assert end_of(heard, 0)["type"] == "result"
    for item in of(heard, 0, "artifacts")[0]["items"]:
        mark = item["marks"]["watermark"]
        assert abs(mark["z"]) <= 1.01  # of four letters, one passage
        assert mark["alone"] is False


class Opened:
    """What is asked of a bundle."""

    def __init__(self, modality: str, family: Any) -> None:
        self.spec, self.family = lambda: Spec(modality, ()), lambda: family


def test_only_a_family_that_can_be_leaned_on_is_drawn_under_a_mark() -> None:
    assert mark_of(Opened("text", Lstm())) is not None  # type: ignore[arg-type]
    assert mark_of(Opened("text", toys("family")["toy_letters"]())) is None  # type: ignore[arg-type]
    assert mark_of(Opened("image", Lstm())) is None  # type: ignore[arg-type]


COPIES = {
    "as it is": str,
    "without its credential, with other line ends": lambda text: text.replace("\n", "\r\n"),
    "in capitals": str.upper,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "its last two thirds": lambda text: text[len(text) // 3 :],
    "a tenth of the words replaced": lambda text: said(words_replaced(points_of(text), 0.1)),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_points_at_its_job(made: list[list[dict[str, Any]]], verify: Any, copy: Any, encoding: str) -> None:
    for items, name in zip(made, MAKERS, strict=True):
        text = next(item["text"] for item in items if len(item["text"]) > LENGTH)
        (found,) = verify(copy(text).encode(encoding))["findings"]
        assert (found["media_type"], found["problems"], found["perceptual"]) == ("text/plain", [], None)
        assert (found["watermark"]["job"], found["watermark"]["found"]) == (name, True)


def test_a_text_of_somebody_else_points_at_nobody(verify: Any) -> None:
    (found,) = verify(english_like(9, 2000).encode())["findings"]
    assert (found["watermark"]["alone"], found["watermark"]["found"]) == (True, False)


def test_short_pieces_are_judged_together_and_not_alone(
    made: list[list[dict[str, Any]]], verify: Any, tmp_path: Path
) -> None:
    pieces = [(f"{item['index']}.txt", item["text"][: 150 + 3 * item["index"]].encode()) for item in made[1]]
    answer = verify(zipped(tmp_path, pieces))
    assert not any(found["watermark"]["found"] for found in answer["findings"])
    assert (answer["batch"]["job"], answer["batch"]["found"], answer["batch"]["items"]) == (MAKERS[1], True, 40)
