"""The token goes to the platform, and to nobody else: not to other hosts, logs, errors or people who look."""

from __future__ import annotations

import copy
import logging
import os
import pickle
import stat
import warnings
from pathlib import Path
from typing import Any

import pytest
from kilnmark import AsyncClient, Client, Retries
from kilnmark.address import Address, TokenInClear, loopback
from kilnmark.errors import KilnmarkError, Misused, NotUnderstood, Unreachable
from kilnmark.link import Ask
from kilnmark.profiles import (
    OpenToOthers,
    Profile,
    config_path,
    read_profile,
    read_profiles,
    remove_profile,
    whom,
    write_profile,
)
from kilnmark.retries import NEVER
from kilnmark.secret import Secret

from tests.client.played import TOKEN, Stage, header, said
from tests.client.stub import Stub

FAR, NEAR = "https://kiln.example", "http://127.0.0.1:9"


def redirect(to: str, status: int = 307, **headers: str) -> Any:
    return said(status, b"", location=to, **headers)


@pytest.mark.parametrize(
    "place",
    ["https://store.example/a?X-Signature=1", "https://kiln.example:8443/a", "//store.example/a",
     "https://kiln.example.evil.example/a", "https://kiln.example@evil.example/a"],
)  # fmt: skip
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_origin_never_sees_the_token(place: str, status: int) -> None:
    stage = Stage(redirect(place, status), said(200, b"x"))
    ask = Ask("GET", "/artifacts/1/content", headers={"Cookie": "a=b", "Range": "bytes=3-"})
    stage.play(stage.link().exchange(ask))
    assert TOKEN in str(header(stage.sent[0], "authorization"))
    assert {name: stage.sent[1].headers.get(name) for name in ("authorization", "cookie", "range")} == {
        "authorization": None, "cookie": None, "range": "bytes=3-",
    }  # fmt: skip


def test_a_way_back_from_another_origin_does_not_get_the_token_again() -> None:
    stage = Stage(redirect("https://store.example/a"), redirect("https://kiln.example/b"), said(200))
    stage.play(stage.link().exchange(Ask("GET", "/x")))
    assert [header(sent, "authorization") is None for sent in stage.sent] == [False, True, True]


def test_the_same_origin_is_followed_as_before() -> None:
    stage = Stage(redirect("/api/v1/y"), said(200))
    stage.play(stage.link().exchange(Ask("GET", "/x")))
    assert (stage.sent[1].url, header(stage.sent[1], "authorization")) == (
        "https://kiln.example/api/v1/y", f"Bearer {TOKEN}",
    )  # fmt: skip


@pytest.mark.parametrize("place", ["http://kiln.example/x", "ftp://kiln.example/x", "file:///etc/passwd", "https://[x"])
def test_nobody_is_led_away_from_https(place: str) -> None:
    stage = Stage(redirect(place))
    with pytest.raises(NotUnderstood):
        stage.play(stage.link().exchange(Ask("GET", "/x")))


@pytest.mark.parametrize("place", ["http://xn--/", f"http://{'a' * 70}.example/"])
def test_an_address_that_cannot_be_asked_is_an_error_of_this_library(place: str, stub: Stub) -> None:
    stub.script((302, {"Location": place}, b""))
    with Client(stub.url, TOKEN, retries=NEVER) as client, pytest.raises(Unreachable):
        client.jobs.get("1")


def test_circles_end() -> None:
    stage = Stage(*[redirect("/api/v1/x")] * 6)
    with pytest.raises(NotUnderstood, match="circles"):
        stage.play(stage.link().exchange(Ask("GET", "/x")))


def test_what_changes_things_is_not_sent_elsewhere() -> None:
    stage = Stage(redirect("https://elsewhere.example/jobs"))
    with pytest.raises(NotUnderstood, match="elsewhere"):
        stage.play(stage.link().json(Ask("POST", "/jobs", body={})))


def test_a_list_leads_nobody_to_another_host(tmp_path: Path) -> None:
    pages = [said(200, {"results": [], "next": "https://evil.example/steal?cursor=abc"}), said(200, {"results": []})]
    stage = Stage(*pages)
    from kilnmark.answers.jobs import Job
    from kilnmark.asking import pages as listed

    stage.play(listed(stage.link(), Job, "/jobs", {}))
    assert stage.sent[1].url == "https://kiln.example/api/v1/jobs?cursor=abc"


def test_looks_and_copies_show_nothing() -> None:
    client, secret = Client(FAR, TOKEN), Secret(TOKEN)
    shown = [repr(client), repr(client._link), repr(secret), str(secret), f"{secret}", repr(Profile(FAR, TOKEN))]
    exchange = client._link.wire(Ask("GET", "/jobs"))
    assert TOKEN not in "".join([*shown, repr(exchange), repr(client.__dict__), repr(AsyncClient(FAR, TOKEN).__dict__)])
    for way in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            way(secret)


