"""What docs/webhooks.md says: its types are those there are, and its ways to check a signature do."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from webhooks.claims import AT_ONCE, WAITS_S
from webhooks.events import TYPES
from webhooks.post import WITHIN_S
from webhooks.secret import fresh, signatures

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
BODY = '{"type":"job.failed","data":{"project":"Müller"}}'.encode()


def test_the_types_of_the_document_are_those_there_are() -> None:
    table = TEXT.partition("## Types")[2].partition("A webhook without")[0]
    assert sorted(re.findall(r"`([a-z_.]+)`", table)) == TYPES


def test_the_numbers_of_the_document_are_those_of_the_code() -> None:
    assert f"within {WITHIN_S:.0f} seconds" in TEXT
    assert (AT_ONCE, WAITS_S[:4]) == (4, (5, 30, 120, 600))


@pytest.fixture
def is_ours() -> Callable[..., bool]:
    """The function of the document."""
    names: dict[str, Any] = {}
    exec(next(code for kind, code in BLOCKS if kind == "python"), names)
    return names["is_ours"]


def signed(secret: str, at_s: int) -> dict[str, str]:
    said = signatures([fresh(), secret], "msg_1", at_s, BODY)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at_s), "webhook-signature": said}


def test_its_python_knows_our_messages_and_no_others(is_ours: Callable[..., bool]) -> None:
    secret = fresh()
    headers = signed(secret, int(time.time()))
    assert is_ours(secret, headers, BODY)
    assert not is_ours(secret, headers, BODY + b" ")
    assert not is_ours(fresh(), headers, BODY)


def test_its_python_refuses_an_old_message(is_ours: Callable[..., bool]) -> None:
    secret = fresh()
    assert not is_ours(secret, signed(secret, int(time.time()) - 3600), BODY)


@pytest.mark.parametrize(("sent", "says"), [(BODY, "ours"), (BODY + b" ", "not ours")])
def test_its_shell_knows_our_messages_and_no_others(tmp_path: Path, sent: bytes, says: str) -> None:
    secret = fresh()
    headers = signed(secret, 1_700_000_000)
    (tmp_path / "body").write_bytes(sent)
    words = {"SECRET": secret, "ID": "msg_1", "TIMESTAMP": "1700000000", "SIGNATURE": headers["webhook-signature"]}
    code = next(code for kind, code in BLOCKS if kind == "bash" and "openssl" in code)
    done = subprocess.run(["bash", "-euc", code], cwd=tmp_path, env=os.environ | words, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (says, "")
