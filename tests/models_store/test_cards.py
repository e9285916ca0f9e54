"""Cards say the facts in two languages, and nothing a person typed becomes markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from facts_builder import facts
from hypothesis import given
from hypothesis import strategies as st

from models_store.card import card, card_zh, escape
from models_store.facts import BundleFacts, ChosenPath, ParentFacts, Rights


@pytest.mark.parametrize("write", [card, card_zh])
def test_a_card_states_the_facts(write: Callable[[BundleFacts], str]):
    text = write(facts())
    for fact in (
        "digits",
        r"CC BY 4\.0",
        "900",
        "dcgan",
        "0.0002",
        "0.6123",
        "2.5e-06",
        "0.0001",
        "18446744073709551616",
    ):
        assert fact in text


def test_a_card_says_how_the_model_is_run_where_that_was_measured():
    path = ChosenPath(name="openvino_bf16", threads=2, faster=3.6, processor="A *fast* one")
    for write, said in ((card, "3.6 times as fast as fp32"), (card_zh, "3.6 倍")):
        text = write(facts(path=path))
        assert said in text
        assert r"openvino\_bf16" in text
        assert r"A \*fast\* one" in text
    first = replace(path, name="onnxruntime_fp32", faster=1.0)
    assert "none that passed was clearly faster" in card(facts(path=first))
    assert "is run on the path" not in card(facts())


def test_the_chinese_card_is_chinese():
    text = card_zh(facts())
    assert "## 局限" in text
    assert "仅在居中的数字上训练。" in text


def test_limits_without_a_translation_are_still_told():
    assert r"Trained on centred digits\." in card_zh(facts(limits_zh=()))


def test_what_was_not_measured_is_not_made_up():
    text = card(facts(figures={}, parity=None))
    assert "None were measured." in text
    assert "Exported graph" not in text


def test_personal_data_is_declared_on_the_card():
    data = replace(facts().data["data"], contains_personal_data=True, sensitive_attributes=("age",))
    assert "personal data; sensitive attributes: age" in card(facts(data={"data": data}))


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](//evil)",
        "a\n# heading",
        "`code`",
        "www.evil.test",
        "a|b",
    ],
)
def test_typed_text_makes_no_markup(typed: str):
    text = card(facts(model=typed, purpose=typed, rights=Rights(owner=typed, licence=typed)))
    assert typed not in text
    assert text.count("\n# ") == 0


@given(st.text(max_size=60))
def test_escaped_text_is_one_line_whose_every_special_sign_is_escaped(typed: str):
    line = escape(typed)
    assert len(line.splitlines()) <= 1
    rest = line.replace("\\\\", "")
    for sign in "`*_[]<>()#!|&":
        assert rest.count(sign) == rest.count("\\" + sign)


def test_direction_overrides_are_dropped():
    assert escape("a\u202egnp.exe") == r"a gnp\.exe"


def test_the_same_facts_give_the_same_card():
    assert card(facts()) == card(facts())


@pytest.mark.parametrize("write", [card, card_zh])
def test_a_card_names_the_model_that_the_training_went_on_from(write: Callable[[BundleFacts], str]):
    parent = ParentFacts(name="digits_old v2", version="0190aaaa", sha256="e" * 64)
    said = write(facts(parents={"parent": parent}))
    assert "digits\\_old v2" in said
    assert parent.sha256 in said
