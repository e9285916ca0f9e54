"""From the log to the endpoint: what is delivered and what never is, retries, pauses, replays, retention."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Project, User
from audit import sequencer
from audit.models import AuditEvent
from audit.services import append
from config import clock
from desk.words.verbs import VERBS
from models_store.errors import Forbidden, InvalidInput, NotFound
from tests import builders
from tests.webhooks.conftest import carried, posted
from tests.webhooks.receivers import Receiver, answering, listening
from tests.webhooks.test_webhook_posts import verified
from webhooks import services
from webhooks.claims import LEASE, WAITS_S, claim, give_back, record, wait_s
from webhooks.events import OF_VERBS
from webhooks.follow import follow
from webhooks.models import Delivery, DeliveryState, PausedWhy, Place, Webhook, WebhookState
from webhooks.replay import replay_delivery, replay_since
from webhooks.retention import forget
from webhooks.secret import seal

pytestmark = pytest.mark.django_db
Make = Callable[..., Receiver]


def happens(project: Project | None, verb: str = "job.succeeded", subject: str = "7") -> AuditEvent:
    """Something, as a service records it."""
    with transaction.atomic():
        kind = verb.partition(".")[0]
        return append(actor="sam", verb=verb, subject=(kind, subject), project=project.pk if project else None)


def types_got(there: Receiver) -> list[str]:
    return [json.loads(one.body)["type"] for one in there.got]


def later(**how: float) -> None:
    """Deliveries that wait are due."""
    Delivery.objects.filter(state=DeliveryState.WAITING).update(due_at=clock.now() - timedelta(seconds=1), **how)


def test_what_happens_is_told_thin_and_signed(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    _webhook, secret = services.create_webhook(project, actor=owner, name="ci", url=there.url)
    event = happens(project, "model_version.approved", "42")
    carried()
    assert verified(secret, there.got[0].headers, there.got[0].body)
    said = json.loads(there.got[0].body)
    event.refresh_from_db()
    assert said["type"] == "model.approved"
    assert said["timestamp"] == event.at.isoformat().replace("+00:00", "Z")
    assert said["data"] == {
        "id": "42", "kind": "model_version", "project": "studio", "verb": "model_version.approved",
        "event": str(event.pk), "index": event.index,
    }  # fmt: skip
    assert "sam" not in there.got[0].body.decode()


def test_a_delivery_that_arrived_is_over(project: Project, owner: User, receiver: Make) -> None:
    there = receiver(answering(200, b"thanks"))
    listening(project, owner, there.url)
    happens(project)
    carried()
    row = Delivery.objects.get()
    assert (row.state, row.status, row.tries, row.answer) == ("delivered", 200, 1, "thanks")
    later()
    assert carried() == []


def test_only_the_types_that_were_chosen_are_told(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    listening(project, owner, there.url, types=["job.failed", "model.approved"])
    for verb in ("job.succeeded", "job.failed", "job.errored", "model_version.rejected", "model_version.approved"):
        happens(project, verb)
    carried()
    assert sorted(types_got(there)) == ["job.failed", "job.failed", "model.approved"]


def test_what_happens_elsewhere_is_never_told(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    listening(project, owner, there.url)
    happens(builders.project("elsewhere", owner=owner))
    happens(None, "user.created")
    happens(project, "artifact.read")
    assert carried() == []
    assert not Delivery.objects.exists()


def test_what_happened_before_is_not_told_by_itself(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    happens(project)
    listening(project, owner, there.url)
    happens(project, "job.failed")
    carried()
    assert types_got(there) == ["job.failed"]


def test_an_event_is_told_once_however_often_the_log_is_read(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    listening(project, owner, there.url)
    happens(project)
    carried()
    Place.objects.update(index=0)
    carried()
    assert len(there.got) == 1


def test_two_endpoints_are_told_with_ids_of_their_own(project: Project, owner: User, receiver: Make) -> None:
    one, other = receiver(), receiver()
    listening(project, owner, one.url, "one")
    listening(project, owner, other.url, "other")
    happens(project)
    carried()
    assert one.got[0].headers["webhook-id"] != other.got[0].headers["webhook-id"]


def test_without_an_active_endpoint_nothing_is_read_or_written(project: Project) -> None:
    happens(project)
    assert follow() == 0
    assert not Place.objects.exists()


def test_an_action_that_was_rolled_back_is_not_told(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    listening(project, owner, there.url)
    with transaction.atomic():
        append(actor="sam", verb="job.succeeded", subject=("job", "1"), project=project.pk)
        transaction.set_rollback(True)
    assert carried() == []


def test_a_failure_is_tried_again_under_the_same_id(project: Project, owner: User, receiver: Make) -> None:
    there = receiver(answering(500, b"oops"))
    webhook = listening(project, owner, there.url)
    happens(project)
    carried()
    row = Delivery.objects.get()
    assert (row.state, row.fault, row.answer) == ("waiting", "status", "oops")
    assert row.due_at > clock.now()
    assert Webhook.objects.get(pk=webhook.pk).failing_since is not None
    there.manners = answering(200)
    later()
    carried()
    row.refresh_from_db()
    assert (row.state, row.tries, [one["status"] for one in row.past]) == ("delivered", 2, [500, 200])
    assert len({one.headers["webhook-id"] for one in there.got}) == 1
    assert Webhook.objects.get(pk=webhook.pk).failing_since is None


def test_waits_grow_and_last_a_day_in_all() -> None:
    assert list(WAITS_S) == sorted(WAITS_S)
    assert 86_400 <= sum(WAITS_S) <= 90_000
    assert all(WAITS_S[n - 1] <= wait_s(n) <= WAITS_S[n - 1] * 1.1 for n in range(1, len(WAITS_S) + 1))


def test_waits_are_not_all_alike() -> None:
    assert len({wait_s(3) for _ in range(20)}) > 10


def test_an_endpoint_that_asks_for_more_time_gets_it() -> None:
    assert wait_s(1, asked_s=300) >= 300


def test_after_the_last_try_a_delivery_has_failed(project: Project, owner: User, receiver: Make) -> None:
    there = receiver(answering(500))
    listening(project, owner, there.url)
    happens(project)
    for _ in range(len(WAITS_S) + 1):
        carried()
        assert Delivery.objects.get().tries == len(there.got)
        later()
    assert Delivery.objects.get().state == DeliveryState.FAILED
    assert carried() == []


def test_a_day_of_nothing_but_failures_pauses_the_endpoint(project: Project, owner: User, receiver: Make) -> None:
    there = receiver(answering(500))
    webhook = listening(project, owner, there.url)
    happens(project)
    carried()
    Webhook.objects.update(failing_since=clock.now() - timedelta(days=1))
    later()
    carried()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.paused_why) == (WebhookState.PAUSED, PausedWhy.FAILING)
    assert AuditEvent.objects.filter(verb="webhook.paused", subject_id=str(webhook.pk)).exists()
    later()
    assert carried() == []


def test_an_endpoint_that_says_it_is_gone_is_paused_at_once(project: Project, owner: User, receiver: Make) -> None:
    there = receiver(answering(410))
    webhook = listening(project, owner, there.url)
    happens(project)
    carried()
    webhook.refresh_from_db()
    assert webhook.paused_why == PausedWhy.GONE
    assert Delivery.objects.get().state == DeliveryState.FAILED


def test_an_endpoint_that_is_resumed_hears_of_what_waits_and_of_what_comes(
    project: Project, owner: User, receiver: Make
) -> None:
    there = receiver(answering(500))
    webhook = listening(project, owner, there.url)
    happens(project, "job.submitted")
    carried()
    services.pause_webhook(webhook, actor=owner)
    happens(project, "job.failed")
    there.manners, there.got = answering(200), []
    later()
    assert carried() == []
    services.resume_webhook(webhook, actor=owner)
    happens(project, "job.succeeded")
    carried()
    assert sorted(types_got(there)) == ["job.submitted", "job.succeeded"]


def test_what_happened_while_it_was_paused_is_replayed_from_the_log(
    project: Project, owner: User, receiver: Make
) -> None:
    there = receiver()
    webhook = services.pause_webhook(listening(project, owner, there.url), actor=owner)
    happens(project, "job.failed")
    carried()
    services.resume_webhook(webhook, actor=owner)
    sequencer.sequence()
    webhook.refresh_from_db()
    assert replay_since(webhook, clock.now() - timedelta(hours=1), actor=owner) == 1
    carried()
    assert types_got(there) == ["job.failed"]


def test_a_replay_has_the_id_of_the_first_delivery_even_after_it_was_forgotten(
    project: Project, owner: User, receiver: Make
) -> None:
    there = receiver()
    webhook = listening(project, owner, there.url)
    happens(project)
    carried()
    Delivery.objects.update(ended_at=clock.now() - timedelta(days=31))
    assert forget() == 1
    replay_since(webhook, clock.now() - timedelta(hours=1), actor=owner)
    carried()
    assert len(there.got) == 2
    assert len({one.headers["webhook-id"] for one in there.got}) == 1


def test_one_delivery_is_replayed(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    listening(project, owner, there.url)
    happens(project)
    carried()
    replay_delivery(Delivery.objects.get(), actor=owner)
    carried()
    row = Delivery.objects.get()
    assert (len(there.got), row.state, len(row.past)) == (2, "delivered", 2)


@pytest.mark.parametrize("ago", [timedelta(days=31), timedelta(days=-1)])
def test_a_replay_begins_in_the_last_thirty_days(project: Project, owner: User, receiver: Make, ago: timedelta) -> None:
    webhook = listening(project, owner, receiver().url)
    with pytest.raises(InvalidInput) as refused:
        replay_since(webhook, clock.now() - ago, actor=owner)
    assert refused.value.field == "since"


def test_too_much_at_once_is_refused_and_nothing_is_replayed(
    project: Project, owner: User, receiver: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.replay.MOST", 2)
    webhook = listening(project, owner, receiver().url)
    for number in range(3):
        happens(project, subject=str(number))
    carried()
    with pytest.raises(InvalidInput) as refused:
        replay_since(webhook, clock.now() - timedelta(hours=1), actor=owner)
    assert refused.value.code == "too_many_deliveries"
    assert not Delivery.objects.filter(state=DeliveryState.WAITING).exists()


def test_whoever_no_longer_owns_the_project_is_told_nothing_more(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    webhook = listening(project, owner, there.url)
    happens(project)
    project.membership_set.filter(user=owner).update(role="viewer")
    assert carried() == []
    webhook.refresh_from_db()
    assert (webhook.paused_why, there.got) == (PausedWhy.OWNER_LEFT, [])


def test_an_account_that_was_closed_is_told_nothing_more(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    listening(project, owner, there.url)
    happens(project)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert carried() == []


def test_another_owner_who_resumes_it_answers_for_it(project: Project, owner: User, receiver: Make) -> None:
    webhook = listening(project, owner, receiver().url)
    happens(project)
    project.membership_set.filter(user=owner).delete()
    carried()
    bela = builders.person("bela")
    project.members.add(bela, through_defaults={"role": "owner"})
    operator = builders.person("olga", platform_role="operator")
    with pytest.raises(services.NobodyAnswers):
        services.resume_webhook(webhook, actor=operator)
    assert services.resume_webhook(webhook, actor=bela).owner == bela
    assert len(carried()) == 1


def test_an_endpoint_that_is_deleted_amid_a_delivery_leaves_nothing(
    project: Project, owner: User, receiver: Make
) -> None:
    there = receiver()
    webhook = listening(project, owner, there.url)
    happens(project)
    follow()
    parcels = claim(9, 9)
    services.delete_webhook(webhook, actor=owner)
    outcomes = posted(parcels)
    assert record(parcels[0], outcomes[0]) is False
    assert not Delivery.objects.exists()


def test_two_couriers_take_a_delivery_once(project: Project, owner: User, receiver: Make) -> None:
    listening(project, owner, receiver().url)
    happens(project)
    follow()
    assert (len(claim(9, 9)), len(claim(9, 9))) == (1, 0)


def test_who_lost_the_lease_records_nothing(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    listening(project, owner, there.url)
    happens(project)
    follow()
    late = claim(9, 9)
    later()
    again = claim(9, 9)
    assert [one.message for one in late] == [one.message for one in again]
    outcome = posted(late)[0]
    assert record(late[0], outcome) is False
    assert record(again[0], outcome) is True


def test_a_courier_that_died_is_succeeded_when_its_lease_ends(project: Project, owner: User, receiver: Make) -> None:
    listening(project, owner, receiver().url)
    happens(project)
    follow()
    claim(9, 9)
    row = Delivery.objects.get()
    assert timedelta(0) < row.due_at - clock.now() <= LEASE
    Delivery.objects.update(due_at=clock.now())
    assert len(carried()) == 1
    assert Delivery.objects.get().tries == 2


def test_a_try_that_we_broke_off_counts_as_none(project: Project, owner: User, receiver: Make) -> None:
    listening(project, owner, receiver().url)
    happens(project)
    follow()
    give_back(claim(9, 9)[0])
    row = Delivery.objects.get()
    assert (row.tries, row.lease) == (0, None)
    assert len(carried()) == 1


def test_of_one_endpoint_a_few_deliveries_are_on_their_way_at_once(
    project: Project, owner: User, receiver: Make
) -> None:
    webhook = listening(project, owner, receiver().url)
    for number in range(9):
        happens(project, subject=str(number))
    follow()
    assert (len(claim(99, 99)), len(claim(99, 99))) == (4, 0)
    Delivery.objects.update(lease=None, due_at=clock.now())
    Webhook.objects.filter(pk=webhook.pk).update(failing_since=clock.now())
    assert (len(claim(99, 99)), len(claim(99, 99))) == (1, 0)


def test_endpoints_that_fail_take_no_place_of_those_that_answer(project: Project, owner: User, receiver: Make) -> None:
    for number in range(5):
        listening(project, owner, receiver().url, f"dead {number}")
    Webhook.objects.update(failing_since=clock.now())
    live = receiver()
    listening(project, owner, live.url, "live")
    happens(project)
    follow()
    found = claim(1, 2)
    assert sorted(one.failing for one in found) == [False, True, True]
    assert [one.url for one in found if not one.failing] == [live.url]


def test_both_secrets_sign_for_a_day_after_a_new_one_was_made(project: Project, owner: User, receiver: Make) -> None:
    there = receiver()
    webhook, old = services.create_webhook(project, actor=owner, name="ci", url=there.url)
    _webhook, new = services.rotate_secret(webhook, actor=owner)
    happens(project, subject="1")
    carried()
    assert all(verified(one, there.got[0].headers, there.got[0].body) for one in (old, new))
    Webhook.objects.update(former_until=clock.now() - timedelta(seconds=1))
    happens(project, subject="2")
    carried()
    assert [verified(one, there.got[1].headers, there.got[1].body) for one in (old, new)] == [False, True]


def test_a_secret_of_another_platform_pauses_the_endpoint_until_there_is_a_new_one(
    project: Project, owner: User, receiver: Make, settings: Any
) -> None:
    there = receiver()
    webhook = listening(project, owner, there.url)
    happens(project)
    settings.SECRET_KEY = "another"
    assert carried() == []
    webhook.refresh_from_db()
    assert webhook.paused_why == PausedWhy.SECRET_LOST
    _webhook, secret = services.rotate_secret(webhook, actor=owner)
    services.resume_webhook(webhook, actor=owner)
    carried()
    assert verified(secret, there.got[0].headers, there.got[0].body)


def test_what_is_over_for_thirty_days_is_forgotten(project: Project, owner: User, receiver: Make) -> None:
    webhook = listening(project, owner, receiver().url)
    now = clock.now()
    for days, state in ((29, "delivered"), (31, "delivered"), (31, "failed")):
        at = now - timedelta(days=days)
        Delivery.objects.create(
            webhook=webhook, message=f"{days} {state}", type="x", body="{}", state=state, created_at=at, ended_at=at
        )
    for days in (1, 31):
        at = now - timedelta(days=days)
        Delivery.objects.create(
            webhook=webhook, message=f"{days} waiting", type="x", body="{}", created_at=at, due_at=at
        )
    assert forget() == 3
    assert set(Delivery.objects.values_list("message", flat=True)) == {"29 delivered", "1 waiting"}


def test_every_change_stands_in_the_log_and_no_secret_does(project: Project, owner: User, receiver: Make) -> None:
    webhook, secret = services.create_webhook(project, actor=owner, name="ci", url=receiver().url + "/s3same")
    services.change_webhook(webhook, actor=owner, changes={"types": ["job.failed"]})
    _webhook, other = services.rotate_secret(webhook, actor=owner)
    services.ping(webhook, actor=owner)
    services.pause_webhook(webhook, actor=owner)
    services.resume_webhook(webhook, actor=owner)
    webhook.refresh_from_db()
    replay_since(webhook, clock.now() - timedelta(hours=1), actor=owner)
    services.delete_webhook(webhook, actor=owner)
    rows = AuditEvent.objects.filter(subject_kind="webhook").order_by("pk").select_related("detail")
    ends = ("created", "changed", "rotated", "pinged", "paused", "resumed", "replayed", "deleted")
    assert [row.verb for row in rows] == [f"webhook.{end}" for end in ends]
    told = json.dumps([row.detail.detail for row in rows])
    assert not any(word in told for word in ("s3same", secret, other, seal(secret)[:20]))


def test_members_below_owner_and_strangers_manage_nothing(
    project: Project, owner: User, reviewer: User, receiver: Make
) -> None:
    webhook, olga = listening(project, owner, receiver().url), builders.person("olga")
    with pytest.raises(Forbidden):
        services.change_webhook(webhook, actor=reviewer, changes={"name": "x"})
    with pytest.raises(NotFound):
        services.rotate_secret(webhook, actor=olga)


def test_a_project_has_a_bounded_number_of_endpoints(
    project: Project, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST", 1)
    listening(project, owner, "https://example.com/")
    with pytest.raises(services.TooManyWebhooks):
        listening(project, owner, "https://example.com/", "other")


def test_each_verb_of_a_type_is_written_by_the_platform() -> None:
    assert set(OF_VERBS) - set(VERBS) == set()
