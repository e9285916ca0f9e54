"""Reasons on the desk: what cannot be kept is told beside the field, and what was typed stays there."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import AuditEvent, Review
from lineage.flags import flag
from lineage.legal_holds import set_hold
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
BAD = {"too long": ("x" * 10_000, "at most 4000 characters"), "NUL": ("no\0consent", "the character NUL")}
WAYS = {
    "withdraw": ("/audit/reviewrequest/decide/artifact/{artifact}/", "comment", {"decision": "withdraw"}),
    "flag": ("/audit/reviewrequest/flag/{artifact}/", "reason", {}),
    "revoke": ("/catalog/modelversion/{model}/decide/", "comment", {"decision": "revoke"}),
    "lift": ("/lineage/legalhold/{hold}/lift/", "comment", {}),
    "set": ("/lineage/legalhold/add/", "reason", {"subject_kind": "artifact", "subject": "{artifact}"}),
}


@pytest.fixture
def things(told: Story, project: Project, people: dict[str, User]) -> dict[str, str]:
    """The ids of one of each."""
    hold = set_hold("project", str(project.pk), reason="lawsuit", actor=people["owner"])
    return {"artifact": str(told.made[0].pk), "model": str(told.model.pk), "hold": str(hold.pk)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_kept_is_told_beside_the_field_and_stays_there(
    way: str, bad: str, things: dict[str, str], people: dict[str, User], browser_of: BrowserOf
) -> None:
    path, field, more = WAYS[way]
    text, says = BAD[bad]
    browser = browser_of(people["reviewer"])
    before = AuditEvent.objects.count()
    sent = {name: said.format(**things) for name, said in more.items()}
    answer = browser.post(path.format(**things), sent | {field: text})
    form = answer.context["form"]
    assert (answer.status_code, form[field].value()) == (422, text)
    assert len(form.errors[field]) == 1
    if way != "set":  # whose form is Django's own
        assert says in form.errors[field][0]
        assert html.escape(text) in answer.content.decode()
    assert {name: form[name].value() for name in sent} == sent
    assert AuditEvent.objects.count() == before


def test_the_form_that_comes_back_decides_when_its_words_are_mended(
    told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    flag(told.made[0], "a face", actor=people["viewer"])
    browser = browser_of(people["reviewer"])
    place = f"/audit/reviewrequest/decide/artifact/{told.made[0].pk}/"
    asked = next(card["request"] for card in browser.get("/audit/reviewrequest/").context["cards"])
    answer = browser.post(place, {"decision": "withdraw", "request": str(asked.pk), "comment": ""})
    form = answer.context["form"]
    assert ">Withdraw</button>" in answer.content.decode()
    again = {name: form[name].value() for name in form.fields}
    browser.post(place, again | {"comment": "shows a person"})
    assert list(Review.objects.values_list("decision", "comment")) == [("withdraw", "shows a person")]


def test_in_chinese_it_is_told_in_chinese(told: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    place = f"/audit/reviewrequest/flag/{told.made[0].pk}/"
    answer = browser_of(people["viewer"], "zh-hans").post(place, {"reason": "x" * 10_000})
    assert answer.context["form"].errors["reason"] == ["文字过长。 应为：最多 4000 个字符。"]


def test_a_stranger_is_told_nothing_of_the_field(told: Story, browser_of: BrowserOf) -> None:
    other = builders.person("olaf")
    builders.project("elsewhere", owner=other)
    answer = browser_of(other).post(f"/audit/reviewrequest/flag/{told.made[0].pk}/", {"reason": "x" * 10_000})
    assert answer.status_code == 404
