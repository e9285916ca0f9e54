"""Why somebody did something: what is taken, and what is refused."""

from __future__ import annotations

import pytest

from audit.reasons import LONGEST, checked_reason
from models_store.errors import InvalidInput


@pytest.mark.parametrize("said", ["", " \n ", None, 7, "x" * (LONGEST + 1), "no\0consent"])
def test_what_is_no_reason_is_refused_with_its_field(said: object) -> None:
    with pytest.raises(InvalidInput) as wrong:
        checked_reason(said, "comment")
    assert wrong.value.field == "comment"


@pytest.mark.parametrize("said", ["x" * (LONGEST + 1), "no\0consent", None])
def test_what_need_not_be_said_is_held_to_the_same_bounds(said: object) -> None:
    assert checked_reason("  ", "comment", required=False) == ""
    with pytest.raises(InvalidInput):
        checked_reason(said, "comment", required=False)


def test_a_line_break_of_a_browser_counts_as_one_character() -> None:
    assert checked_reason("a\r\n" * (LONGEST // 2), "reason") == ("a\n" * (LONGEST // 2)).strip()
