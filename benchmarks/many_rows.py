"""Very many rows at once, for pages that list them: one row is multiplied within the database.

`python -m benchmarks.many_rows RUNS` prints JSON, {page: [milliseconds, ...]}; KILNMARK_HOME names a prepared
home, which is filled. `fill` is what tests call, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.home import ROOT

if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.models import Project, User

OLD = "01a0000000007000"  # the first half of ids that are older than any of today, as those of version 7 begin
STATES = {
    ("train", "succeeded"): 0.10, ("train", "failed"): 0.05, ("train", "queued"): 0.04, ("train", "held"): 0.01,
    ("generate", "succeeded"): 0.35, ("generate", "errored"): 0.02, ("generate", "queued"): 0.10,
    ("generate", "paused"): 0.01, ("evaluate", "succeeded"): 0.10, ("evaluate", "cancelled"): 0.02,
    ("ingest", "succeeded"): 0.05, ("verify", "succeeded"): 0.15,
}  # fmt: skip
QUEUES = {"train": "train.cpu", "generate": "generate.cpu", "evaluate": "generate.cpu"}
PAGES = (
    "/", "/cards/often/", "/cards/seldom/", "/catalog/dataset/", "/catalog/modelversion/", "/jobs/job/",
    "/jobs/job/?state__exact=succeeded", "/jobs/job/?state__exact=failed", "/jobs/job/?state__exact=queued",
    "/jobs/job/?state__exact=held", "/jobs/job/?kind__exact=train", "/jobs/job/?kind__exact=evaluate",
    "/jobs/job/?state__exact=failed&kind__exact=train", "/jobs/job/?o=7", "/jobs/job/?o=-7", "/jobs/job/?p=20",
    "/jobs/queuepause/",
    "/jobs/digestmail/", "/jobs/window/", "/jobs/schedule/", "/lineage/artifact/", "/audit/auditevent/",
    "/audit/auditevent/?what=job.submitted", "/audit/auditevent/?what=policy.set", "/audit/auditevent/?who=sam",
    "/audit/auditevent/?kind=job", "/audit/hourlycount/", "/audit/reviewrequest/",
    "/audit/reviewrequest/?kind=artifact", "/audit/reviewrequest/past/", "/audit/reviewrequest/past/?decision=approve",
    "/audit/reviewrequest/past/?kind=job",    "/accounts/project/",
)  # fmt: skip
SEARCHES = ("/jobs/job/?q=many", "/jobs/job/?q=nothing-of-that-name")  # a word within a name: no index knows it


@dataclass(frozen=True)
class Amounts:
    """How many rows of each kind."""

    jobs: int = 100_000
    artifacts: int = 1_000_000
    events: int = 200_000
    reviews: int = 20_000
    models: int = 5_000

    def part(self, share: float) -> Amounts:
        """A part of each."""
        return Amounts(*(max(1, int(share * one)) for one in vars(self).values()))


def fill(project: Project, owner: User, amounts: Amounts, *, batch: int = 0) -> None:
    """The rows, in one project; `batch` (0 to 255) keeps ids apart where it is filled again."""
    from catalog.models import Dataset, Model, ModelVersion
    from config import clock
    from jobs.models import Job, State
    from lineage.models import Artifact

    now = clock.now()
    jobs = {"queue": "io", "seed": "7", "created_at": now, "project": project, "submitted_by": owner}
    done = 0
    for (kind, state), share in STATES.items():
        ended = {"started_at": now, "finished_at": now} if state not in (State.QUEUED, State.HELD, State.PAUSED) else {}
        row = Job(**jobs | {"queue": QUEUES.get(kind, "io")} | ended, kind=kind, state=state, name="one of many")
        count = max(1, round(share * amounts.jobs))
        multiply(row, count, id=ids(batch, 1, done), name=text("many"))
        done += count
    declared = {"source": "s", "licence": "CC0", "legal_basis": "consent", "modality": "image"}
    multiply(
        Dataset(project=project, created_by=owner, name="n", created_at=now, **declared), amounts.models,
        id=ids(batch, 2), name=text(f"data {batch}"),
    )  # fmt: skip
    models = Model(project=project, name=f"n {batch}")
    multiply(models, amounts.models, id=ids(batch, 3), name=text(f"model {batch}"))
    version = ModelVersion(model=models, number=1, created_by=owner, family="dcgan", modality="image", sha256="b" * 64)
    version.created_at = now
    multiply(version, amounts.models, id=ids(batch, 4), model_id=ids(batch, 3), stage=either("draft", "approved"))
    models.save()
    version.save()
    made = Job(**jobs, kind="generate", state=State.SUCCEEDED, name="made very many", started_at=now, finished_at=now)
    made.save()
    one = Artifact(
        job=made, project=project, model_version=version, sha256="", content_sha256="", media_type="image/png", size=1,
        seed="1", stage="approved", created_at=now, index=0,
    )  # fmt: skip
    multiply(one, amounts.artifacts, id=ids(batch, 5), index="i", sha256=text("sha"), seed="CAST(i AS TEXT)")
    _log(project, owner, amounts, batch)


def _log(project: Project, owner: User, amounts: Amounts, batch: int) -> None:
    from audit.models import AuditEvent, HourlyCount, Review, ReviewRequest
    from config import clock

    now, job = clock.now(), named(batch, 1)
    said = {"at": now, "subject_kind": "job", "subject_id": "j", "project_id": project.pk}
    event = AuditEvent(actor="worker", verb="job.queued", leaf=b"{}", **said)
    verbs = either("job.queued", "job.running", "job.succeeded", "job.submitted")
    multiply(
        event, amounts.events, id=ids(batch, 6), index=f"i + {(batch + 1) * 10_000_000}", verb=verbs, subject_id=job
    )
    count = HourlyCount(hour=now, actor="w", verb="artifact.read", subject_kind="artifact", subject_id="a", count=1)
    count.project_id = project.pk
    multiply(count, amounts.reviews, id=f"i + {(batch + 1) * 10_000_000}", subject_id=text(f"a{batch}"))
    review = Review(reviewer="rita", decision="approve", **said)
    multiply(review, amounts.reviews, id=ids(batch, 7), subject_id=job, decision=either("approve", "reject"))
    asked = {"asked_at": now, "project_id": project.pk, "subject_kind": "job", "subject_id": "j"}
    multiply(ReviewRequest(**asked), amounts.reviews, id=ids(batch, 8), subject_id=job)


def multiply(row: Model, count: int, **differ: str) -> None:
    """Write `count` rows like this one; `differ` are SQL expressions of `i`, which goes from 1 to `count`."""
    from django.db import connection

    columns, values, parameters = [], [], []
    for field in row._meta.concrete_fields:
        expression = differ.get(field.attname)
        if expression is None and field.primary_key and field.get_internal_type() == "BigAutoField":
            continue
        columns.append(connection.ops.quote_name(field.column))
        values.append(expression or "%s")
        if expression is None:
            parameters.append(field.get_db_prep_save(field.pre_save(row, add=True), connection))
    cast = [_typed(value, name, row) for name, value in zip(columns, values, strict=True)]
    query = (
        f"INSERT INTO {connection.ops.quote_name(row._meta.db_table)} ({', '.join(columns)}) "  # noqa: S608 - our own
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {int(count)}) "
        f"SELECT {', '.join(cast)} FROM n"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)


def _typed(value: str, column: str, row: Model) -> str:
    """PostgreSQL asks for the type of each parameter."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return value
    field = next(one for one in row._meta.concrete_fields if connection.ops.quote_name(one.column) == column)
    return f"CAST({value} AS {field.db_type(connection)})"


