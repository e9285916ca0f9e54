"""Every parameter that a person may set says in both languages what it is and what it does; presets are valid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from audit.policies import policies
from workers.contracts import Preset
from workers.engine.parameters import split
from workers.plugins import FOLDERS, plugins
from workers.registry import describe

OWN_NAMES = {"encoding"}  # whose values are names of standards


def schemas() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Of every plug-in of every kind, of the controls of families, and of every policy."""
    for kind in FOLDERS:
        for name, cls in plugins(kind).items():
            row = describe(kind, cls)
            yield f"{kind} {name}", row["schema"]
            yield f"controls of {name}", row["abilities"].get("controls", {})
    for name, policy in policies().items():
        yield f"policy {name}", policy.model_json_schema()


PARAMETERS = [
    pytest.param(name, said, id=f"{owner} {name}")
    for owner, schema in schemas()
    for name, said in schema.get("properties", {}).items()
]
PRESETS = [
    pytest.param(family, preset, id=f"{name} {preset.name}")
    for name, family in sorted(plugins("family").items())
    for preset in getattr(family, "presets", ())
]


@pytest.mark.parametrize(("name", "said"), PARAMETERS)
def test_a_parameter_has_title_and_help_in_both_languages(name: str, said: Mapping[str, Any]) -> None:
    assert all(said.get(text) for text in ("description", "title", "title_zh", "help_zh"))


@pytest.mark.parametrize(("name", "said"), [one for one in PARAMETERS if "enum" in one.values[1]])
def test_each_choice_has_words_in_both_languages(name: str, said: Mapping[str, Any]) -> None:
    words = said.get("choices", {})
    if name not in OWN_NAMES:
        assert set(words) == set(said["enum"])
    assert all(one["title"] and one["title_zh"] for one in words.values())


@pytest.mark.parametrize(("family", "preset"), PRESETS)
def test_a_preset_passes_the_schema_of_its_family(family: Any, preset: Preset) -> None:
    made, loop = split(family, preset.values)
    assert {name: getattr(made, name, getattr(loop, name, None)) for name in preset.values} == dict(preset.values)


@pytest.mark.parametrize("family", sorted(plugins("family").values(), key=lambda cls: cls.name))
def test_presets_of_a_family_have_names_of_their_own_in_both_languages(family: Any) -> None:
    found = getattr(family, "presets", ())
    assert len({one.name for one in found}) == len(found)
    assert all(one.title and one.title_zh for one in found)


@pytest.mark.parametrize("family", sorted(plugins("family").values(), key=lambda cls: cls.name))
def test_a_family_says_what_it_is_good_for_and_what_not(family: Any) -> None:
    assert all(getattr(family, name, "") for name in ("good_for", "good_for_zh", "not_for", "not_for_zh"))
