"""Every registered guard keeps its word: a clean case passes, a planted one is stopped, and its limits are stated."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tests.guards.stub_network import put_in_place
from workers.contracts import Moment
from workers.plugins import plugins
from workers.registry import describe

MOMENTS = get_args(Moment)
STAND_INS = {"safety_pictures": put_in_place}  # for what a guard needs and this machine need not have
GUARDS = [pytest.param(cls, id=name) for name, cls in sorted(plugins("guard").items())]


@pytest.fixture(params=GUARDS)
def guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """The class of a guard that can work here."""
    if request.param.missing():
        STAND_INS[request.param.name](monkeypatch, tmp_path)
    assert request.param.missing() == ""
    return request.param


def test_a_clean_case_passes(guard: Any) -> None:
    example = guard.example()
    (verdict,) = guard(**example.params).judge([example.clean], example.ground)
    assert (verdict.passes, verdict.says) == (True, "")


def test_a_planted_case_is_stopped_with_a_reason(guard: Any) -> None:
    example = guard.example()
    (verdict,) = guard(**example.params).judge([example.planted], example.ground)
    assert not verdict.passes
    assert verdict.says.endswith(".")


def test_verdicts_come_in_the_order_of_the_items_whatever_is_beside_them(guard: Any) -> None:
    example = guard.example()
    made = guard(**example.params)
    told = made.judge([example.planted, example.clean, example.planted], example.ground)
    assert told == [made.judge([item], example.ground)[0] for item in (example.planted, example.clean, example.planted)]


def test_nothing_is_judged_where_there_is_nothing(guard: Any) -> None:
    example = guard.example()
    assert guard(**example.params).judge([], example.ground) == []


def test_it_says_when_it_looks_and_what_it_does_not_see_in_both_languages(guard: Any) -> None:
    abilities = describe("guard", guard)["abilities"]
    assert abilities["moment"] in MOMENTS
    assert abilities["limits"]
    assert any("\u4e00" <= char <= "\u9fff" for char in abilities["limits_zh"])
    assert abilities["missing"] == ""


def test_its_parameters_are_described_in_both_languages(guard: Any) -> None:
    for name, said in guard.model_json_schema()["properties"].items():
        assert all((said["description"], said["help_zh"])), name
