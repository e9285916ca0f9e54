"""Heads and archives are stamped when the authority answers, once it does, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from events import events

from audit import sequencer, stamp_round, stamping
from audit.models import Stamp, TreeHead
from audit.services import OutsideTransaction
from config import clock
from models_store.keys import Keyring
from models_store.timestamps import LARGEST_TOKEN_BYTES, check_token, query
from tests.tsa import OPENSSL, Authority, served

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not OPENSSL, reason="openssl is not installed here"),
]
DIGEST = sha256(b"archive").hexdigest()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "ours")


class Server:
    """The authority's server; what it answers can be changed."""

    def __init__(self, authority: Authority) -> None:
        self.authority, self.answer = authority, self.stamps
        self.heard: list[bytes] = []

    def __call__(self, query: bytes) -> tuple[int, dict[str, str], bytes]:
        return self.answer(query)

    def stamps(self, query: bytes) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": stamp_round.REPLY}, self.authority.reply(query)

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.answer = lambda query: (status, headers, body)


@pytest.fixture
def server(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The platform asks it."""
    made = Server(authority)
    with served(made) as (url, heard):
        made.heard = heard
        monkeypatch.setattr(settings, "TSA_URL", url)
        monkeypatch.setattr(settings, "TSA_ROOT", authority.folder / "root.pem")
        yield made


def asked(digest: str = DIGEST) -> None:
    with transaction.atomic():
        stamping.request(stamping.ARCHIVE, "j1", digest)


def later(**by: float) -> Any:
    return clock.now() + timedelta(**by)


def test_without_an_authority_nothing_is_asked_for():
    asked()
    assert (Stamp.objects.count(), stamp_round.stamp_due()) == (0, 0)


def test_an_archive_gets_a_token_that_anybody_can_check(server: Server, authority: Authority):
    asked()
    assert stamp_round.stamp_due() == 1
    token = stamping.token_of(DIGEST)
    assert token is not None
    assert authority.accepts(token, DIGEST)
    assert Stamp.objects.get().stamped_at == check_token(token, DIGEST, authority.root_pem, now=clock.now()).at


def test_asking_twice_is_one_stamp_and_one_question(server: Server):
    asked()
    asked()
    stamp_round.stamp_due()
    stamp_round.stamp_due()
    assert (Stamp.objects.count(), len(server.heard)) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_stamp_is_asked_for_in_the_transaction_of_what_it_is_of(server: Server):
    with pytest.raises(OutsideTransaction):
        stamping.request(stamping.ARCHIVE, "j1", DIGEST)
    with transaction.atomic():
        stamping.request(stamping.ARCHIVE, "j1", DIGEST)
        transaction.set_rollback(True)
    assert not Stamp.objects.exists()


def head(keyring: Keyring) -> TreeHead:
    events(1)
    sequencer.sequence()
    made = sequencer.sign_head(keyring)
    assert made is not None
    return made


def test_the_newest_head_is_stamped_and_at_most_one_a_minute(server: Server, keyring: Keyring):
    head(keyring)
    second = head(keyring)
    stamp_round.stamp_due()
    head(keyring)
    stamp_round.stamp_due()
    assert [row.subject_id for row in Stamp.objects.filter(kind=stamping.HEAD)] == [str(second.size)]
    third = TreeHead.objects.first()
    stamp_round.stamp_due(later(seconds=61))
    found = stamping.newest_stamped_head()
    assert found is not None
    assert found[0] == third


def test_what_is_stamped_of_a_head_is_what_the_log_key_signs(server: Server, authority: Authority, keyring: Keyring):
    made = head(keyring)
    stamp_round.stamp_due()
    token = stamping.token_of(stamping.head_sha256(made))
    said = f'{{"at":"{made.as_dict()["at"]}","root":"{made.root}","schema":"kilnmark/tree-head","size":1,"version":1}}'
    assert token is not None
    assert authority.accepts(token, sha256(said.encode()).hexdigest())


def test_an_authority_that_is_down_puts_everything_off_twice_as_long_each_time(server: Server):
    server.says(503)
    asked()
    asked(sha256(b"another").hexdigest())
    waits, now = [], clock.now()
    for _ in range(9):
        assert stamp_round.stamp_due(now) == 0
        due = Stamp.objects.order_by("due_at").values_list("due_at", flat=True)
        assert len({*due}) == 1  # all wait together: one question a round
        waits.append(round((due[0] - clock.now()).total_seconds() / 60))
        now = due[0]
    assert len(server.heard) == 9
    assert waits[0] == 1
    assert waits == sorted(waits)
    assert waits[-1] == 60


def test_one_that_never_gets_its_stamp_keeps_no_other_from_it(server: Server, authority: Authority):
    bad = sha256(b"bad").digest()
    server.answer = lambda query: (500, {}, b"") if bad in query else (200, {}, authority.reply(query))
    asked(bad.hex())
    for name in (b"one", b"other"):
        asked(sha256(name).hexdigest())
    assert [stamp_round.stamp_due(later(hours=hours)) for hours in (0, 2, 4)] == [0, 2, 0]
    asked()
    assert stamp_round.stamp_due(later(hours=6)) == 1
    assert Stamp.objects.get(token=None).sha256 == bad.hex()


def test_one_answer_that_does_not_hold_puts_off_its_own_stamp_alone(server: Server, authority: Authority):
    bad, other = sha256(b"bad").digest(), authority.reply(query(DIGEST, 5))
    server.answer = lambda query: (200, {}, other if bad in query else authority.reply(query))
    asked(bad.hex())
    for name in (b"one", b"other"):
        asked(sha256(name).hexdigest())
    assert stamp_round.stamp_due() == 2
    assert Stamp.objects.get(token=None).sha256 == bad.hex()
    assert len(server.heard) == 3


def test_two_answers_that_do_not_hold_put_everything_off(server: Server):
    server.says(200, b"not a stamp")
    for name in (b"one", b"two", b"three"):
        asked(sha256(name).hexdigest())
    assert stamp_round.stamp_due() == 0
    assert len(server.heard) == 2
    assert not Stamp.objects.filter(due_at__lte=clock.now()).exists()


def test_what_waited_is_stamped_once_the_authority_is_back(server: Server):
    server.says(503)
    asked()
    stamp_round.stamp_due()
    server.answer = server.stamps
    assert stamp_round.stamp_due() == 0  # not yet due
    assert stamp_round.stamp_due(later(minutes=2)) == 1
    assert Stamp.objects.get().error == ""


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (302, {"Location": "http://127.0.0.1:1/elsewhere"}, b""),
        (200, {}, b"<html>not a stamp</html>"),
        (200, {}, b"0" * (LARGEST_TOKEN_BYTES + 100_000)),
        (404, {}, b""),
        (200, {}, b""),
    ],
)
def test_what_is_no_stamp_is_kept_as_a_reason_and_asked_for_again(
    server: Server, status: int, headers: dict[str, str], body: bytes
):
    server.says(status, body, **headers)
    asked()
    assert stamp_round.stamp_due() == 0
    row = Stamp.objects.get()
    assert (row.token, row.tries) == (None, 1)
    assert row.error
    assert row.due_at > clock.now()


def test_a_stamp_of_another_authority_is_never_kept(server: Server, tmp_path: Path):
    forged = Authority(tmp_path / "forged")
    server.answer = lambda query: (200, {}, forged.reply(query))
    asked()
    assert stamp_round.stamp_due() == 0
    assert stamping.token_of(DIGEST) is None


def test_a_recorded_answer_to_an_earlier_question_is_never_kept(server: Server, authority: Authority):
    first = authority.reply(query(DIGEST, 5))
    server.answer = lambda query: (200, {}, first)
    asked()
    assert stamp_round.stamp_due() == 0
    assert "Nonce" in Stamp.objects.get().error


def test_nobody_there_is_no_traceback(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "TSA_URL", "http://127.0.0.1:9/")
    asked()
    assert stamp_round.stamp_due() == 0
    assert "did not answer" in Stamp.objects.get().error


def test_a_slow_authority_is_left_after_its_time(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stamp_round, "time", SimpleNamespace(monotonic=iter([0.0, 100.0]).__next__))
    asked()
    assert stamp_round.stamp_due() == 0
    assert "too slow" in Stamp.objects.get().error
