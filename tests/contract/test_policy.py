"""Every policy holds and refuses as its table says, and says it in both languages.

A further policy that judges facts adds its rows to `tests/contract/policy_tables.py`; everything else here runs over it
without being touched.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.utils.translation import override
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from audit.policies import described, policies
from audit.policy import Facts, Policy
from desk.review.policy_form import PolicyForm
from desk.words.sentences import in_language
from tests.contract.policy_tables import TABLES, Row

ALL = list(policies().values())
ROWS = [(name, row) for name, rows in TABLES.items() for row in rows]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)s")
of_all = pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.name)


def made(policy: type[Policy], **params: Any) -> Policy:
    """With its defaults; what needs a parameter gets the smallest one that it takes."""
    try:
        return policy(**params)
    except ValidationError:
        first = next(name for name, said in policy.model_json_schema()["properties"].items() if said["type"] == "array")
        return policy(**{first: ["word"], **params})


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}: {row.says}" for name, row in ROWS])
def test_it_judges_as_its_table_says(name: str, row: Row) -> None:
    objection = policies()[name](**row.params).judge(row.facts)
    assert (objection.decision if objection else "") == row.decision
    if objection:
        assert (objection.field, objection.subject) == (row.field, row.subject)


@pytest.mark.parametrize(("name", "row"), [(n, r) for n, r in ROWS if r.decision])
def test_what_it_says_is_a_template_of_its_own_in_both_languages(name: str, row: Row) -> None:
    policy = policies()[name]
    objection = policy(**row.params).judge(row.facts)
    for template, said in ((objection.says, objection.sentence), (objection.expects, objection.expected)):
        assert not template or template in policy.sentences
        with override("zh-hans"):
            assert not said or CHINESE.search(in_language(said))


@of_all
def test_one_that_judges_has_a_table(policy: type[Policy]) -> None:
    judges = policy.judge is not Policy.judge
    assert judges == (policy.name in TABLES)
    assert not judges or {row.decision for row in TABLES[policy.name]} > {""}


@of_all
def test_it_has_nothing_against_a_kind_of_job_that_leaves_nothing(policy: type[Policy]) -> None:
    assert made(policy).judge(Facts(kind="verify", produces="findings")) is None


@of_all
def test_names_texts_and_parameters_are_in_both_languages(policy: type[Policy]) -> None:
    assert policy.__doc__
    for english, chinese in ((policy.title, policy.title_zh), (policy.summary, policy.summary_zh)):
        assert english
        assert CHINESE.search(chinese)
    for said in policy.model_json_schema().get("properties", {}).values():
        assert said["title"]
        assert said["description"]
        assert CHINESE.search(said["title_zh"])
        assert CHINESE.search(said["help_zh"])


@of_all
def test_translations_fill_in_the_same_values(policy: type[Policy]) -> None:
    for english, chinese in policy.sentences.items():
        assert set(PLACE.findall(english)) == set(PLACE.findall(chinese))


@of_all
def test_its_defaults_fit_its_schema_and_come_back_from_json(policy: type[Policy]) -> None:
    one = made(policy)
    said = one.model_dump(mode="json")
    Draft202012Validator(policy.model_json_schema()).validate(said)
    assert policy.model_validate_json(json.dumps(said)) == one


@of_all
def test_an_unknown_parameter_is_refused_by_name(policy: type[Policy]) -> None:
    with pytest.raises(ValidationError, match="no_such"):
        policy(no_such=1)


@of_all
def test_every_parameter_has_a_field_in_the_form(policy: type[Policy]) -> None:
    properties = policy.model_json_schema().get("properties", {})
    assert set(PolicyForm(policy, {}).fields) == set(properties)


@of_all
def test_it_is_described_as_plug_ins_are(policy: type[Policy]) -> None:
    said = described(policy)
    assert (said["kind"], said["name"]) == ("policy", policy.name)
    assert len(said["code_digest"]) == 64


@of_all
def test_its_parameters_are_those_that_its_guard_takes(policy: type[Policy]) -> None:
    if not policy.guard:
        assert policy.moment != "release" or policy.sampled_a_week is not Policy.sampled_a_week
        return
    from workers.plugins import plugin

    guard = plugin("guard", policy.guard)
    if not guard.missing():
        assert guard(**made(policy).guarded()).name == policy.guard
