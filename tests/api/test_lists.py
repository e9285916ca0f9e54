"""Lists: pages that hold still while rows come, orders, filters that go together, fields, words that are refused."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import Project, User
from api import walk
from config import clock
from jobs.models import Job, JobInput, State
from models_store.ids import first_id
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven(project: Project, submitter: User) -> list[Job]:
    """Jobs, oldest first; every other one has failed."""
    states = (State.QUEUED, State.FAILED)
    return [builders.job(project, submitter, name=f"n{at}", state=states[at % 2]) for at in range(7)]


def pages(client: Client, address: str, word: str = "next") -> Iterator[list[str]]:
    """The names of each page, on to the end."""
    on: str | None = address
    while on:
        answer = client.get(on)
        assert answer.status_code == 200, answer.content
        said = answer.json()
        yield [row["name"] for row in said["results"]]
        on = said[word]


def names(*numbers: int) -> list[str]:
    return [f"n{one}" for one in numbers]


def refused(client: Client, address: str) -> tuple[int, str, str]:
    answer = client.get(address)
    return answer.status_code, answer.json()["code"], answer.json().get("field", "")


def test_pages_are_whole_and_come_once(sam: Client, seven: list[Job]) -> None:
    assert list(pages(sam, "/api/v1/jobs?limit=3")) == [names(6, 5, 4), names(3, 2, 1), names(0)]


def test_the_oldest_first(sam: Client, seven: list[Job]) -> None:
    assert list(pages(sam, "/api/v1/jobs?limit=4&order=created_at")) == [names(0, 1, 2, 3), names(4, 5, 6)]


def test_the_way_back_shows_the_same_pages(sam: Client, seven: list[Job]) -> None:
    third = sam.get(sam.get(sam.get("/api/v1/jobs?limit=3").json()["next"]).json()["next"]).json()
    assert list(pages(sam, third["previous"], "previous")) == [names(3, 2, 1), names(6, 5, 4)]


def test_rows_that_come_meanwhile_move_no_other(
    sam: Client, seven: list[Job], project: Project, submitter: User
) -> None:
    first = sam.get("/api/v1/jobs?limit=3").json()
    for at in (7, 8):
        builders.job(project, submitter, name=f"n{at}")
    assert list(pages(sam, first["next"])) == [names(3, 2, 1), names(0)]


def test_a_row_that_goes_meanwhile_moves_no_other(sam: Client, seven: list[Job]) -> None:
    first = sam.get("/api/v1/jobs?limit=3").json()
    seven[4].delete()
    assert list(pages(sam, first["next"])) == [names(3, 2, 1), names(0)]


def test_rows_of_one_name_stand_by_their_ids(client_for: Any, submitter: User) -> None:
    homes = [builders.project(f"p{at}", submitter=submitter) for at in range(5)]
    for home in homes:
        builders.dataset(home, submitter, name="same")
    client, found, on = client_for(submitter), [], "/api/v1/datasets?order=name&limit=2"
    while on:
        page = client.get(on).json()
        found += [row["id"] for row in page["results"]]
        on = page["next"]
    assert (len(found), found) == (5, sorted(set(found)))


def test_links_keep_the_query(sam: Client, seven: list[Job]) -> None:
    link = sam.get("/api/v1/jobs?limit=1&state=failed,queued&fields=id,name&order=created_at").json()["next"]
    said = {name: value for name, (value,) in parse_qs(urlsplit(link).query).items() if name != "cursor"}
    assert said == {"limit": "1", "state": "failed,queued", "fields": "id,name", "order": "created_at"}


@pytest.mark.parametrize("change", ["first", "last", "shorter", "longer", "order", "list"])
def test_a_cursor_that_was_altered_is_refused(change: str, sam: Client, seven: list[Job]) -> None:
    link = sam.get("/api/v1/jobs?limit=1").json()["next"]
    cursor = parse_qs(urlsplit(link).query)["cursor"][0]
    other = {"A": "B"}.get(cursor[0], "A")
    address = {
        "first": f"jobs?cursor={other}{cursor[1:]}", "last": f"jobs?cursor={cursor[:-4]}AAAA",
        "shorter": f"jobs?cursor={cursor[:-8]}", "longer": f"jobs?cursor={cursor}AAAA",
        "order": f"jobs?order=created_at&cursor={cursor}", "list": f"datasets?cursor={cursor}",
    }[change]  # fmt: skip
    assert refused(sam, f"/api/v1/{address}") == (422, "invalid_input", "cursor")


def test_a_cursor_tells_nothing_of_the_row_that_it_stands_at(sam: Client, seven: list[Job]) -> None:
    cursor = parse_qs(urlsplit(sam.get("/api/v1/jobs?limit=1").json()["next"]).query)["cursor"][0]
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    pk = seven[-1].pk
    assert [one for one in (str(pk).encode(), pk.hex.encode(), pk.bytes) if one in raw] == []


def test_fields_that_are_asked_for_come_alone(sam: Client, seven: list[Job]) -> None:
    rows = sam.get("/api/v1/jobs?fields=id,state").json()["results"]
    assert [set(row) for row in rows] == [{"id", "state"}] * 7
    assert set(sam.get(f"/api/v1/jobs/{seven[0].pk}?fields=progress").json()) == {"progress"}


def test_a_field_that_there_is_none_of_is_refused_with_those_there_are(sam: Client, seven: list[Job]) -> None:
    answer = sam.get("/api/v1/jobs?fields=id,colour")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")
    assert "state_reason" in answer.json()["expected"]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("stat=failed", "unknown_field", "stat"), ("limit=0", "invalid_input", "limit"),
        ("limit=201", "invalid_input", "limit"), ("order=name", "invalid_input", "order"),
        ("order=created_at&order=created_at", "invalid_input", "order"), ("kind=a&kind=b", "invalid_input", "kind"),
        ("state=asleep", "invalid_input", "state"), ("schedule=weekly", "invalid_input", "schedule"),
        ("created_after=yesterday", "invalid_input", "created_after"), ("cursor=", "invalid_input", "cursor"),
    ],
)  # fmt: skip
def test_a_word_that_is_none_is_refused_by_name(
    query: str, code: str, field: str, sam: Client, seven: list[Job]
) -> None:
    assert refused(sam, f"/api/v1/jobs?{query}") == (422, code, field)


def test_filters_that_no_index_has_together_still_find_all(
    sam: Client, project: Project, submitter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "LOOKED_AT", 4)
    for at in range(30):
        kind = "train" if at % 10 == 0 else "generate"
        builders.job(project, submitter, kind, name=f"n{at}", state=State.FAILED)
    found = list(pages(sam, "/api/v1/jobs?limit=2&state=failed&kind=train"))
    assert [name for page in found for name in page] == names(20, 10, 0)
    assert [] in found  # rows were looked at of which none fits, and the list went on


def test_the_way_back_over_pages_that_show_nothing(
    sam: Client, project: Project, submitter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "LOOKED_AT", 4)
    for at in range(30):
        builders.job(project, submitter, "train" if at % 10 == 0 else "generate", name=f"n{at}", state=State.FAILED)
    on, last = "/api/v1/jobs?limit=2&state=failed&kind=train", ""
    while on:
        last, on = on, sam.get(on).json()["next"]
    back = [name for page in pages(sam, sam.get(last).json()["previous"], "previous") for name in page]
    here = [row["name"] for row in sam.get(last).json()["results"]]
    assert [*sorted({*back, *here}, key=lambda name: int(name[1:]))] == names(0, 10, 20)


def test_what_was_made_between_two_moments(sam: Client, project: Project, submitter: User) -> None:
    now = clock.now()
    for at in range(6):
        made = now - timedelta(hours=6 - at)
        builders.job(project, submitter, name=f"n{at}", created_at=made, id=first_id(made))
    since, until = now - timedelta(hours=5), now - timedelta(hours=2)
    query = {"created_after": since.isoformat(), "created_before": until.isoformat()}
    rows = sam.get("/api/v1/jobs", query).json()["results"]
    assert [row["name"] for row in rows] == names(3, 2, 1)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("path", ["jobs?created_after=", "jobs?created_before=", "audit/events?since="])
def test_moments_far_away_are_moments(path: str, moment: str, sam: Client, seven: list[Job]) -> None:
    assert sam.get(f"/api/v1/{path}{moment}").status_code == 200


def test_jobs_of_a_model_are_those_that_use_or_made_it(sam: Client, project: Project, submitter: User) -> None:
    made = builders.job(project, submitter, name="made it")
    version = builders.model_version(project, submitter, job=made)
    used = builders.job(project, submitter, "generate", name="used it")
    builders.job(project, submitter, name="neither")
    JobInput.objects.create(job=used, role="model", model_version=version)
    JobInput.objects.create(job=used, role="model_2", model_version=version)
    for said in (version.model.pk, version.model.name):
        assert list(pages(sam, f"/api/v1/jobs?limit=1&model={said}"))[:2] == [["used it"], ["made it"]]


def test_filters_name_nothing_of_a_foreign_project(stranger: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, name="secret", kind="generate")
    version = builders.model_version(project, submitter, job=job)
    named = (f"model={version.model.pk}", "name=secret", "kind=generate", f"schedule={job.pk}", f"window={job.pk}")
    for query in named:
        said = stranger.get(f"/api/v1/jobs?{query}").json()
        assert (said["results"], said["next"]) == ([], None), query


@pytest.mark.parametrize("path", ["datasets", "models"])
def test_by_name(path: str, sam: Client, project: Project, submitter: User) -> None:
    for name in ("b", "a", "c"):
        (builders.dataset if path == "datasets" else builders.model_version)(project, submitter, name=name)
    assert list(pages(sam, f"/api/v1/{path}?order=name&limit=2")) == [["a", "b"], ["c"]]
    assert list(pages(sam, f"/api/v1/{path}?order=-name&limit=2")) == [["c", "b"], ["a"]]
    assert list(pages(sam, f"/api/v1/{path}?name=b")) == [["b"]]
