"""docs/verify_audit.py, run by itself, accepts what the service exports and refuses what was tampered with."""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from events import event, events
from hypothesis import given
from hypothesis import strategies as st

from audit import sequencer
from audit.export import export
from audit.models import AuditEvent, TreeHead, TreeNode
from audit.services import erase_details
from models_store import merkle
from models_store.key_rotation import rotate
from models_store.keys import Keyring, create_keyring
from tests.models_store.test_merkle import LEAVES, ROOTS

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "verify_audit.py"
_spec = importlib.util.spec_from_file_location("verify_audit", SCRIPT)
assert _spec
assert _spec.loader
script = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(script)
Check = Callable[..., tuple[int, str]]


def pem(keyring: Keyring) -> bytes:
    """The public log key."""
    return keyring.log.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def key(keyring: Keyring, tmp_path: Path) -> Path:
    """The public key, as an auditor got it on another way."""
    place = tmp_path / "key.pem"
    place.write_bytes(pem(keyring))
    return place


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """`check(lines, *words)`: exit code and output of the script over these lines."""

    def run(lines: list[Any] | bytes, *words: object) -> tuple[int, str]:
        place = tmp_path / "log.jsonl"
        made = lines if isinstance(lines, bytes) else b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        place.write_bytes(made)
        ended = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), str(place), *map(str, words)], capture_output=True, text=True
        )
        assert ended.stderr == ""  # no traceback, whatever came
        return ended.returncode, ended.stdout

    return run


def sign(keyring: Keyring) -> dict[str, Any]:
    """The head over everything."""
    sequencer.sequence()
    head = sequencer.sign_head(keyring)
    assert head is not None
    return head.as_dict()


def lines(keyring: Keyring, count: int = 7, details: bool = False) -> list[dict[str, Any]]:
    """An export of a fresh log of so many events."""
    events(count)
    sign(keyring)
    return [json.loads(line) for line in export(keyring, actor="root", details=details)]


def kept(place: Path, head: dict[str, Any]) -> Path:
    """A head that was kept elsewhere."""
    place.write_text(json.dumps(head, indent=1))
    return place


@pytest.mark.django_db
def test_an_export_of_the_service_is_verified(keyring: Keyring, key: Path, check: Check) -> None:
    code, said = check(lines(keyring), "--key", key)
    assert (code, said.splitlines()[-1]) == (0, "VERIFIED.")
    assert "All 7 leaves" in said
    assert keyring.log.key_id in said


@pytest.mark.django_db
def test_without_a_key_it_says_loudly_that_this_proves_less(keyring: Keyring, check: Check) -> None:
    code, said = check(lines(keyring))
    assert code == 0
    assert "WARNING" in said


