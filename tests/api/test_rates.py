"""How often one may ask: a person has an allowance, an unknown address another; answers say what is left of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from api.gate import Gate
from api.rates import Rates, by_address, rates
from config.asgi import django
from tests import builders

PLACE = "/api/v1/projects"


class Clock:
    """Time that stands still until it is told to go on."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Three requests a minute, in a time of our own."""
    settings.RATE_LIMIT = 3
    monkeypatch.setattr(rates, "now", clock := Clock())
    rates.clear()
    yield clock
    rates.clear()


def left(answer: Any) -> int:
    """How many requests an answer says are left."""
    return int(re.fullmatch(r'"requests";r=(\d+);t=\d+', answer.headers["RateLimit"])[1])


@pytest.mark.django_db
class TestAnswers:
    """Through Django."""

    def test_they_say_the_limit_and_what_is_left(self, sam: Client, now: Clock) -> None:
        answers = [sam.get(PLACE) for _ in range(3)]
        assert [left(answer) for answer in answers] == [2, 1, 0]
        assert {answer["RateLimit-Policy"] for answer in answers} == {'"requests";q=3;w=60'}

    def test_one_too_many_is_told_when_to_come_again(self, sam: Client, now: Clock) -> None:
        for _ in range(3):
            sam.get(PLACE)
        answer = sam.get(PLACE)
        assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "rate_limited", "20")
        now.at += 20
        assert sam.get(PLACE).status_code == 200

    def test_a_refusal_counts_as_a_request(self, sam: Client, now: Clock) -> None:
        assert left(sam.get("/api/v1/jobs?colour=red")) == 2

    def test_what_is_refused_for_the_rate_changes_nothing(self, sam: Client, now: Clock) -> None:
        for _ in range(3):
            sam.get(PLACE)
        before = [token["id"] for token in tokens(sam, now)]
        assert sam.post("/api/v1/tokens", {"name": "x"}, content_type="application/json").status_code == 429
        assert [token["id"] for token in tokens(sam, now)] == before

    def test_all_tokens_of_a_person_share_the_allowance(
        self, sam: Client, submitter: User, client_for: Callable[..., Client], now: Clock
    ) -> None:
        sam.get(PLACE)
        assert left(client_for(submitter).get(PLACE)) == 1

    def test_people_at_one_address_have_an_allowance_each(self, sam: Client, rita: Client, now: Clock) -> None:
        assert (left(sam.get(PLACE)), left(rita.get(PLACE))) == (2, 2)

    def test_guesses_at_tokens_count_for_their_address(self, db: None, now: Clock) -> None:
        def guess(number: int, address: str) -> int:
            client = Client(headers={"Authorization": f"Bearer km_{number}"}, REMOTE_ADDR=address)
            return client.get(PLACE).status_code

        assert [guess(number, "198.51.100.7") for number in range(4)] == [401, 401, 401, 429]
        assert guess(5, "198.51.100.8") == 401

    def test_guesses_do_not_use_up_what_a_person_at_the_address_has(self, sam: Client, now: Clock) -> None:
        for number in range(4):
            Client(headers={"Authorization": f"Bearer km_{number}"}).get(PLACE)
        assert sam.get(PLACE).status_code == 200

    def test_without_a_limit_nothing_is_said_or_refused(self, sam: Client, now: Clock, settings: Any) -> None:
        settings.RATE_LIMIT = 0
        answers = [sam.get(PLACE) for _ in range(5)]
        assert {answer.status_code for answer in answers} == {200}
        assert "RateLimit" not in answers[0]

    def test_health_is_never_refused(self, db: None, now: Clock) -> None:
        assert {Client().get("/healthz").status_code for _ in range(6)} == {200}


def tokens(client: Client, now: Clock) -> Any:
    """The person's tokens, a minute later."""
    now.at += 60
    answer = client.get("/api/v1/tokens").json()["results"]
    for _ in range(2):
        client.get(PLACE)
    return answer


@pytest.mark.django_db(transaction=True)
class TestGate:
    """What the gate answers itself."""

    def test_a_wait_counts_once_and_a_stream_says_what_is_left(
        self, project: Project, submitter: User, now: Clock
    ) -> None:
        job = builders.job(project, submitter, state="succeeded")
        headers = {"Authorization": f"Bearer {issue_token(submitter)[1]}"}

        async def story() -> list[int]:
            gate = Gate(django)
            to = {"transport": httpx.ASGITransport(app=gate), "base_url": "http://localhost", "headers": headers}
            async with httpx.AsyncClient(**to) as http:
                waited = await http.get(f"/api/v1/jobs/{job.pk}?wait=5", headers={"If-None-Match": '"x"'})
                told = await http.get(f"/api/v1/jobs/{job.pk}/events", headers={"Accept": "text/event-stream"})
            assert told.headers["Content-Type"].startswith("text/event-stream")
            await sync_to_async(connections.close_all)()
            return [left(waited), left(told)]

        assert asyncio.run(story()) == [2, 1]

    def test_a_body_that_is_too_large_counts_for_its_address(self, transactional_db: None, now: Clock) -> None:
        async def story() -> httpx.Response:
            to = httpx.ASGITransport(app=Gate(django), client=("203.0.113.9", 5))
            async with httpx.AsyncClient(transport=to, base_url="http://localhost") as http:
                return await http.post("/api/v1/verify", headers={"Content-Length": str(2**50)})

        answer = asyncio.run(story())
        assert (answer.status_code, left(answer)) == (413, 2)


def test_a_bucket_fills_evenly_and_no_further() -> None:
    clock = Clock()
    held = Rates(clock)
    for _ in range(60):
        assert held.take("a", 60).granted
    assert not held.take("a", 60).granted
    clock.at += 1
    assert held.take("a", 60).granted
    assert not held.take("a", 60).granted
    clock.at += 3600
    assert held.take("a", 60).left == 59


def test_what_it_says_to_wait_is_enough_and_not_too_much() -> None:
    clock = Clock()
    held = Rates(clock)
    while (standing := held.take("a", 7)).granted:
        pass
    clock.at += standing.wait_s
    assert held.take("a", 7).granted


def test_buckets_of_those_who_left_are_forgotten() -> None:
    clock = Clock()
    held = Rates(clock)
    for number in range(1000):
        held.take(f"address {number}", 10)
    clock.at += 61
    held.take("b", 10)
    assert len(held) == 1


def test_an_address_of_ipv6_counts_with_its_neighbours() -> None:
    assert by_address("2001:db8:1:2::1") == by_address("2001:db8:1:2:ffff::9")
    assert by_address("2001:db8:1:2::1") != by_address("2001:db8:1:3::1")
    assert by_address("::ffff:198.51.100.7") == by_address("198.51.100.7")
    assert by_address("") == by_address("unix:") == by_address(None)
