"""A token holds for its digest, its nonce and its authority, and for no other; checked against OpenSSL's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from models_store.timestamps import LARGEST_TOKEN_BYTES, BadStamp, check_reply, check_token, query
from tests.tsa import OPENSSL, Authority

pytestmark = pytest.mark.skipif(not OPENSSL, reason="openssl is not installed here")
DIGEST, NONCE = sha256(b"head").hexdigest(), 2**62 + 5


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "ours")


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    return authority.reply(query(DIGEST, NONCE))


def checked(reply: bytes, roots: str, *, digest: str = DIGEST, nonce: int | None = NONCE, now: datetime | None = None):
    return check_reply(reply, digest, roots, now=now or datetime.now(UTC), nonce=nonce)


def test_a_stamp_states_its_time_and_openssl_takes_the_token_too(authority: Authority, reply: bytes):
    stamp = checked(reply, authority.root_pem)
    assert abs(datetime.now(UTC) - stamp.at) < timedelta(minutes=5)
    assert authority.accepts(stamp.token, DIGEST)


def test_a_token_that_was_kept_alone_is_checked_like_its_reply(authority: Authority, reply: bytes):
    stamp = checked(reply, authority.root_pem)
    assert check_token(stamp.token, DIGEST, authority.root_pem, now=datetime.now(UTC)) == stamp


@pytest.mark.parametrize("nonce", [0, 1, 127, 128, 255, 2**62, 2**63 - 1])
def test_every_nonce_makes_a_query_that_openssl_reads_and_answers(authority: Authority, nonce: int):
    assert checked(authority.reply(query(DIGEST, nonce)), authority.root_pem, nonce=nonce).token


def test_an_authority_that_sends_its_chain_in_any_order_is_understood(tmp_path: Path):
    for number in range(4):  # certificates are of random bytes: one order or the other
        other = Authority(tmp_path / str(number), chain=True)
        stamp = checked(other.reply(query(DIGEST, NONCE)), other.root_pem)
        assert other.accepts(stamp.token, DIGEST)


def test_a_stamp_over_another_digest_is_refused(authority: Authority, reply: bytes):
    with pytest.raises(BadStamp, match="no time stamp"):
        checked(reply, authority.root_pem, digest=sha256(b"another").hexdigest())


def test_an_answer_to_another_question_is_refused(authority: Authority, reply: bytes):
    with pytest.raises(BadStamp):
        checked(reply, authority.root_pem, nonce=NONCE + 1)


def test_an_authority_of_the_same_name_is_another_authority(authority: Authority, tmp_path: Path):
    forged = Authority(tmp_path / "forged").reply(query(DIGEST, NONCE))
    with pytest.raises(BadStamp):
        checked(forged, authority.root_pem)


def test_a_stamp_from_the_future_is_refused(authority: Authority, reply: bytes):
    with pytest.raises(BadStamp, match="future"):
        checked(reply, authority.root_pem, now=datetime.now(UTC) - timedelta(hours=1))


def test_no_changed_or_cut_reply_passes_and_none_raises_anything_else(authority: Authority, reply: bytes):
    stamp, passed = checked(reply, authority.root_pem), []
    for place in range(0, len(reply), 7):
        for wrong in (reply[:place], reply[:place] + bytes([reply[place] ^ 1]) + reply[place + 1 :]):
            try:
                passed.append(checked(wrong, authority.root_pem))
            except BadStamp:
                continue
    assert all(other.at == stamp.at for other in passed)  # a flipped bit may lie in what nothing reads


@pytest.mark.parametrize(
    "junk", [b"", b"<html>", b"\x30\x80", b"\x30\x03\x02\x01\x02", b"0" * (LARGEST_TOKEN_BYTES + 1)]
)
def test_what_is_no_reply_is_refused_in_words(authority: Authority, junk: bytes):
    with pytest.raises(BadStamp):
        checked(junk, authority.root_pem)
