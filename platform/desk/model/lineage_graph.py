"""From which data, by which trainings a model came, what was made with it and from it: nodes and edges, bounded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import DatasetVersion, ModelVersion
from desk.job.page import title
from desk.words.sentences import in_language
from jobs.models import Job, JobInput
from jobs.parents import ROLE as PARENT

SHOWN = 6  # of what is alike: jobs that used a model, models that were trained on from those of one generation
GENERATIONS = 3  # of models before it and after it; one query for each
COUNTED = 2000 + SHOWN  # beyond that nobody needs the exact number, and it would cost time
NEVER_COUNTED = ("estimate",)  # jobs that only ask what another would cost


@dataclass(frozen=True)
class Node:
    """One thing; `rank` places it: 0 is the model itself, lower came before it. Its edges lead to higher ranks."""

    key: str
    kind: str  # data, job, model, artifacts or more
    title: str
    word: str  # what it is, and how it stands
    link: str
    rank: int
    here: bool = False


@dataclass
class Graph:
    """Nodes by key, and edges (from, to) in the order in which they were found."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def add(self, node: Node, *, to: str = "", since: str = "") -> Node:
        """A node, with an edge `to` another or `since` one. What is there already moves to where it is needed first."""
        known = self.nodes.get(node.key)
        if known is None or node.rank < known.rank:
            self.nodes[node.key] = node
        for edge in ((node.key, to), (since, node.key)):
            if all(edge) and edge not in self.edges:
                self.edges.append(edge)
        return self.nodes[node.key]

    def before(self) -> list[Node]:
        """What it came from, nearest first."""
        return sorted((node for node in self.nodes.values() if node.rank < 0), key=lambda node: -node.rank)

    def after(self) -> list[Node]:
        """What came of it, nearest first."""
        return sorted((node for node in self.nodes.values() if node.rank > 0), key=lambda node: node.rank)


def lineage_of(version: ModelVersion) -> Graph:
    """What is known of a version in both directions; at most 2 queries and one for each generation."""
    graph = Graph()
    graph.add(_model(version, 0, here=True))
    if version.job:
        _upward(graph, [(version.job, _key(version), -1)])
    _uses(graph, version)
    _downward(graph, version)
    return graph


def _upward(graph: Graph, trainings: list[tuple[Job, str, int]]) -> None:
    """`trainings` with what each made and its rank; then what they learned from, and those before them."""
    for generation in range(GENERATIONS + 1):
        for job, made, rank in trainings:
            graph.add(_job(job, rank), to=made)
        if not trainings or generation == GENERATIONS:
            return
        ranks = {job.pk: rank for job, _made, rank in trainings}
        trainings = []
        for row in _inputs(ranks):
            rank, of = ranks[row.job_id] - 1, f"job {row.job_id}"
            if row.dataset_version:
                graph.add(_data(row.dataset_version, rank), to=of)
            if parent := row.model_version:
                graph.add(_model(parent, rank), to=of)
                trainings += [(parent.job, _key(parent), rank - 1)] if parent.job else []


def _inputs(jobs: Collection[UUID]) -> list[JobInput]:
    related = ("dataset_version__dataset", "model_version__model", "model_version__job")
    return list(JobInput.objects.filter(job__in=list(jobs)).select_related(*related).order_by("pk"))


def _uses(graph: Graph, version: ModelVersion) -> None:
    """The newest jobs that worked with it, with what they made."""
    rows = uses_of(version)
    newest = list(rows.select_related("job").order_by("-pk")[: SHOWN + 1])
    for row in newest[:SHOWN]:
        job = graph.add(_job(row.job, 1), since=_key(version))
        if made := row.job.result.get("count") if row.job.kind == "generate" else None:
            graph.add(_artifacts(row.job, made), since=job.key)
    if len(newest) > SHOWN:
        place = reverse("admin:catalog_modelversion_uses", args=[version.pk])
        graph.add(_more("jobs", rows, 1, place), since=_key(version))


def uses_of(version: ModelVersion) -> QuerySet[JobInput]:
    """The inputs of the jobs that worked with a version, other than trainings that went on from it."""
    rows = JobInput.objects.filter(model_version=version).exclude(role__startswith=PARENT)
    return rows.exclude(job__kind__in=NEVER_COUNTED)