@pytest.mark.django_db
def test_another_key_is_refused(keyring: Keyring, check: Check, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(pem(create_keyring(tmp_path / "other")))
    code, said = check(lines(keyring), "--key", tmp_path / "other.pem")
    assert code == 1
    assert "was not made by the key" in said


def changed(made: list[Any]) -> list[Any]:
    made[3]["leaf"] = made[3]["leaf"].replace("job.queued", "job.failed")
    return made


def without(made: list[Any]) -> list[Any]:
    return made[:3] + made[4:]


def without_and_renumbered(made: list[Any]) -> list[Any]:
    first, *leaves, last = without(made)
    return [first, *({**leaf, "index": index} for index, leaf in enumerate(leaves)), {**last, "count": 6}]


def swapped(made: list[Any]) -> list[Any]:
    made[3]["leaf"], made[4]["leaf"] = made[4]["leaf"], made[3]["leaf"]
    return made


def with_head(**facts: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda made: [{**made[0], "head": {**made[0]["head"], **facts}}, *made[1:]]


def with_first(**facts: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda made: [{**made[0], **facts}, *made[1:]]


def with_leaf(**facts: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda made: [*made[:2], {**made[2], **facts}, *made[3:]]


def raw(line: bytes) -> Callable[[list[Any]], bytes]:
    """The third line is replaced by these bytes."""
    return lambda made: b"".join(
        line + b"\n" if place == 2 else json.dumps(one).encode() + b"\n" for place, one in enumerate(made)
    )


TAMPERED: dict[str, tuple[Callable[[list[Any]], Any], str]] = {
    "a changed leaf": (changed, "do not give the root of the head"),
    "a dropped leaf": (without, "line 4: the leaf with index 2"),
    "a dropped leaf, renumbered": (without_and_renumbered, "line 8: the file has 6 leaves"),
    "two swapped leaves": (swapped, "do not give the root of the head"),
    "two swapped lines": (lambda made: [*made[:3], made[4], made[3], *made[5:]], "line 4: the leaf with index 2"),
    "a leaf twice": (lambda made: [*made[:3], made[2], *made[3:]], "line 4: the leaf with index 2"),
    "a leaf too many": (lambda made: [*made[:-1], {**made[1], "index": 7}, made[-1]], "line 9: there are more leaves"),
    "no last line": (lambda made: made[:-1], "The file is cut: after line 8"),
    "only the first line": (lambda made: made[:1], "The file is cut: after line 1"),
    "cut in a line": (lambda made: json.dumps(made[0]).encode() + b'\n{"index": 0, "le', "line 2 is no JSON"),
    "something after the end": (lambda made: [*made, made[1]], "line 10: something follows"),
    "a wrong count": (lambda made: [*made[:-1], {"end": True, "count": 8}], "line 9 should say that 7"),
    "a count that is true": (lambda made: [*made[:-1], {"end": True, "count": True}], "line 9: count should be"),
    "nothing": (lambda made: b"", "line 1 does not say"),
    "garbage": (lambda made: b"\x89PNG\r\n\x1a\n\xff" * 9, "line 1 is no UTF-8"),
    "an array": (lambda made: [[1]], "line 1 is no JSON object"),
    "another format": (with_first(format="x"), "line 1 does not say"),
    "another version": (with_first(version=2), "line 1 does not say"),
    "a version that is true": (with_first(version=True), "line 1 does not say"),
    "no head": (with_first(head=None), "line 1: head should be"),
    "an unknown field": (with_first(more=1), "line 1 has a field that is not known"),
    "a key that is none": (with_first(public_keys={"log-1": "x"}), "is no public key"),
    "keys that are none": (with_first(public_keys=[1]), "line 1: public_keys should be"),
    "a head of another root": (with_head(root="00" * 32), "its signature was not made"),
    "a head of another time": (with_head(at="2020-01-01T00:00:00+00:00"), "its signature was not made"),
    "a head of another size": (with_head(size=6), "its signature was not made"),
    "a size as text": (with_head(size="7"), "line 1, head: size should be"),
    "a size below zero": (with_head(size=-1), "line 1, head: size is below zero"),
    "a size beyond numbers": (with_head(size=10**400), "line 1 is no JSON that can be checked"),
    "a root that is too short": (with_head(root="00"), "line 1, head: root should be"),
    "a signature in capitals": (with_head(signature="AB" * 64), "line 1, head: signature should be"),
    "an index as text": (with_leaf(index="1"), "line 3: index should be"),
    "an index that is a fraction": (with_leaf(index=1.0), "line 3: index should be"),
    "no index": (lambda made: [*made[:2], {"leaf": "{}"}, *made[3:]], "line 3: index should be"),
    "a leaf that is a number": (with_leaf(leaf=5), "line 3: leaf should be"),
    "a leaf of half a character": (with_leaf(leaf="\ud800"), "line 3: its leaf is damaged"),
    "two leaves": (with_leaf(leaf_base64="AA=="), "line 3 has two leaves"),
    "unasked details": (with_leaf(detail={"x": 1}), "line 3 has a field that is not known"),
    "a control sequence": (with_leaf(index="\x1b[2J"), r"'\x1b[2J'"),
    "a name twice": (raw(b'{"index": 1, "index": 1, "leaf": "{}"}'), "a name stands twice"),
    "no number": (raw(b'{"index": NaN}'), "NaN is no number"),
    "an endless number": (raw(b'{"index": 1e999}'), "a number is too large"),
    "an empty line": (raw(b""), "line 3 is no JSON"),
    "a deep line": (raw(b"[" * 200_000), "line 3"),
    "a deep index": (raw(b'{"index": ' + b"[" * 900 + b"]" * 900 + b"}"), "line 3"),
    "a huge line": (raw(b" " * (17 << 20)), "line 3 is longer than"),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_refused_in_one_sentence_with_its_place(
    keyring: Keyring, key: Path, check: Check, what: str
) -> None:
    tamper, sentence = TAMPERED[what]
    code, said = check(tamper(lines(keyring)), "--key", key)
    assert code == 1
    assert said.splitlines()[-1].startswith("NOT VERIFIED: ")
    assert sentence in said


@pytest.mark.django_db
def test_wherever_one_byte_of_a_leaf_is_changed_it_is_refused(keyring: Keyring) -> None:
    whole = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines(keyring, details=True))
    chance, given = random.Random(7), {keyring.log.key_id: keyring.log.public}
    list(script.check(script.Export(io.BytesIO(whole)), given, [], True))
    for _ in range(600):
        place = chance.randrange(whole.index(b"\n"), len(whole) - 1)
        other = chance.choice([byte for byte in range(256) if byte != whole[place]])
        spoilt = whole[:place] + bytes([other]) + whole[place + 1 :]
        with pytest.raises(script.Refused):
            list(script.check(script.Export(io.BytesIO(spoilt)), given, [], True))


@pytest.mark.django_db
def test_a_leaf_in_base64_is_the_same_leaf(keyring: Keyring, key: Path, check: Check) -> None:
    made = lines(keyring)
    text = made[2].pop("leaf").encode()
    made[2]["leaf_base64"] = script.base64.b64encode(text).decode()
    assert check(made, "--key", key)[0] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_every_older_head_is_a_beginning(keyring: Keyring, key: Path, check: Check, tmp_path: Path, count: int) -> None:
    events(count)
    older = kept(tmp_path / "head.json", sign(keyring) | {"public_key": "as REST gives it"})
    code, said = check(lines(keyring, 3), "--key", key, "--older", older)
    assert code == 0
    assert f"begins with the {count} events" in said


@pytest.mark.django_db
def test_a_past_that_was_rewritten_and_signed_again_fails_against_an_older_head(
    keyring: Keyring, key: Path, check: Check, tmp_path: Path
) -> None:
    events(5)
    older = kept(tmp_path / "head.json", sign(keyring))
    row = AuditEvent.objects.get(index=2)
    AuditEvent.objects.filter(pk=row.pk).update(leaf=bytes(row.leaf).replace(b"job.queued", b"job.failed"))
    leaves = [bytes(leaf) for leaf in AuditEvent.objects.order_by("index").values_list("leaf", flat=True)]
    for (level, place), value in merkle.grow(lambda *_: b"", 0, map(merkle.leaf_hash, leaves)).items():
        TreeNode.objects.filter(level=level, index=place).update(hash=value)
    TreeHead.objects.all().delete()
    made = lines(keyring, 2)
    assert check(made, "--key", key)[0] == 0  # it fits itself: only what was kept elsewhere shows it
    code, said = check(made, "--key", key, "--older", older)
    assert code == 1
    assert "The past was rewritten" in said


@pytest.mark.django_db
def test_an_export_that_is_shorter_than_an_older_head_is_refused(
    keyring: Keyring, key: Path, check: Check, tmp_path: Path
) -> None:
    made = lines(keyring, 3)
    events(2)
    code, said = check(made, "--key", key, "--older", kept(tmp_path / "head.json", sign(keyring)))
    assert code == 1
    assert "events are missing" in said


@pytest.mark.django_db
def test_an_older_head_that_the_key_never_signed_is_refused(
    keyring: Keyring, key: Path, check: Check, tmp_path: Path
) -> None:
    made = lines(keyring)
    older = kept(tmp_path / "head.json", made[0]["head"] | {"signature": "00" * 64})
    code, said = check(made, "--key", key, "--older", older)
    assert code == 1
    assert "its signature was not made by the key" in said


@pytest.mark.django_db
def test_time_stamps_beside_an_older_head_are_not_claimed_to_be_checked(
    keyring: Keyring, key: Path, check: Check, tmp_path: Path
) -> None:
    made = lines(keyring)
    for stamp in (None, {"token": "00"}):
        older = kept(tmp_path / "head.json", made[0]["head"] | {"stamp": stamp, "stamped_head": None})
        code, said = check(made, "--key", key, "--older", older)
        assert (code, "time stamps" in said) == (0, stamp is not None)


@pytest.mark.django_db
def test_heads_of_an_earlier_key_are_checked_with_both_keys(check: Check, tmp_path: Path) -> None:
    old = create_keyring(tmp_path / "keys")
    events(2)
    older = kept(tmp_path / "head.json", sign(old))
    new = rotate(tmp_path / "keys", "log")
    for name, ring in (("old.pem", old), ("new.pem", new)):
        (tmp_path / name).write_bytes(pem(ring))
    made = lines(new, 3)
    said = check(made, "--key", tmp_path / "new.pem", "--key", tmp_path / "old.pem", "--older", older)
    assert said[0] == 0
    assert old.log.key_id in said[1]
    assert "was not checked" in check(made, "--key", tmp_path / "new.pem", "--older", older)[1]


@pytest.mark.django_db
def test_details_are_opened_and_an_erased_one_still_verifies(keyring: Keyring, key: Path, check: Check) -> None:
    event(detail={"float": 1e-7, "large": 1e21, "whole": 5.0, "text": "生成 \u2028 \x7f", "none": None, "𐀀": 1, "ﬀ": 2})
    erase_details([events(3)[1].pk], actor="root")
    made = lines(keyring, 2, details=True)
    code, said = check(made, "--key", key, "--details")
    assert code == 0
    assert "of 6 events are what their leaves commit to; those of 1 were erased" in said
    assert "were not checked" in check(made, "--key", key)[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "facts",
    [{"actor": "eve"}, {"detail": {}}, {"salt": "00" * 16}, {"salt": "00"}, {"salt": None}, {"erased": True}],
    ids=str,
)
def test_details_that_the_leaf_does_not_commit_to_are_refused(
    keyring: Keyring, key: Path, check: Check, facts: dict[str, Any]
) -> None:
    code, said = check(with_leaf(**facts)(lines(keyring, details=True)), "--key", key, "--details")
    assert code == 1
    assert "line 3" in said


@pytest.mark.django_db
def test_details_that_are_not_in_the_file_are_not_claimed_to_be_checked(
    keyring: Keyring, key: Path, check: Check
) -> None:
    assert check(lines(keyring), "--key", key, "--details")[0] == 1


@pytest.mark.parametrize("words", [("--key", "missing.pem"), ("--older", "missing.json")])
def test_a_file_that_is_not_there_is_named(check: Check, words: tuple[str, str]) -> None:
    code, said = check(b"", *words)
    assert code == 1
    assert f"{words[1]!r} cannot be read" in said


def test_it_reads_no_folder(check: Check, tmp_path: Path) -> None:
    code, said = check(b"", "--key", tmp_path)
    assert code == 1
    assert "cannot be read" in said


@pytest.mark.parametrize("size", range(9))
def test_its_tree_gives_the_known_roots(size: int) -> None:
    tree = script.Tree()
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    assert tree.root().hex() == ROOTS[size]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)  # fmt: skip


@given(json_values)
def test_its_canonical_form_is_that_of_an_independent_implementation(value: Any) -> None:
    assert script.canonical(value).encode() == rfc8785.dumps(value)


def test_it_imports_nothing_of_ours_and_is_written_for_python_3_9() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names - sys.stdlib_module_names == {"cryptography"}