def ids(batch: int, kind: int, first: int = 0) -> str:
    """An expression for ids that grow with i: old ones of version 7, of some kind of row."""
    return _uuid(f"{OLD}8{batch % 256:02x}{kind:01x}", f"(i + {int(first)})")


def named(batch: int, kind: int) -> str:
    """The same ids as the log writes them: with dashes, as a text."""
    from django.db import connection

    number = "printf('%%012x', i)" if connection.vendor == "sqlite" else "lpad(to_hex(i), 12, '0')"
    return f"'{OLD[:8]}-{OLD[8:12]}-{OLD[12:]}-8{batch % 256:02x}{kind:01x}-' || {number}"


def _uuid(head: str, number: str) -> str:
    from django.db import connection

    if connection.vendor == "sqlite":
        return f"'{head}' || printf('%%012x', {number})"
    return f"CAST('{head}' || lpad(to_hex({number}), 12, '0') AS uuid)"


def text(head: str) -> str:
    """An expression for a text that differs from row to row."""
    return f"'{head} ' || i"


def either(*words: str) -> str:
    """An expression that takes each of some words in turn."""
    cases = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))
    return f"CASE i %% {len(words)} {cases} END"


def main(runs: int) -> Mapping[str, list[float]]:
    """Milliseconds of each page, for an operator or a member, whichever takes longer; the first look is not counted."""
    import django

    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection, transaction
    from django.test import Client

    from accounts.models import Membership, Project, User

    settings.ALLOWED_HOSTS.append("testserver")
    owner = User.objects.filter(is_superuser=True).order_by("pk").first()
    member = User.objects.create_user("member-of-many", is_staff=True)
    project = Project.objects.order_by("created_at").first()
    if owner is None or project is None:
        raise SystemExit("the home has no project yet: manage.py bootstrap")
    Membership.objects.create(project=project, user=member, role="reviewer")
    with transaction.atomic():
        fill(project, owner, Amounts())
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")
    found: dict[str, list[float]] = {}
    for page in (*PAGES, *SEARCHES):
        both = []
        for person in (owner, member):
            browser = Client()
            browser.force_login(person)
            both.append([_took(browser, page) for _ in range(runs + 1)][1:])
        found[page] = max(both, key=sum)
    return found


def _took(browser: Any, page: str) -> float:
    began = time.perf_counter()
    answer = browser.get(page)
    if answer.status_code not in (200, 204):
        raise SystemExit(f"{page} answered {answer.status_code}")
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