def _downward(graph: Graph, version: ModelVersion) -> None:
    """The newest models that were trained on from it, and from those."""
    above, seen = [version], {version.pk}
    for generation in range(GENERATIONS):
        rows = JobInput.objects.filter(role__startswith=PARENT, model_version__in=[one.pk for one in above])
        rows = rows.exclude(job__model_version=None).exclude(job__model_version__in=seen)
        newest = list(rows.select_related("job__model_version__model").order_by("-pk")[: SHOWN + 1])
        for row in newest[:SHOWN]:
            child = row.job.model_version
            job = graph.add(_job(row.job, 2 * generation + 1), since=f"model {row.model_version_id}")
            graph.add(_model(child, 2 * generation + 2), since=job.key)
        if len(newest) > SHOWN:
            place = reverse("admin:catalog_modelversion_uses", args=[version.pk]) + "?trained=1"
            graph.add(_more(f"models {generation}", rows, 2 * generation + 1, place), since=_key(above[0]))
        above = list({row.job.model_version.pk: row.job.model_version for row in newest[:SHOWN]}.values())
        seen |= {one.pk for one in above}
        if not above:
            return


def _key(version: ModelVersion) -> str:
    return f"model {version.pk}"


def _model(version: ModelVersion, rank: int, *, here: bool = False) -> Node:
    said = _("Model") + " · " + str(version.get_stage_display())
    link = reverse("admin:catalog_modelversion_change", args=[version.pk])
    return Node(_key(version), "model", str(version), said, link, rank, here)


def _data(version: DatasetVersion, rank: int) -> Node:
    items = sum(version.counts.values()) if version.counts else 0
    said = ngettext("%(count)s item", "%(count)s items", items) % {"count": f"{items:,}"}
    link = reverse("admin:catalog_datasetversion_change", args=[version.pk])
    return Node(f"data {version.pk}", "data", str(version), f"{_('Data')} · {said}", link, rank)


def _job(job: Job, rank: int) -> Node:
    word = _("Training") if job.kind == "train" else capfirst(in_language(job.kind))
    said = f"{word} · {job.get_state_display()}"
    return Node(f"job {job.pk}", "job", title(job), said, reverse("admin:jobs_job_change", args=[job.pk]), rank)


def _artifacts(job: Job, count: int) -> Node:
    said = ngettext("%(count)s artifact", "%(count)s artifacts", count) % {"count": f"{count:,}"}
    link = reverse("admin:lineage_artifact_changelist") + f"?job={job.pk}"
    return Node(f"artifacts {job.pk}", "artifacts", said, _("Artifacts"), link, 2)


def _more(what: str, rows: QuerySet[JobInput], rank: int, link: str) -> Node:
    count = rows.order_by()[:COUNTED].count()
    words = _("and more than %(count)s others") if count == COUNTED else _("and %(count)s more")
    said = words % {"count": f"{count - SHOWN:,}"}
    return Node(f"more {what}", "more", said, _("Jobs") if what == "jobs" else _("Trainings"), link, rank)


def ordered(graph: Graph) -> list[Sequence[Node]]:
    """The ranks from left to right; in each the nodes near those that they are joined to (Sugiyama et al. 1981)."""
    ranks: dict[int, list[Node]] = {}
    for node in graph.nodes.values():
        ranks.setdefault(node.rank, []).append(node)
    columns = [ranks[rank] for rank in sorted(ranks)]
    for sweep in (columns, columns[::-1], columns):
        for column in sweep:
            places = {node.key: at - len(one) / 2 for one in columns for at, node in enumerate(one)}
            column.sort(key=lambda node: (node.kind == "more", _middle(graph, node, places)))
    return columns  # type: ignore[return-value]


def _middle(graph: Graph, node: Node, places: dict[str, float]) -> float:
    near = [places[other] for one, other in graph.edges if one == node.key]
    near += [places[one] for one, other in graph.edges if other == node.key]
    return sum(near) / len(near) if near else 0.0
