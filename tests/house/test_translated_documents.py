"""What is there in two languages says the same in both: headings, code, tables, links, pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAIRS = {"README.md": "README.zh-CN.md", "docs/reviewer-quickstart.md": "docs/reviewer-quickstart.zh-CN.md"}
CODE = re.compile(r"```.*?```", re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
IN_CHINESE = re.compile(r"-(?:chinese|light|dark|phone)\.webp|\.zh-CN(?=\.md)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def outline(text: str) -> list[object]:
    """Levels of headings, rows of tables and items of lists, in their order; code is left out."""
    kinds = {"#": "heading", "|": "row", "-": "item"}
    lines = [line for line in CODE.sub("", text).splitlines() if line[:1] in kinds]
    return [line.split(" ")[0] if line[0] == "#" else kinds[line[0]] for line in lines]


def links(text: str) -> set[str]:
    """Where links and pictures lead; the same page or picture in the other language counts as the same."""
    found = {IN_CHINESE.sub("", place).removesuffix(".md") for place in re.findall(r"\]\(([^)]+)\)", text)}
    return {place for place in found if not place.endswith(("README", "reviewer-quickstart"))}


@pytest.mark.parametrize("name", PAIRS)
def test_both_have_the_same_headings_tables_and_lists(name: str) -> None:
    assert outline(read(PAIRS[name])) == outline(read(name))


@pytest.mark.parametrize("name", PAIRS)
def test_both_have_the_same_code(name: str) -> None:
    assert CODE.findall(read(PAIRS[name])) == CODE.findall(read(name))


@pytest.mark.parametrize("name", PAIRS)
def test_both_name_the_same_settings_files_and_commands(name: str) -> None:
    words = re.compile(r"`([^`\n]+)`")
    assert set(words.findall(CODE.sub("", read(PAIRS[name])))) == set(words.findall(CODE.sub("", read(name))))


@pytest.mark.parametrize("name", PAIRS)
def test_both_lead_to_the_same_places(name: str) -> None:
    assert links(read(PAIRS[name])) == links(read(name))


@pytest.mark.parametrize("name", [*PAIRS, *PAIRS.values()])
def test_every_picture_is_there_and_says_what_it_shows(name: str) -> None:
    for says, place in PICTURE.findall(read(name)):
        assert says, place
        assert ((ROOT / name).parent / place).is_file(), place


@pytest.mark.parametrize("name", PAIRS.values())
def test_the_chinese_one_is_chinese(name: str) -> None:
    prose = re.sub(r"`[^`]*`|\]\([^)]*\)|“[^”]*”", "", CODE.sub("", read(name)))
    assert re.findall(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", prose) == []
