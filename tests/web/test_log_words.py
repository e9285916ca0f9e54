"""The log in words: every verb and kind has a title, subjects have names, lists can be taken away, heads compared."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils.translation import override

from accounts.models import User
from audit.models import AuditEvent, TreeHead
from audit.services import append
from catalog import data_reviews, stages
from jobs import holds, sweep
from jobs.models import State
from lineage import flags
from tests import builders
from tests.web.story import Story

BrowserOf = Callable[..., Client]
ROOT = Path(__file__).resolve().parents[2]
LOG = "/audit/auditevent/"
FILES = {"json", "jsonl", "zip"}  # names of files look like verbs
SHAPE = re.compile(r"[a-z_]+\.[a-z_]+")
MADE = {  # verbs that are put together: how they begin, and how they end
    "model_version.": [to for to, _from in stages.MOVES.values()],
    "dataset_version.": data_reviews.DECISIONS.values(),
    "artifact.": [*flags.DECISIONS.values(), "credential_read", "label_read"],
    "job.": [*State.values, *holds.OF_JOBS.values(), "pause_asked"],
}


def _trees() -> Iterator[ast.AST]:
    for folder in ("platform", "workers/tasks"):
        for file in (ROOT / folder).rglob("*.py"):
            if not {"migrations", "desk", "bodies", "events.py"} & set(file.parts):
                yield ast.parse(file.read_text())


def written_verbs() -> set[str]:
    """Whatever code says that looks like a verb and begins as some verb does, and verbs that are put together."""
    shaped: set[str] = set()
    nouns: set[str] = set()
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SHAPE.fullmatch(node.value):
                shaped.add(node.value)
            if isinstance(node, ast.keyword) and node.arg == "verb" and isinstance(node.value, ast.Constant):
                nouns.add(node.value.value.partition(".")[0])
    nouns |= {begin[:-1] for begin in MADE} | {"policy", "window", "schedule", "alias", "legal_hold", "uploads"}
    found = {one for one in shaped if one.partition(".")[0] in nouns and one.partition(".")[2] not in FILES}
    return found | {f"{begin}{end}" for begin, ends in MADE.items() for end in ends}


def test_verbs_are_found_in_the_code() -> None:
    assert {"job.submitted", "policy.set", "queue.paused", "artifact.read"} <= written_verbs()


@pytest.mark.django_db
def test_every_verb_that_the_platform_writes_has_a_title_in_both_languages() -> None:
    from desk.words.verbs import verb_title

    with override("en"):
        untold = {verb for verb in written_verbs() if verb_title(verb) == verb}
    assert untold == set()
    with override("zh-hans"):
        assert {verb for verb in written_verbs() if not re.search("[\u4e00-\u9fff]", verb_title(verb))} == set()


def test_every_kind_of_subject_has_a_title_in_both_languages() -> None:
    from desk.words.verbs import subject_title

    kinds = set()
    for tree in _trees():
        for word in (word for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords):
            if word.arg == "subject" and isinstance(word.value, ast.Tuple):
                first = word.value.elts[0]
                kinds |= {first.value} if isinstance(first, ast.Constant) else set()
    assert "job" in kinds
    with override("zh-hans"):
        assert {kind for kind in kinds if not re.search("[\u4e00-\u9fff]", subject_title(kind))} == set()


@pytest.fixture
def root(db: None, browser_of: BrowserOf) -> Client:
    """Whoever sees all of the log."""
    return browser_of(builders.person("root", is_staff=True, is_superuser=True))


@pytest.fixture
def moved(told: Story) -> Story:
    """An event that speaks of a job, by a person whose name a spreadsheet would compute."""
    with transaction.atomic():
        subject = ("job", str(told.training.pk))
        append(actor="=1+1", verb="job.moved", subject=subject, project=told.training.project_id)
    return told


@pytest.mark.django_db
def test_the_log_says_what_happened_to_what_by_its_name(moved: Story, root: Client) -> None:
    page = root.get(f"{LOG}?what=job.moved").content.decode()
    assert "job moved in the line" in page
    assert f'href="/jobs/job/{moved.training.pk}/change/"' in page
    assert ">digits overnight</a>" in page


@pytest.mark.django_db
def test_the_name_of_what_one_may_not_see_is_not_told(
    moved: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    stranger = people["stranger"]
    with transaction.atomic():
        append(actor=stranger.username, verb="job.moved", subject=("job", str(moved.training.pk)))
    page = browser_of(stranger).get(LOG).content.decode()
    assert str(moved.training.pk) in page
    assert "digits overnight" not in page


def taken(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


@pytest.mark.django_db
def test_a_list_is_taken_away_as_csv_that_no_spreadsheet_computes(moved: Story, root: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(taken(root, f"{LOG}take/csv/?what=job.moved"))))
    assert [(row["who"], row["what"], row["subject"]) for row in rows] == [
        ("'=1+1", "job.moved", str(moved.training.pk))
    ]


@pytest.mark.django_db
def test_a_list_is_taken_away_as_json_lines_newest_first_and_each_once(
    moved: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    owner = people["owner"]
    with transaction.atomic():
        for _ in range(5):  # seen in two ways: of the own project, and one's own doing
            append(actor="owner", verb="job.moved", subject=("job", "x"), project=moved.training.project_id)
    lines = [json.loads(line) for line in taken(browser_of(owner), f"{LOG}take/jsonl/").splitlines()]
    events = [line["event"] for line in lines]
    assert len(set(events)) == len(events) > 5
    assert events == sorted(events, reverse=True)


@pytest.mark.django_db
def test_a_file_holds_no_more_rows_than_its_bound(moved: Story, root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.log.take.LONGEST", 1)
    assert len(taken(root, f"{LOG}take/jsonl/").splitlines()) == 1


@pytest.mark.django_db
def test_that_a_list_was_taken_stands_in_the_log(moved: Story, root: Client) -> None:
    taken(root, f"{LOG}take/csv/?who=sam")
    event = AuditEvent.objects.get(verb="audit.list_exported")
    assert event.actor == "root"
    assert event.detail.detail == {"form": "csv", "filter": {"who": "sam"}}


@pytest.mark.django_db
def test_a_stranger_takes_nothing_of_others_away(moved: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    said = taken(browser_of(people["stranger"]), f"{LOG}take/jsonl/?what=job.moved")
    assert said == ""


@pytest.mark.django_db
def test_two_heads_are_compared(moved: Story, root: Client) -> None:
    sweep.sequence(asked=True)
    newer, older = TreeHead.objects.first(), TreeHead.objects.last()
    context = root.get(f"{LOG}heads/?older={older.size}&newer={newer.size}").context
    assert context["compared"]["older"]["root"] == older.root
    assert newer.size > older.size


@pytest.mark.django_db
def test_a_head_that_was_kept_and_is_not_of_this_log_is_found_out(moved: Story, root: Client) -> None:
    sweep.sequence(asked=True)
    newer, older = TreeHead.objects.first(), TreeHead.objects.last()
    forged = json.dumps(older.as_dict() | {"root": "0" * 64})
    answer = root.get(f"{LOG}heads/", {"kept": forged, "newer": newer.size})
    assert "The newer tree does not begin with the older one" in answer.content.decode()
    assert "compared" not in answer.context


@pytest.mark.django_db
@pytest.mark.parametrize("kept", ["no JSON", "[]", '{"size": 1}', '{"size": "x", "root": 1}'])
def test_what_is_no_head_is_said_beside_the_field_and_kept(kept: str, moved: Story, root: Client) -> None:
    answer = root.get(f"{LOG}heads/", {"kept": kept, "newer": 1})
    assert answer.context["field"] == "kept"
    assert "This is no signed head." in answer.content.decode()
    assert answer.context["asked"]["kept"] == kept
