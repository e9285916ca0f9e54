"""One try against servers with bad manners: what is kept of it, and that it ends."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import socket
import uuid
from collections.abc import Callable

import pytest

from tests.webhooks.conftest import posted
from tests.webhooks.receivers import Manners, Receiver, answering
from webhooks import post as sending
from webhooks.post import ANSWER_BYTES, Outcome, Parcel
from webhooks.secret import fresh, seal, signatures, unseal

Make = Callable[..., Receiver]
BODY = '{"type":"job.succeeded","data":{"project":"Müller"}}'.encode()


def parcel(url: str, *secrets: str) -> Parcel:
    return Parcel(uuid.uuid4(), uuid.uuid4(), "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", url, BODY, secrets or (fresh(),))


def sent(url: str) -> Outcome:
    return posted([parcel(url)])[0]


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver does it, by the text of the specification alone."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(secret.split("_", 1)[1]), signed, hashlib.sha256).digest()
    said = [one.split(",", 1) for one in headers["webhook-signature"].split(" ")]
    return any(hmac.compare_digest(base64.b64decode(value), mac) for version, value in said if version == "v1")


def test_the_known_vector_of_standard_webhooks() -> None:
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    said = signatures([secret], message, 1614265330, b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_arrives_is_verified_by_a_few_lines_of_a_receiver(receiver: Make) -> None:
    there, secret = receiver(), fresh()
    posted([parcel(there.url, secret)])
    assert verified(secret, there.got[0].headers, there.got[0].body)
    assert there.got[0].body == BODY


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_nothing_that_is_signed_can_be_changed(receiver: Make, changed: str) -> None:
    there, secret = receiver(), fresh()
    posted([parcel(there.url, secret)])
    headers, body = dict(there.got[0].headers), there.got[0].body
    if changed == "body":
        body += b" "
    else:
        headers[changed] += "1"
    assert not verified(secret, headers, body)


def test_two_secrets_sign_and_either_verifies(receiver: Make) -> None:
    there, new, old = receiver(), fresh(), fresh()
    posted([parcel(there.url, new, old)])
    assert all(verified(one, there.got[0].headers, BODY) for one in (new, old))
    assert not verified(fresh(), there.got[0].headers, BODY)


def test_a_secret_is_kept_encrypted() -> None:
    secret = fresh()
    assert secret.removeprefix("whsec_") not in seal(secret)
    assert unseal(seal(secret)) == secret


def test_a_secret_has_the_length_that_the_scheme_asks_for() -> None:
    assert 24 <= len(base64.b64decode(fresh().removeprefix("whsec_"))) <= 64


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_status_of_success_is_a_delivery(receiver: Make, status: int) -> None:
    outcome = sent(receiver(answering(status)).url)
    assert (outcome.fault, outcome.status) == ("", status)


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure(receiver: Make, status: int) -> None:
    outcome = sent(receiver(answering(status, b"no")).url)
    assert (outcome.fault, outcome.status, outcome.answer) == ("status", status, "no")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Make, status: int) -> None:
    other = receiver()
    outcome = sent(receiver(answering(status, b"", f"Location: {other.url}")).url)
    assert (outcome.fault, outcome.status, other.got) == ("redirect", status, [])


def test_what_the_endpoint_asks_to_wait_is_heard(receiver: Make) -> None:
    assert sent(receiver(answering(503, b"", "Retry-After: 120")).url).retry_after_s == 120


@pytest.mark.parametrize("said", ["-5", "x", "", "Wed, 21 Oct 2015 07:28:00 GMT", "²"])
def test_a_wait_that_is_no_number_is_not(receiver: Make, said: str) -> None:
    assert sent(receiver(answering(503, b"", f"Retry-After: {said}")).url).retry_after_s == 0


def _endless(link: socket.socket, _there: Receiver) -> None:
    link.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        link.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def test_of_an_endless_answer_four_kilobytes_are_read(receiver: Make) -> None:
    outcome = sent(receiver(_endless).url)
    assert (outcome.fault, len(outcome.answer)) == ("", ANSWER_BYTES)


def _endless_headers(link: socket.socket, _there: Receiver) -> None:
    link.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        link.sendall(b"X-More: " + b"x" * 8000 + b"\r\n")


def test_endless_headers_end_the_try(receiver: Make) -> None:
    assert sent(receiver(_endless_headers).url).fault == "broken_off"


def test_a_packed_answer_is_not_unpacked(receiver: Make) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    there = receiver(answering(200, bomb, "Content-Encoding: gzip"))
    outcome = sent(there.url)
    assert (outcome.fault, outcome.answer) == ("", "")
    assert there.got[0].headers["accept-encoding"] == "identity"


def _hanging(_link: socket.socket, there: Receiver) -> None:
    there.over.wait(20)


def _dripping(link: socket.socket, there: Receiver) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 1000:
        link.sendall(bytes([byte]))
        if there.over.wait(0.05):
            return


def _dripping_body(link: socket.socket, there: Receiver) -> None:
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
    while not there.over.wait(0.05):
        link.sendall(b"y")


@pytest.mark.parametrize("manners", [_hanging, _dripping, _dripping_body])
def test_whoever_hangs_or_drips_is_left_after_the_time_for_all_of_it(
    receiver: Make, manners: Manners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WITHIN_S", 0.5)
    assert sent(receiver(manners).url).fault == "timeout"


def _nothing(_link: socket.socket, _there: Receiver) -> None:
    return


def _rubbish(link: socket.socket, _there: Receiver) -> None:
    link.sendall(b"\x00\xff garbage\r\n\r\n")


@pytest.mark.parametrize("manners", [_nothing, _rubbish])
def test_what_is_no_http_is_broken_off(receiver: Make, manners: Manners) -> None:
    assert sent(receiver(manners).url).fault == "broken_off"


def _cut(link: socket.socket, _there: Receiver) -> None:
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def test_an_answer_that_is_cut_short_was_an_answer(receiver: Make) -> None:
    outcome = sent(receiver(_cut).url)
    assert (outcome.fault, outcome.answer) == ("", "half")


def test_where_nobody_listens_it_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert sent(f"http://127.0.0.1:{port}/").fault == "not_reached"


def test_an_answer_is_kept_as_text_that_databases_take(receiver: Make) -> None:
    assert sent(receiver(answering(200, b"a\0b\xff")).url).answer == "a\ufffdb\ufffd"


def test_each_delivery_has_a_connection_of_its_own(receiver: Make) -> None:
    there = receiver()
    posted([parcel(there.url) for _ in range(3)])
    assert [one.headers["connection"] for one in there.got] == ["close"] * 3
