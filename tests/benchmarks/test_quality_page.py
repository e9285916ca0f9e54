"""The page of qualities says what was found, and nothing where nothing was."""

from __future__ import annotations

from pathlib import Path

from benchmarks.quality.__main__ import KEPT, PAGE, whole
from benchmarks.quality.kept import keep, kept
from benchmarks.quality.page import page
from benchmarks.quality.sets import SETS
from benchmarks.quality.study import Study

FIGURES = {
    "fid_lite0_12345678": {"value": 21.04, "low": 20.0, "high": 22.0, "n": 2000, "unit": ""},
    "class_share_a": {"value": 0.25, "low": 0.2, "high": 0.3, "n": 2000, "unit": ""},
    "class_share_b": {"value": 0.75, "low": 0.7, "high": 0.8, "n": 2000, "unit": ""},
}


def study(family: str = "dcgan", data: str = "mnist_t10k", **said) -> Study:
    told = {"params": {}, "steps": 1200, "train_cpu_s": 240.0, "figures": FIGURES, "day": "2026-01-02"}
    return Study(family, data, **told | {"machine": {"processor": "one"}} | said)


def lines(*studies: Study) -> str:
    return page(studies, {"mnist_t10k": "Sevens look like ones."})


def grid(folder: Path, said: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "grid.png").write_bytes(said)
    return folder / "grid.png"


def test_a_figure_stands_with_its_interval_under_its_embedder():
    text = lines(study())
    assert "21.0 [20.0, 22.0]" in text
    assert "`lite0_12345678`" in text


def test_a_figure_that_was_not_found_is_a_dash():
    assert "| - | -" in lines(study(figures={}))


def test_the_shares_of_the_classes_are_the_least_and_the_largest():
    assert "25.0% to 75.0%" in lines(study())


def test_what_a_person_saw_stands_between_the_table_and_the_grids():
    text = lines(study())
    assert text.index("| dcgan | 4.0 |") < text.index("\n\nSevens look like ones.\n\n") < text.index("![dcgan on")


def test_a_set_that_was_not_measured_has_no_section():
    assert "MNIST digits" in lines(study())
    assert "Fashion" not in lines(study())


def test_each_row_says_its_day_and_its_machine():
    text = lines(study(), study("gan", day="2026-01-03", machine={"processor": "two", "memory": "8 GiB"}))
    assert "- A: one\n- B: two, 8 GiB\n" in text
    assert "| 2026-01-02 A |" in text
    assert "| 2026-01-03 B |" in text


def test_a_run_replaces_its_own_row_and_its_picture_and_no_others(tmp_path):
    keep(study("gan"), grid(tmp_path / "work", b"old gan"), tmp_path)
    keep(study("dcgan"), grid(tmp_path / "work", b"dcgan"), tmp_path)
    keep(study("gan", data="fashion_900"), tmp_path / "no grid", tmp_path)
    keep(study("gan", steps=7, day="2026-01-03"), grid(tmp_path / "work", b"new gan"), tmp_path)
    assert kept("mnist_t10k", tmp_path) == [study("gan", steps=7, day="2026-01-03"), study("dcgan")]
    assert kept("fashion_900", tmp_path) == [study("gan", data="fashion_900")]
    assert (tmp_path / "mnist_t10k-gan.png").read_bytes() == b"new gan"
    assert (tmp_path / "mnist_t10k-dcgan.png").read_bytes() == b"dcgan"


def test_the_page_of_the_repository_is_made_of_what_is_kept_beside_it():
    assert {path.stem for path in KEPT.glob("*.json")} <= set(SETS)
    assert PAGE.read_text(encoding="utf-8") == whole()


def test_every_row_that_is_kept_has_its_picture():
    rows = {f"{one.data}-{one.family}" for name in SETS for one in kept(name, KEPT)}
    assert {path.stem for path in KEPT.glob("*.png")} == rows
