"""Where deliveries may go: a table of hosts and addresses, and what a lying name server cannot do."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from models_store.errors import InvalidInput
from tests.webhooks.conftest import posted
from tests.webhooks.receivers import LOOPBACK, Receiver
from webhooks.address import is_allowed, target_of
from webhooks.connection import Checked, addresses_of
from webhooks.post import Outcome, Parcel
from webhooks.secret import fresh

HERE = ("127.0.0.1", "::1")
PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14")
NOT_PUBLIC = (
    "0.0.0.0", "10.0.0.5", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.3.4", "192.0.0.8",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:5::1", "3fff::1", "fc00::1",
    "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "4000::1",
)  # fmt: skip
REFUSED = (
    "http://example.com/", "ftp://example.com/", "//example.com/", "example.com", "https://", "https:///x",
    "https://user@example.com/", "https://user:word@example.com/", "https://example.com@127.0.0.1/",
    "https://example.com/#part", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://0177.1/", "https://127.0.0.1./", "https://[::1]/",
    "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://[::1", "https://169.254.169.254/latest/",
    "https://exa mple.com/", "https://exa\tmple.com/", "https://example.com\\@127.0.0.1/", "https://例え.jp/",
    "https://example.com:22/", "https://example.com:25/", "https://example.com:0/", "https://example.com:65536/",
    "https://example.com:x/", "https://-a.com/", "https://a..b/", "https://example.com/\r\nX: y", "https://a_b.com/",
    "https://1.2.3.4.5/", "https://example.0x1/", "https://" + "a" * 64 + ".com/", "https://a.com/" + "x" * 2000,
    "javascript:alert(1)", "", None, 7, ["https://example.com/"],
)  # fmt: skip


@pytest.mark.parametrize("said", PUBLIC)
def test_a_public_address_is_allowed(said: str) -> None:
    assert is_allowed(ip_address(said))


@pytest.mark.parametrize("said", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(said: str) -> None:
    assert not is_allowed(ip_address(said))


@pytest.mark.parametrize("said", REFUSED)
def test_a_url_that_may_mean_something_else_is_refused_by_its_field(said: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        target_of(said)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "said", ["https://u:s3same@a.com/", "ftp://u:s3same@a.com/", "https://u:s3same @a.com/", "//u:s3same@a"]
)
def test_a_password_in_a_url_is_not_repeated(said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        target_of(said)
    assert "s3same" not in str(refused.value.as_dict())


def test_a_url_is_taken_apart_once() -> None:
    found = target_of("https://Hooks.Example.com:8443/a%20b?x=1")
    assert (found.scheme, found.host, found.port, found.path) == ("https", "hooks.example.com", 8443, "/a%20b?x=1")
    assert found.authority == "hooks.example.com:8443"


def test_an_address_of_version_6_is_written_in_brackets() -> None:
    assert target_of("https://[2606:2800:21f::1]/").authority == "[2606:2800:21f::1]"


def test_what_the_setting_names_is_allowed_and_nothing_beside_it() -> None:
    own = (ip_network("10.1.0.0/16"),)
    assert is_allowed(ip_address("10.1.2.3"), own)
    assert is_allowed(ip_address("::ffff:10.1.2.3"), own)
    assert not is_allowed(ip_address("10.2.0.1"), own)
    assert not is_allowed(ip_address("169.254.169.254"), own)


def _sent(url: str, resolve: Callable[[str, int], list[str]], allowed: Any = LOOPBACK) -> Outcome:
    parcel = Parcel(uuid.uuid4(), uuid.uuid4(), "msg_1", url, b"{}", (fresh(),))
    return posted([parcel], backend=Checked(allowed, resolve), allowed=LOOPBACK)[0]


@pytest.mark.parametrize("said", ["127.0.0.1", "10.0.0.5", "::ffff:127.0.0.1", "fe80::1%eth0", "169.254.169.254"])
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    said: str, receiver: Callable[..., Receiver]
) -> None:
    there = receiver()
    outcome = _sent(f"http://hooks.example:{there.port}/", lambda host, port: [said], allowed=())
    assert (outcome.fault, there.got) == ("not_public", [])


def test_one_private_address_among_public_ones_is_enough_to_refuse(receiver: Callable[..., Receiver]) -> None:
    there = receiver()
    outcome = _sent(f"http://hooks.example:{there.port}/", lambda host, port: ["93.184.215.14", "127.0.0.1"], ())
    assert (outcome.fault, there.got) == ("not_public", [])


def test_a_name_that_changes_after_the_check_changes_nothing(receiver: Callable[..., Receiver]) -> None:
    there, asked = receiver(), []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.5"]

    assert _sent(f"http://hooks.example:{there.port}/", rebinding).fault == ""
    assert asked == ["hooks.example"]


def test_only_the_address_that_was_judged_is_looked_at_by_the_system(
    receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, looked_up, whole = receiver(), [], socket.getaddrinfo

    def noted(host: Any, *said: Any, **more: Any) -> Any:
        looked_up.append(host)
        return whole(host, *said, **more)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    assert _sent(f"http://hooks.example:{there.port}/", lambda host, port: ["127.0.0.1"]).fault == ""
    assert set(looked_up) <= {"127.0.0.1"}


def test_the_host_header_says_the_name_and_not_the_address(receiver: Callable[..., Receiver]) -> None:
    there = receiver()
    _sent(f"http://hooks.example:{there.port}/x?y=1", lambda host, port: ["127.0.0.1"])
    assert there.got[0].headers["host"] == f"hooks.example:{there.port}"
    assert there.got[0].line == "POST /x?y=1 HTTP/1.1"


def test_the_next_address_is_tried_where_one_does_not_answer(receiver: Callable[..., Receiver]) -> None:
    there = receiver()
    outcome = _sent(f"http://hooks.example:{there.port}/", lambda host, port: ["127.77.0.1", "127.0.0.1"])
    assert outcome.fault == ""


def test_a_name_that_nobody_knows_is_a_fault_of_its_own() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    assert _sent("https://hooks.example/", unknown).fault == "unknown_host"


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch, receiver: Callable[..., Receiver]) -> Iterator[Receiver]:
    """A proxy that the environment asks for."""
    proxy = receiver()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "")
    return proxy


def test_a_proxy_of_the_environment_is_not_asked(proxied: Receiver, receiver: Callable[..., Receiver]) -> None:
    there = receiver()
    assert _sent(there.url, addresses_of).fault == ""
    ours = there.url.split("/")[2]
    assert (len(there.got), [one.line for one in proxied.got if ours in one.line]) == (1, [])


def test_a_literal_private_address_is_refused_when_it_is_sent_too() -> None:
    parcel = Parcel(uuid.uuid4(), uuid.uuid4(), "msg_1", "https://127.0.0.1/", b"{}", (fresh(),))
    assert posted([parcel], allowed=())[0].fault == "not_public"
