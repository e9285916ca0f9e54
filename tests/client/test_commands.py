"""The command line against a real web process: what it does, prints and answers with."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from kilnmark.__main__ import app
from kilnmark.commands import exits
from kilnmark.commands.exits import Exit
from kilnmark.errors import Unreachable
from typer.main import get_command
from typer.testing import CliRunner, Result

from accounts.models import ApiToken, Project, User
from accounts.services import issue_token
from audit.models import AuditEvent
from catalog.models import Dataset, ModelVersion
from jobs.models import Job, State
from tests import builders
from tests.served import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
Run = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(web: Web) -> Run:
    """`run("jobs", "list", by=user)`: a command, with a token of the user where one is named."""

    def ask(*words: object, by: User | None = None, said: str | None = None) -> Result:
        env = {"KILNMARK_URL": web.url, "KILNMARK_TOKEN": issue_token(by)[1]} if by else {}
        return CliRunner().invoke(app, [str(word) for word in words], env=env, input=said)

    return ask


def documents(ended: Result) -> list[Any]:
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_a_login_keeps_a_token_for_its_owner_alone_and_the_password_nowhere(
    run: Run, web: Web, submitter: User, project: Project, tmp_path: Path
) -> None:
    ended = run("login", web.url, "--user", "sam", "--password-stdin", said="pass-of-sam\n")
    assert (ended.exit_code, "studio (submitter)" in ended.stdout) == (0, True)
    place = tmp_path / "config/kilnmark/config.toml"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert "pass-of-sam" not in place.read_text()
    assert run("jobs", "list").exit_code == 0


def test_a_wrong_password_is_11_and_nothing_is_kept(run: Run, web: Web, submitter: User, tmp_path: Path) -> None:
    ended = run("login", web.url, "--user", "sam", "--password-stdin", said="wrong\n")
    assert (ended.exit_code, ended.stdout) == (Exit.NOT_LOGGED_IN, "")
    assert not (tmp_path / "config/kilnmark/config.toml").exists()


def test_a_logout_takes_the_token_back(run: Run, web: Web, submitter: User, project: Project) -> None:
    token, secret = issue_token(submitter)
    assert run("login", web.url, "--token", said=secret + "\n").exit_code == 0
    assert run("logout").exit_code == 0
    assert ApiToken.objects.get(pk=token.pk).revoked_at is not None
    assert run("jobs", "list").exit_code == Exit.USAGE


def test_without_a_login_it_says_how_to_get_one(run: Run) -> None:
    ended = run("jobs", "list")
    assert (ended.exit_code, "kilnmark login" in ended.stderr, ended.stdout) == (Exit.USAGE, True, "")


def test_jobs_are_listed_one_a_line_for_other_programs(run: Run, submitter: User, project: Project) -> None:
    here = builders.job(project, submitter, name="tab\there")
    builders.job(project, submitter, kind="generate")
    ended = run("jobs", "list", "--kind", "train", by=submitter)
    (line,) = ended.stdout.splitlines()
    assert line.split("\t")[:4] == [str(here.pk), "train", "queued", "tab here"]


def test_json_is_what_rest_answers(run: Run, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter)
    (listed,) = documents(run("jobs", "list", "--json", by=submitter))
    shown = json.loads(run("jobs", "show", job.pk, "--json", by=submitter).stdout)
    assert listed["id"] == shown["id"] == str(job.pk)
    assert set(listed) == set(shown)


def test_an_error_is_one_sentence_with_its_request_on_standard_error(run: Run, submitter: User) -> None:
    ended = run("jobs", "show", "01a204d3-9839-7068-8f93-91d720d42cc0", by=submitter)
    assert (ended.exit_code, ended.stdout) == (Exit.NOT_FOUND, "")
    assert re.fullmatch(r"error: 404 not_found: .*request [0-9a-f-]{36}\)\n", ended.stderr)


@pytest.mark.parametrize(
    ("verb", "before", "after"), [("cancel", State.QUEUED, State.CANCELLED), ("resume", State.PAUSED, State.QUEUED)]
)
def test_a_verb_steers_the_job(
    run: Run, submitter: User, project: Project, verb: str, before: State, after: State
) -> None:
    job = builders.job(project, submitter, state=before)
    ended = run("jobs", verb, job.pk, by=submitter)
    job.refresh_from_db()
    assert (ended.exit_code, job.state) == (0, after)
    assert ended.stdout.split("\t")[:2] == [str(job.pk), after.value]


def test_a_training_is_submitted_as_it_was_said(run: Run, submitter: User, project: Project) -> None:
    builders.dataset_version(project, submitter)
    words = (
        "train",
        "digits",
        "--family",
        "dcgan",
        "--set",
        "steps=7",
        "--name",
        "mine",
        "--then",
        "generate=3",
        "--seed",
        "5",
    )
    ended = run(*words, "--json", by=submitter)
    assert ended.exit_code == 0, ended.stderr
    job = Job.objects.get(pk=json.loads(ended.stdout)["id"])
    assert (job.kind, job.params["steps"], job.name, str(job.seed)) == ("train", 7, "mine", "5")
    assert [row.job.kind for row in job.followed_by.all()] == ["generate"]


def test_a_job_of_any_kind_is_submitted_with_its_inputs(run: Run, submitter: User, project: Project) -> None:
    version = builders.dataset_version(project, submitter)
    words = ("submit", "train", "--family", "dcgan", "--input", "data=latest:digits", "--set", "steps=7")
    ended = run(*words, "--name", "mine", "--json", by=submitter)
    assert ended.exit_code == 0, ended.stderr
    job = Job.objects.get(pk=json.loads(ended.stdout)["id"])
    assert (job.kind, job.params["steps"], job.name) == ("train", 7, "mine")
    assert job.inputs.get(role="data").dataset_version == version


def test_what_is_no_kind_is_refused_with_those_there_are(run: Run, submitter: User, project: Project) -> None:
    ended = run("submit", "knit", "--input", "data=latest:digits", by=submitter)
    assert (ended.exit_code, "unknown_kind" in ended.stderr, "'train'" in ended.stderr) == (Exit.REFUSED, True, True)


@pytest.mark.parametrize("words", [("jobs", "show"), ("watch",)])
def test_why_a_job_failed_is_said_with_what_was_expected(
    run: Run, submitter: User, project: Project, words: tuple[str, ...]
) -> None:
    facts = {"field": "params.freeze", "expected": ["encoder/mean.bias"], "got": "nothing"}
    job = builders.job(project, submitter, state=State.FAILED, error_code="no_match", error_facts=facts)
    ended = run(*words, job.pk, by=submitter)
    said = "(no_match; field params.freeze; expected ['encoder/mean.bias']; got nothing)"
    assert said in ended.stdout + ended.stderr


def test_figures_are_told_with_their_intervals(run: Run, submitter: User, project: Project) -> None:
    figures = {"fid": {"value": 12.345678, "low": 10, "high": 14.5, "n": 64}, "items": {"value": 64, "low": None}}
    job = builders.job(project, submitter, "evaluate", state=State.SUCCEEDED, result={"metrics": figures})
    ended = run("watch", job.pk, by=submitter)
    assert ended.stdout.splitlines()[-2:] == ["fid\t12.35 (10 to 14.5)", "items\t64"]


def test_the_same_key_is_the_same_job(run: Run, submitter: User, project: Project) -> None:
    builders.dataset_version(project, submitter)
    ids = {run("train", "digits", "--family", "dcgan", "--key", "once", by=submitter).stdout for _ in range(2)}
    assert len(ids) == 1
    assert Job.objects.filter(kind="train").count() == 1


@pytest.mark.parametrize(
    "words",
    [
        ("train", "digits", "--family", "dcgan", "--set", "steps"),
        ("train", "digits", "--family", "dcgan", "--set", "a=1", "--set", "a=2"),
        ("train", "digits", "--family", "dcgan", "--then", "generate=many"),
        ("submit", "evaluate", "--input", "digits-dcgan@1"),
        ("submit", "evaluate", "--input", "model=a@1", "--input", "model=b@1"),
        ("up",),
        ("up", "--builtin", "digits", "--source", "here", "--licence", "CC0"),
        ("approve", "digits"),
        ("verify", "a.png", "--offline"),
        ("verify", "a.png", "--trust", "b.json"),
        ("models", "show", "../../etc@1"),
    ],
)
def test_wrong_usage_is_2_and_asks_nothing(run: Run, submitter: User, words: tuple[str, ...]) -> None:
    ended = run(*words, by=submitter)
    assert (ended.exit_code, ended.stdout) == (Exit.USAGE, "")
    assert "Traceback" not in ended.stderr
    assert not Job.objects.exists()
    assert not Dataset.objects.exists()


def test_data_are_declared_and_brought(run: Run, submitter: User, project: Project, tmp_path: Path) -> None:
    place = tmp_path / "picture.png"
    place.write_bytes(builders.png())
    words = (
        "--source",
        "ours",
        "--licence",
        "CC0",
        "--legal-basis",
        "ours",
        "--no-personal-data",
        "--no-wait",
        "--json",
    )
    ended = run("up", place, "--name", "mine", "--modality", "image", *words, "--option", "size=16", by=submitter)
    assert ended.exit_code == 0, ended.stderr
    said = json.loads(ended.stdout)
    dataset = Dataset.objects.get(name="mine")
    assert said["dataset"]["id"] == str(dataset.pk)
    assert said["dataset"]["declaration"]["contains_personal_data"] is False
    assert Job.objects.get(kind="ingest").params["size"] == 16


def test_a_second_person_approves_and_the_first_may_not(
    run: Run, submitter: User, reviewer: User, project: Project
) -> None:
    version = builders.model_version(project, submitter)
    refused = run("approve", "digits-dcgan@1", by=submitter)
    assert refused.exit_code == Exit.NOT_ALLOWED
    assert run("approve", "digits-dcgan@1", "--comment", "looked", by=reviewer).exit_code == 0
    assert ModelVersion.objects.get(pk=version.pk).stage == "approved"


def test_artifacts_are_fetched_and_a_file_in_the_way_stays(
    run: Run, submitter: User, project: Project, tmp_path: Path
) -> None:
    artifacts = builders.generated(project, submitter, 2)
    words = ("download", "artifacts", artifacts[0].job_id, "--to", tmp_path / "there")
    first = run(*words, "--json", by=submitter)
    assert {one["sha256"] for one in documents(first)} == {one.sha256 for one in artifacts}
    assert all(Path(one["path"]).is_file() for one in documents(first))
    (tmp_path / "mine").write_text("mine")
    ended = run("download", "artifact", artifacts[0].pk, "--to", tmp_path / "mine", by=submitter)
    assert (ended.exit_code, (tmp_path / "mine").read_text()) == (Exit.FAILED, "mine")


@pytest.fixture
def auditor(db: None) -> User:
    """May take the whole log away."""
    return builders.person("aud", platform_role="auditor")


def test_the_whole_log_is_checked_and_has_to_go_on_from_last_time(
    run: Run, auditor: User, submitter: User, project: Project, tmp_path: Path
) -> None:
    words = ("audit", "check", "--keep", tmp_path / "kept", "--json")
    builders.generated(project, submitter)
    first = json.loads(run(*words, by=auditor).stdout)
    builders.generated(project, submitter)
    second = run(*words, by=auditor)
    said = json.loads(second.stdout)
    assert (second.exit_code, first["key_taken_on_first_use"], said["key_taken_on_first_use"]) == (0, True, False)
    assert any(f"begins with the {first['head']['size']} events" in one for one in said["sentences"])


def test_a_log_whose_past_was_changed_is_30(
    run: Run, auditor: User, submitter: User, project: Project, tmp_path: Path
) -> None:
    builders.generated(project, submitter)
    event = AuditEvent.objects.get(index=0)
    AuditEvent.objects.filter(pk=event.pk).update(leaf=bytes(event.leaf) + b" ")
    ended = run("audit", "check", "--keep", tmp_path / "kept", by=auditor)
    assert (ended.exit_code, "NOT VERIFIED" in ended.stdout) == (Exit.LOG_BROKEN, True)
    assert not (tmp_path / "kept").exists()


def test_a_key_that_is_not_the_first_one_is_not_believed(
    run: Run, auditor: User, submitter: User, project: Project, tmp_path: Path
) -> None:
    builders.generated(project, submitter)
    other = tmp_path / "other.pem"
    other.write_bytes(
        Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    ended = run("audit", "check", "--key", other, "--keep", tmp_path / "kept", by=auditor)
    assert ended.exit_code == Exit.LOG_BROKEN


def leaves(command: Any, path: str = "kilnmark") -> dict[str, Any]:
    if not hasattr(command, "commands"):
        return {path: command}
    return {name: leaf for key, one in command.commands.items() for name, leaf in leaves(one, f"{path} {key}").items()}


COMMANDS = leaves(get_command(app))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_speaks_json_and_says_what_it_does(name: str) -> None:
    command = COMMANDS[name]
    assert any("--json" in option.opts for option in command.params)
    assert command.help


def test_the_exit_codes_are_documented() -> None:
    text = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \| (.*) \|$", text, re.MULTILINE) == [
        (str(code.value), means) for code, means in exits.MEANS.items()
    ]
    assert set(exits.MEANS) == set(Exit)


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    assert not [
        name for name in COMMANDS if f"`{name.split()[-1]}" not in text and name.removeprefix("kilnmark ") not in text
    ]


def test_every_error_of_the_library_has_its_code() -> None:
    from kilnmark import errors

    kinds = {
        status: exits.code_of(errors.refused(status, {}))
        for status in (400, 401, 403, 404, 409, 412, 422, 429, 500, 503)
    }
    assert kinds == {
        400: Exit.REFUSED, 401: Exit.NOT_LOGGED_IN, 403: Exit.NOT_ALLOWED, 404: Exit.NOT_FOUND, 409: Exit.CONFLICT,
        412: Exit.CONFLICT, 422: Exit.REFUSED, 429: Exit.REFUSED, 500: Exit.FAULT, 503: Exit.UNREACHABLE,
    }  # fmt: skip
    assert exits.code_of(errors.Unreachable("")) == Exit.UNREACHABLE


def test_the_shell_completes_ids_of_jobs_and_says_nothing_where_it_cannot(
    web: Web, submitter: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kilnmark.commands import completion

    job = builders.job(project, submitter)
    assert completion.jobs(str(job.pk)[:4]) == []
    monkeypatch.setenv("KILNMARK_URL", web.url)
    monkeypatch.setenv("KILNMARK_TOKEN", issue_token(submitter)[1])
    assert [one for one, _ in completion.jobs(str(job.pk)[:4])] == [str(job.pk)]


def test_a_login_in_clear_is_warned_of_before_the_password_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    from kilnmark.commands import login

    def refuse(*said: object) -> None:
        raise Unreachable("nobody there")

    monkeypatch.setattr(login, "client_for", refuse)
    words = ["login", "http://kiln.example", "--user", "sam", "--password-stdin"]
    ended = CliRunner().invoke(app, words, input="secret\n")
    assert (ended.exit_code, "kiln.example unencrypted" in ended.stderr) == (Exit.UNREACHABLE, True)


def test_the_log_is_checked_by_the_file_that_auditors_can_read() -> None:
    ours, theirs = ROOT / "client/kilnmark/verify_audit.py", ROOT / "docs/verify_audit.py"
    assert ours.read_bytes() == theirs.read_bytes()


def test_a_name_from_afar_cannot_steer_the_terminal(run: Run, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter, name="\x1b[31mred\nnext")
    for words in (("list",), ("show", job.pk), ("cancel", job.pk)):
        ended = run("jobs", *words, by=submitter)
        assert "\x1b" not in ended.stdout + ended.stderr
        assert "\nnext" not in ended.stdout


def test_a_file_in_the_way_of_an_archive_is_said_before_anything_is_asked(
    run: Run, submitter: User, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "mine.zip").write_text("mine")
    ended = run("generate", builders.model_version(project, submitter).pk, "--to", tmp_path / "mine.zip", by=submitter)
    assert (ended.exit_code, "--overwrite" in ended.stderr) == (Exit.FAILED, True)
    assert not Job.objects.filter(kind="generate").exists()