@pytest.mark.parametrize("answer", ["echo", "garbage", "close", "hang", 500, 404])
def test_neither_errors_nor_logs_hold_it(answer: Any, stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stub.script(*[answer] * 9)
    retries = Retries(attempts=2, first_s=0.001)
    with Client(stub.url, TOKEN, timeout=0.2, retries=retries) as client, pytest.raises(KilnmarkError) as raised:
        client.jobs.get("1")
    seen, error = "", raised.value
    while error is not None:
        seen += f"{error!r} {error} {vars(error)}"
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    assert TOKEN in stub.heard[0]
    assert TOKEN not in seen + caplog.text


def test_a_token_that_is_none_is_not_repeated() -> None:
    for odd in ("km_a b", "km_a\r\nX-Evil: 1", "km_ä", "\x00"):
        with pytest.raises(Misused) as refused:
            Client(FAR, odd)
        assert odd not in str(refused.value)


def test_a_password_in_clear_is_warned_of_before_it_is_sent() -> None:
    client = Client("http://kiln.invalid", "", retries=NEVER)
    with client, pytest.warns(TokenInClear, match="password"), pytest.raises(Unreachable):
        client.tokens.create("x", username="sam", password="secret")


@pytest.mark.parametrize("url", ["http://kiln.example", "http://10.0.0.7:8000", "http://127.0.0.1.example"])
def test_a_token_in_clear_is_warned_of(url: str) -> None:
    with pytest.warns(TokenInClear):
        Client(url, TOKEN)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000", FAR])
def test_this_machine_and_https_are_not_warned_of(url: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Client(url, TOKEN).close()


@pytest.mark.parametrize(
    "odd",
    ["ftp://kiln.example", "https://", "https://me:secret@kiln.example", "https://kiln.example/?a=1", "https://k:x"],
)
def test_an_address_that_is_none_is_refused(odd: str) -> None:
    with pytest.raises(Misused):
        Address.of(odd)


def test_addresses_are_read_as_people_type_them() -> None:
    for typed, base in {
        "https://Kiln.example/": "https://Kiln.example", "https://kiln.example/api/v1/": "https://kiln.example",
        "kiln.example": "https://kiln.example", "localhost:8000": "http://localhost:8000",
        "https://x.example/kiln": "https://x.example/kiln",
    }.items():  # fmt: skip
        assert Address.of(typed).base == base
    assert not loopback("localhost.example")


@pytest.mark.parametrize("odd", ["", ".", "..", "../tokens", "a/b", "a\\b"])
def test_an_id_leads_nowhere_else(odd: str) -> None:
    with pytest.raises(Misused):
        Client(NEAR, TOKEN).jobs.get(odd)


def test_a_login_is_kept_for_its_owner_alone() -> None:
    place = write_profile(Profile(FAR, 'km_"quoted"\\'))
    write_profile(Profile(NEAR, "km_2"), "lab")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert read_profiles() == {"default": Profile(FAR, 'km_"quoted"\\'), "lab": Profile(NEAR, "km_2")}
    assert [one.name for one in place.parent.iterdir()] == ["config.toml"]
    assert (remove_profile("lab"), remove_profile("lab"), read_profile("lab")) == (True, False, None)


def test_what_is_kept_is_toml() -> None:
    tomllib = pytest.importorskip("tomllib")
    place = write_profile(Profile(FAR, 'km_\u00fc"x'))
    assert tomllib.loads(place.read_text()) == {"profiles": {"default": {"url": FAR, "token": 'km_\u00fc"x'}}}


def test_a_login_that_others_can_read_is_warned_of() -> None:
    os.chmod(write_profile(Profile(FAR, TOKEN)), 0o644)
    with pytest.warns(OpenToOthers):
        read_profile()


@pytest.mark.parametrize(
    "text", ["nonsense", "[profiles.default]\nurl = 5 apples", "[profiles.default]\nurl = 5", "\udcff"]
)
def test_a_file_that_is_none_is_refused_without_its_text(text: str) -> None:
    config_path().parent.mkdir(parents=True)
    config_path().write_bytes(text.encode("utf-8", "surrogateescape"))
    config_path().chmod(0o600)
    with pytest.raises(Misused) as refused:
        read_profile()
    assert "apples" not in str(refused.value)


def test_what_is_given_comes_first_then_the_environment_then_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    write_profile(Profile("https://login.example", "km_login"))
    assert whom(None, None) == Profile("https://login.example", "km_login")
    monkeypatch.setenv("KILNMARK_URL", "https://env.example")
    monkeypatch.setenv("KILNMARK_TOKEN", "km_env")
    assert whom(None, None) == Profile("https://env.example", "km_env")
    assert whom("https://env.example", "km_mine") == Profile("https://env.example", "km_mine")
    assert whom(None, None, "default") == Profile("https://login.example", "km_login")


@pytest.mark.parametrize("kept", ["login", "environment"])
def test_a_token_is_not_sent_to_a_platform_that_it_was_not_kept_for(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kept == "login":
        write_profile(Profile(FAR, TOKEN))
    else:
        monkeypatch.setenv("KILNMARK_URL", FAR)
        monkeypatch.setenv("KILNMARK_TOKEN", TOKEN)
    assert whom("https://evil.example", None) == Profile("https://evil.example", "")
    assert whom(FAR + "/", None).token == TOKEN


def test_without_an_address_nothing_is_guessed() -> None:
    with pytest.raises(Misused, match="kilnmark login"):
        Client()


def test_a_certificate_that_does_not_hold_ends_it(stub_tls: Stub) -> None:
    with Client(stub_tls.url, TOKEN) as client, pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        client.jobs.get("1")
    assert stub_tls.heard == []
