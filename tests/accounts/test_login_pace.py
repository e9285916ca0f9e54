"""Passwords are tried at a bounded pace, by account and by address; nobody is shut out for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import login_pace
from accounts.login_pace import ACCOUNT, ADDRESS, BOTH, FREE, LONGEST, TooManyAttempts, admit, cleared, delay, network
from accounts.models import LoginDoor
from config import clock

pytestmark = pytest.mark.django_db
HOME, AWAY = "203.0.113.7", "198.51.100.9"


class Hand:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def on(self, s: float) -> None:
        self.at += timedelta(seconds=s)


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    """The time, as the pace sees it."""
    made = Hand()
    monkeypatch.setattr(clock, "now", lambda: made.at)
    return made


def fail(name: str, address: str, times: int, hand: Hand) -> None:
    """Let attempts fail one after another, each as soon as it is let in."""
    for _ in range(times):
        try:
            admit(name, address)
        except TooManyAttempts as shut:
            hand.on(shut.wait)
            admit(name, address)


def wait_s(name: str, address: str) -> float:
    """How long an attempt has to wait now; counts one where it is 0."""
    try:
        admit(name, address)
    except TooManyAttempts as shut:
        return shut.wait
    return 0.0


def test_a_few_mistakes_cost_nothing(hand: Hand) -> None:
    for _ in range(FREE[ACCOUNT]):
        admit("sam", HOME)
    assert wait_s("sam", HOME) == 1.0


def test_each_further_failure_doubles_the_wait_up_to_the_longest(hand: Hand) -> None:
    waits = []
    fail("sam", HOME, FREE[ACCOUNT], hand)
    for _ in range(14):
        waits.append(wait_s("sam", HOME))
        hand.on(waits[-1])
        admit("sam", HOME)
    assert waits == [min(2.0**n, LONGEST.total_seconds()) for n in range(14)]


def test_an_attempt_at_a_shut_door_keeps_it_shut_no_longer(hand: Hand) -> None:
    fail("sam", HOME, FREE[ACCOUNT] + 4, hand)
    before = wait_s("sam", HOME)
    assert [wait_s("sam", HOME) for _ in range(50)] == [before] * 50


def test_failures_from_elsewhere_do_not_touch_whoever_logged_in_from_here(hand: Hand) -> None:
    admit("sam", HOME)
    cleared("sam", HOME)
    fail("sam", AWAY, 40, hand)
    assert wait_s("sam", AWAY) > 60
    assert wait_s("sam", HOME) == 0


def test_a_known_address_has_a_pace_of_its_own(hand: Hand) -> None:
    cleared("sam", HOME)
    fail("sam", HOME, FREE[BOTH] + 3, hand)
    assert wait_s("sam", HOME) == 8.0


def test_an_address_that_tries_many_names_is_slowed_for_all_of_them(hand: Hand) -> None:
    for n in range(FREE[ADDRESS]):
        admit(f"name-{n}", AWAY)
    assert wait_s("another", AWAY) == 1.0
    assert wait_s("another", HOME) == 0


def test_a_login_of_ones_own_does_not_reset_the_count_of_the_address(hand: Hand) -> None:
    for n in range(FREE[ADDRESS] - 1):
        admit(f"name-{n}", AWAY)
    admit("mallory", AWAY)
    cleared("mallory", AWAY)
    admit("sam", AWAY)
    assert wait_s("rita", AWAY) == 1.0


def test_the_right_password_ends_the_count_of_the_account(hand: Hand) -> None:
    fail("sam", HOME, FREE[ACCOUNT] - 1, hand)
    admit("sam", HOME)
    cleared("sam", HOME)
    assert wait_s("sam", AWAY) == 0


def test_a_day_without_attempts_is_forgotten(hand: Hand) -> None:
    fail("sam", HOME, 20, hand)
    hand.on(login_pace.FORGOTTEN_AFTER.total_seconds() + 1)
    admit("sam", HOME)
    assert wait_s("sam", HOME) == 0


def test_old_doors_are_deleted(hand: Hand) -> None:
    for n in range(20):
        admit(f"name-{n}", "")
    cleared("sam", HOME)
    hand.on(login_pace.FORGOTTEN_AFTER.total_seconds() + 1)
    admit("someone", "")
    assert LoginDoor.objects.count() == 2
    hand.on(login_pace.KNOWN_FOR.total_seconds() + 1)
    admit("someone", "")
    assert LoginDoor.objects.count() == 1


def test_neither_names_nor_addresses_are_kept(hand: Hand) -> None:
    admit("my-password-typed-here", HOME)
    cleared("my-password-typed-here", HOME)
    said = " ".join(str(row) for row in LoginDoor.objects.values_list())
    assert "typed" not in said
    assert HOME not in said


def test_addresses_of_one_ipv6_customer_are_one() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::1")
    assert network("::ffff:203.0.113.7") == "203.0.113.7"
    assert network("fe80::1%eth0") == "fe80::/64"
    assert network("not an address") == ""


@given(st.sampled_from([ACCOUNT, ADDRESS, BOTH]), st.integers(0, 10**9))
def test_no_delay_is_longer_than_the_longest_and_none_shrinks(kind: str, failures: int) -> None:
    assert timedelta(0) <= delay(kind, failures) <= delay(kind, failures + 1) <= LONGEST
