"""Webhooks over REST: who may do what, what is refused, secrets that are shown once, the log of deliveries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import Project, User
from audit.services import append
from config import clock
from tests import builders
from webhooks.claims import claim, record
from webhooks.events import TYPES
from webhooks.follow import follow
from webhooks.models import Delivery, Webhook
from webhooks.post import Outcome

pytestmark = pytest.mark.django_db
HOOKS = "/api/v1/webhooks"
BODY: dict[str, Any] = {"name": "ci", "url": "https://hooks.example.com/k", "types": ["job.succeeded"]}
ClientFor = Callable[..., Client]


@pytest.fixture
def ada(project: Project, client_for: ClientFor) -> Client:
    """An owner's client."""
    owner = builders.person("ada")
    project.members.add(owner, through_defaults={"role": "owner"})
    return client_for(owner)


@pytest.fixture
def olga(db: None, client_for: ClientFor) -> Client:
    """An operator's client."""
    return client_for(builders.person("olga", platform_role="operator"))


@pytest.fixture
def paul(db: None, client_for: ClientFor) -> Client:
    """An auditor's client."""
    return client_for(builders.person("paul", platform_role="auditor"))


def made(client: Client, **more: Any) -> dict[str, Any]:
    answer = client.post(HOOKS, BODY | more, content_type="application/json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def delivered(project: Project, outcome: Outcome, verb: str = "job.succeeded") -> Delivery:
    """A delivery with that outcome, as a courier leaves it."""
    with transaction.atomic():
        append(actor="sam", verb=verb, subject=("job", "7"), project=project.pk)
    follow()
    for parcel in claim(9, 9):
        record(parcel, outcome)
    return Delivery.objects.latest("pk")


def test_a_webhook_is_made_and_its_secret_is_shown_once(ada: Client) -> None:
    said = made(ada)
    assert said["secret"].startswith("whsec_")
    assert (said["state"], said["project"], said["owner"]) == ("active", "studio", "ada")
    assert "secret" not in ada.get(f"{HOOKS}/{said['id']}").json()
    assert said["secret"] not in ada.get(HOOKS).content.decode()


def test_the_answer_says_where_it_is(ada: Client) -> None:
    answer = ada.post(HOOKS, BODY, content_type="application/json")
    assert ada.get(answer.headers["Location"]).json()["id"] == answer.json()["id"]


def test_without_types_it_is_told_everything(ada: Client) -> None:
    assert made(ada, types=[])["types"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://127.0.0.1/"),
        ("url", "http://hooks.example.com/"),
        ("url", "https://[::ffff:10.0.0.1]/"),
        ("url", "https://2130706433/"),
        ("url", "https://u:p@hooks.example.com/"),
        ("url", "https://hooks.example.com:22/"),
        ("url", 7),
        ("name", ""),
        ("name", "two\nlines"),
        ("name", "x" * 101),
        ("types", ["job.exploded"]),
        ("types", "job.failed"),
        ("types", [["job.failed"]]),
        ("project", "elsewhere"),
        ("secret", "whsec_mine"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(ada: Client, field: str, value: Any) -> None:
    answer = ada.post(HOOKS, BODY | {field: value}, content_type="application/json")
    said = answer.json()
    assert answer.status_code in (404, 422)
    assert (said["field"] or "").partition(".")[0] == field
    assert not Webhook.objects.exists()


def test_a_name_is_taken_once_in_a_project(ada: Client) -> None:
    made(ada)
    answer = ada.post(HOOKS, BODY, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (409, "name")


def test_a_change_counts_and_an_unknown_field_is_refused(ada: Client) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    said = ada.patch(place, {"types": ["job.failed"], "name": "nightly"}, content_type="application/json").json()
    assert (said["types"], said["name"], said["url"]) == (["job.failed"], "nightly", BODY["url"])
    assert ada.patch(place, {"state": "paused"}, content_type="application/json").json()["code"] == "unknown_field"


def test_an_edit_on_an_old_reading_is_refused(ada: Client) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    tag = ada.get(place).headers["ETag"]
    ada.patch(place, {"name": "other"}, content_type="application/json")
    answer = ada.patch(place, {"name": "third"}, content_type="application/json", headers={"If-Match": tag})
    assert answer.json()["code"] == "precondition_failed"


def test_it_is_taken_away_with_its_deliveries(ada: Client, project: Project) -> None:
    said = made(ada)
    delivered(project, Outcome("", 5, 200))
    assert ada.delete(f"{HOOKS}/{said['id']}").status_code == 204
    assert not Delivery.objects.exists()
    assert ada.get(f"{HOOKS}/{said['id']}").status_code == 404


def test_a_new_secret_is_another_and_the_one_before_lasts_a_day(ada: Client) -> None:
    said = made(ada)
    fresh = ada.post(f"{HOOKS}/{said['id']}/rotate").json()
    assert fresh["secret"] != said["secret"]
    assert fresh["former_secret_until"] > (clock.now() + timedelta(hours=23)).isoformat()


def test_it_rests_and_goes_on(ada: Client) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    said = ada.post(f"{place}/pause").json()
    assert (said["state"], said["paused_why"]) == ("paused", "by_hand")
    assert ada.post(f"{place}/ping").json()["code"] == "webhook_paused"
    said = ada.post(f"{place}/resume").json()
    assert (said["state"], said["paused_why"], said["paused_at"]) == ("active", None, None)


def test_a_test_message_is_a_delivery_that_can_be_read(ada: Client) -> None:
    answer = ada.post(f"{HOOKS}/{made(ada)['id']}/ping")
    assert answer.status_code == 202
    said = ada.get(answer.headers["Location"]).json()
    assert (said["type"], said["state"], said["payload"]["type"]) == ("webhook.ping", "waiting", "webhook.ping")


def test_a_delivery_says_what_was_tried_and_answered(ada: Client, project: Project) -> None:
    place = f"{HOOKS}/{made(ada)['id']}/deliveries"
    row = delivered(project, Outcome("status", 12, 500, "<b>no</b>"))
    said = ada.get(f"{place}/{row.pk}").json()
    assert (said["state"], said["fault"], said["status"], said["ms"]) == ("waiting", "status", 500, 12)
    assert (said["answer"], said["tries"], len(said["past"])) == ("<b>no</b>", 1, 1)
    assert said["payload"]["data"]["id"] == "7"
    assert said["next_try_at"] is not None


def test_the_log_is_listed_by_state(ada: Client, project: Project) -> None:
    place = f"{HOOKS}/{made(ada, types=[])['id']}/deliveries"
    delivered(project, Outcome("", 5, 204), "job.failed")
    delivered(project, Outcome("timeout", 15_000), "job.cancelled")
    assert [one["type"] for one in ada.get(place).json()["results"]] == ["job.cancelled", "job.failed"]
    assert [one["type"] for one in ada.get(f"{place}?state=delivered").json()["results"]] == ["job.failed"]
    assert ada.get(f"{place}?state=lost").status_code == 422


def test_one_delivery_and_all_since_a_time_go_out_again(ada: Client, project: Project) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    row = delivered(project, Outcome("", 5, 200))
    assert ada.post(f"{place}/deliveries/{row.pk}/replay").json()["state"] == "waiting"
    for body in ({"delivery": str(row.pk)}, {"since": (clock.now() - timedelta(hours=1)).isoformat()}):
        answer = ada.post(f"{place}/replay", body, content_type="application/json")
        assert (answer.status_code, answer.json()) == (202, {"count": 1})


@pytest.mark.parametrize(
    "body", [{}, {"since": "yesterday"}, {"since": "1999-01-01T00:00:00Z"}, {"delivery": "x"}, {"until": "x"}]
)
def test_a_replay_of_nothing_in_particular_is_refused(ada: Client, body: Any) -> None:
    answer = ada.post(f"{HOOKS}/{made(ada)['id']}/replay", body, content_type="application/json")
    assert answer.status_code == 422


def test_a_delivery_of_another_webhook_is_not_found(ada: Client, project: Project) -> None:
    mine = made(ada)["id"]
    row = delivered(project, Outcome("", 5, 200))
    other = made(ada, name="other")["id"]
    assert ada.get(f"{HOOKS}/{mine}/deliveries/{row.pk}").status_code == 200
    assert ada.get(f"{HOOKS}/{other}/deliveries/{row.pk}").status_code == 404
    answer = ada.post(f"{HOOKS}/{other}/replay", {"delivery": str(row.pk)}, content_type="application/json")
    assert answer.status_code == 404


READS = ("", "/deliveries", "/deliveries/{row}")
POSTS = ("/rotate", "/ping", "/pause", "/resume", "/replay", "/deliveries/{row}/replay")


def _statuses(client: Client, place: str, row: Any) -> set[int]:
    reads = [client.get(place + path.format(row=row)).status_code for path in READS]
    posts = [
        client.post(place + path.format(row=row), {"delivery": str(row)} if path == "/replay" else None,
                    content_type="application/json").status_code
        for path in POSTS
    ]  # fmt: skip
    edits = [client.patch(place, {"name": "x"}, content_type="application/json").status_code]
    return {*reads, *posts, *edits, client.delete(place).status_code}


def test_to_a_stranger_there_is_no_webhook(ada: Client, stranger: Client, project: Project) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    assert _statuses(stranger, place, delivered(project, Outcome("", 5, 200)).pk) == {404}
    assert stranger.get(HOOKS).json()["results"] == []


def test_members_who_do_not_own_the_project_see_none(
    ada: Client, rita: Client, sam: Client, vera: Client, project: Project
) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    row = delivered(project, Outcome("", 5, 200)).pk
    for member in (rita, sam, vera):
        assert _statuses(member, place, row) == {403}
        assert member.get(HOOKS).json()["results"] == []
        assert member.get(f"{HOOKS}?project=studio").status_code == 403
        assert member.post(HOOKS, BODY | {"name": "x"}, content_type="application/json").status_code == 403


def test_auditors_look_and_change_nothing(ada: Client, paul: Client, project: Project) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    row = delivered(project, Outcome("", 5, 200)).pk
    assert {paul.get(place + path.format(row=row)).status_code for path in READS} == {200}
    assert len(paul.get(HOOKS).json()["results"]) == 1
    assert {paul.post(f"{place}{path.format(row=row)}").status_code for path in POSTS if path != "/replay"} == {403}


def test_operators_pause_and_resume_and_change_nothing_else(ada: Client, olga: Client) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    assert olga.post(f"{place}/pause").json()["state"] == "paused"
    assert olga.post(f"{place}/resume").json()["owner"] == "ada"
    for path in ("/rotate", "/ping"):
        assert olga.post(place + path).status_code == 403
    assert olga.delete(place).status_code == 403


@pytest.mark.parametrize("scopes", [["read"], ["read", "submit"], ["read", "review"]])
def test_a_token_without_the_scope_changes_nothing(
    ada: Client, client_for: ClientFor, scopes: list[str], project: Project
) -> None:
    place = f"{HOOKS}/{made(ada)['id']}"
    narrow = client_for(User.objects.get(username="ada"), scopes=scopes)
    assert narrow.get(place).status_code == 200
    row = delivered(project, Outcome("", 5, 200)).pk
    assert {narrow.post(place + path.format(row=row)).json()["code"] for path in POSTS} == {"scope_missing"}
    assert narrow.post(HOOKS, BODY, content_type="application/json").json()["code"] == "scope_missing"


def test_the_list_has_the_projects_that_one_owns(ada: Client, client_for: ClientFor) -> None:
    made(ada)
    other = builders.person("bela")
    builders.project("elsewhere", owner=other)
    theirs = client_for(other)
    made(theirs, name="b")
    assert [one["name"] for one in ada.get(HOOKS).json()["results"]] == ["ci"]
    assert [one["name"] for one in theirs.get(HOOKS).json()["results"]] == ["b"]
    assert ada.get(f"{HOOKS}?state=paused").json()["results"] == []


def test_a_repeat_under_one_key_makes_one_webhook_and_shows_the_same_secret(ada: Client) -> None:
    key = {"Idempotency-Key": "k-1"}
    one, other = (ada.post(HOOKS, BODY, content_type="application/json", headers=key) for _ in range(2))
    assert one.json() == other.json()
    assert Webhook.objects.count() == 1


def test_types_are_words_that_the_document_lists(ada: Client) -> None:
    document = ada.get("/api/schema/?format=json", headers={"Accept": "application/json"}).json()
    kinds = document["components"]["schemas"]["WebhookRequest"]["properties"]["types"]["items"]
    listed = kinds.get("enum") or document["components"]["schemas"][kinds["$ref"].rpartition("/")[2]]["enum"]
    assert sorted(listed) == TYPES
