"""Flat parameters of a training: split between family and loop; what is wrong is named with its bounds."""

from __future__ import annotations

import pytest

from models_store.errors import InvalidInput
from workers.engine.parameters import LoopParameters, split
from workers.families.dcgan import Dcgan


def refusal(**params: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        split(Dcgan, params)
    return refused.value


def test_each_parameter_goes_to_its_owner():
    family, loop = split(Dcgan, {"steps": 3, "width": 8})
    assert (family.width, loop.steps) == (8, 3)


def test_the_family_knows_better_defaults_and_the_user_better_still():
    assert split(Dcgan, {})[1].average_decay == Dcgan.defaults["average_decay"]
    assert split(Dcgan, {"average_decay": 0.5})[1].average_decay == 0.5


def test_out_of_range_names_the_bounds():
    said = refusal(steps=0)
    assert (said.field, said.got, said.code) == ("params.steps", 0, "invalid_parameter")
    assert said.expected["minimum"] == 1


def test_a_wrong_type_names_the_type():
    said = refusal(width="wide")
    assert (said.field, said.got, said.expected["type"]) == ("params.width", "wide", "integer")


def test_an_unknown_name_lists_the_known_ones():
    said = refusal(widht=3)
    assert said.code == "unknown_parameter"
    assert {"width", "steps"} <= set(said.expected)


def test_the_schema_offers_both_and_shows_the_defaults_in_force():
    said = LoopParameters.merged_schema(Dcgan)
    assert {"width", "steps"} <= said["properties"].keys()
    assert said["properties"]["steps"]["default"] == Dcgan.defaults["steps"]
