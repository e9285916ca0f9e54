"""The gallery: what each filter lets through, who sees what, and that a page costs the same however many there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Project, User
from desk.artifact import gallery
from lineage import flags
from lineage.models import Artifact
from models_store.ids import first_id
from tests import builders, builders_text
from tests.builders_things import MIDI, kept, midi, one_of_each
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
LIST = "/lineage/artifact/"


def shown(browser: Client, **said: Any) -> list[Artifact]:
    """What the gallery shows under these filters."""
    return list(browser.get(LIST, said).context["artifacts"])


def walked(browser: Client, **said: Any) -> list[Artifact]:
    """The same, page after page to the end."""
    found: list[Artifact] = []
    context = browser.get(LIST, said).context
    found += context["artifacts"]
    while context["next"]:
        context = browser.get(LIST, said | {"from": context["next"]}).context
        found += context["artifacts"]
    return found


@pytest.fixture
def many(told: Story, project: Project, submitter: User, reviewer: User) -> dict[str, list[Artifact]]:
    """Pictures of a draft, texts, one of each other kind of thing by the reviewer."""
    version = builders.model_version(project, reviewer, "mixed", stage="approved", modality="table")
    return {
        "pictures": told.made,
        "texts": builders_text.written(project, submitter, ["one", "two"]),
        "things": kept(project, reviewer, one_of_each(), version=version, seed="4242"),
    }


def test_without_filters_all_come_newest_first_and_once(
    many: dict[str, list[Artifact]], submitter: User, browser_of: BrowserOf
) -> None:
    found = [row.pk for row in walked(browser_of(submitter))]
    assert found == sorted((row.pk for rows in many.values() for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"kind": "text"}, "texts"),
        ({"seed": "4242"}, "things"),
        ({"seed": " 04242 "}, "things"),
        ({"stage": "approved"}, "things"),
        ({"has": "watermark"}, "pictures"),
        ({"by": "me"}, "things"),
        ({"by": "me", "stage": "approved", "seed": "4242"}, "things"),
    ],
)
def test_a_filter_lets_through_what_it_says_and_nothing_else(
    said: dict[str, str], wanted: str, many: dict[str, list[Artifact]], reviewer: User, browser_of: BrowserOf
) -> None:
    found = {row.pk for row in walked(browser_of(reviewer), **said)}
    assert found == {row.pk for row in many[wanted]}


def test_a_kind_of_thing_is_all_its_media_types(
    many: dict[str, list[Artifact]], submitter: User, browser_of: BrowserOf
) -> None:
    found = {row.media_type for row in shown(browser_of(submitter), kind="molecule")}
    assert found == {"chemical/x-mdl-molfile", "chemical/x-mdl-sdfile", "chemical/x-daylight-smiles"}
    assert len(shown(browser_of(submitter), kind="molecule")) == 3


def test_a_model_and_a_job_are_filters_by_id_and_by_address(
    many: dict[str, list[Artifact]], submitter: User, browser_of: BrowserOf
) -> None:
    browser, one = browser_of(submitter), many["things"][0]
    for said in (
        {"model": one.model_version_id},
        {"job": one.job_id},
        {"job": f"http://x/jobs/job/{one.job_id}/change/"},
    ):
        assert {row.pk for row in shown(browser, **said)} == {row.pk for row in many["things"]}, said


def test_what_was_flagged_and_what_was_withdrawn_is_found(
    many: dict[str, list[Artifact]], submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    flagged, gone = many["pictures"][3], many["pictures"][5]
    flags.flag(flagged, "ugly", actor=submitter)
    flags.flag(flagged, "still ugly", actor=reviewer)
    flags.decide_artifact(gone, "withdraw", actor=reviewer, comment="a face")
    browser = browser_of(submitter)
    assert [row.pk for row in shown(browser, has="flagged")] == [flagged.pk]
    assert [row.pk for row in shown(browser, has="withdrawn")] == [gone.pk]
    assert [row.pk for row in shown(browser, has="flagged", job=flagged.job_id)] == [flagged.pk]
    assert shown(browser, has="flagged", kind="text") == []


def test_what_was_withdrawn_shows_its_content_to_reviewers_alone(
    told: Story, submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    gone = told.made[2]
    flags.decide_artifact(gone, "withdraw", actor=reviewer, comment="a face")
    place = f"/api/v1/artifacts/{gone.pk}/content"
    assert place not in browser_of(submitter).get(LIST, {"has": "withdrawn"}).content.decode()
    assert place in browser_of(reviewer).get(LIST, {"has": "withdrawn"}).content.decode()


def test_days_are_those_of_the_reader_and_both_ends_count(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    today = timezone.localdate()
    old = Artifact.objects.get(pk=told.made[0].pk)
    old.pk = first_id(timezone.now() - timedelta(days=10))
    old.index, old.leaf = 999, None
    old.save(force_insert=True)
    browser, before = browser_of(submitter), today - timedelta(days=9)
    assert [row.index for row in walked(browser, until=str(before))] == [999]
    assert len(walked(browser, since=str(before))) == 70
    assert len(walked(browser, since=str(today), until=str(today))) == 70
    assert walked(browser, since=str(today + timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"seed": "abc"}, "seed"), ({"since": "31.12."}, "since"), ({"kind": "ghost"}, "kind"),
        ({"model": "nobody@nothing"}, "model"), ({"job": "no job", "kind": ""}, "job"), ({"stage": "x"}, "stage"),
        ({"until": "0001-01-01"}, ""), ({"until": "9999-12-31"}, ""), ({"from": "nowhere\0"}, ""),
        ({"seed": "9" * 200}, "seed"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_says_so_beside_itself(
    said: dict[str, str], field: str, told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).get(LIST, said)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field] * bool(field)
    for value in said.values():
        assert field == "" or f'value="{value}"' in answer.content.decode() or value in ("ghost", "x", "nobody@nothing")


def test_strangers_find_nothing_by_any_filter(
    many: dict[str, list[Artifact]], people: dict[str, User], browser_of: BrowserOf
) -> None:
    browser, one = browser_of(people["stranger"]), many["things"][0]
    for said in ({}, {"kind": "text"}, {"seed": "4242"}, {"has": "watermark"}, {"model": one.model_version_id}):
        assert shown(browser, **said) == [], said
    assert browser.get(LIST, {"job": one.job_id}).status_code == 404


def test_of_several_projects_all_come_in_one_order_and_one_can_be_chosen(
    many: dict[str, list[Artifact]], project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    other = builders.project("second", owner=submitter)
    theirs = kept(other, submitter, [(MIDI, midi())] * 3, seed="9")
    browser = browser_of(submitter)
    found = [row.pk for row in walked(browser)]
    assert found == sorted(found, reverse=True)
    assert len(found) == 70 + 2 + 7 + 3
    assert {row.pk for row in shown(browser, project="second")} == {row.pk for row in theirs}
    assert len(shown(browser, kind="notes")) == 4


def test_filters_that_hold_together_go_on_page_by_page_and_leave_nothing_out(
    told: Story, submitter: User, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "LOOKED", 8)
    rare = {row.pk for row in told.made[::9]}
    Artifact.objects.filter(pk__in=rare).update(stage="approved")
    browser = browser_of(submitter)
    assert {row.pk for row in walked(browser, stage="approved", has="watermark")} == rare
    job = {row.pk for row in walked(browser, stage="approved", job=told.made[0].job_id)}
    assert job == rare


def test_a_page_of_the_gallery_can_be_had_as_its_tiles_alone(
    told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).get(LIST, {"part": "1"}).content.decode()
    assert answer.count('<li class="km-tile"') == 60
    assert "<html" not in answer
    assert 'id="more-link"' in answer


def test_the_link_to_more_keeps_the_filters(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).get(LIST, {"has": "watermark"})
    assert f"?has=watermark&amp;from={answer.context['next']}" in answer.content.decode()


def test_empty_galleries_say_what_to_do(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    assert "Open an approved model and press Generate." in browser.get(LIST).content.decode()
    assert "Take one of them away" in browser.get(LIST, {"seed": "3"}).content.decode()


@pytest.mark.parametrize("said", [{}, {"kind": "picture"}, {"seed": "5", "has": "watermark"}, {"has": "flagged"}])
def test_a_page_costs_as_many_queries_with_more_artifacts(
    said: dict[str, str], told: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get(LIST, said)
        return len(asked)

    flags.flag(told.made[0], "ugly", actor=submitter)
    queries()
    few = queries()
    kept(project, submitter, [("image/png", builders.png(9))] * 80, seed="5", params={"count": 80})
    for one in Artifact.objects.all()[:5]:
        flags.flag(one, "ugly", actor=submitter)
    assert queries() == few


@pytest.mark.parametrize("column", ["seed", "model_version_id", "made_by_id", "media_type", "stage", "watermarked"])
def test_each_filter_is_answered_by_its_own_index(column: str, told: Story, project: Project, submitter: User) -> None:
    value = getattr(told.made[0], column)
    rows = Artifact.objects.filter(project=project, **{f"{column}__in": [value]}).order_by("-pk").values("pk")[:60]
    plan = rows.explain()
    if connection.vendor == "sqlite":
        assert f"artifact_{column.removesuffix('_id')} " in plan
        assert "TEMP B-TREE" not in plan
