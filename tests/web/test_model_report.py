"""The page of a model as a report, its lineage, its history, decisions that cannot be undone, and the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from catalog import aliases
from catalog.models import ModelVersion, Stage
from desk.model.lineage_drawing import drawings
from desk.model.lineage_graph import SHOWN, Graph, lineage_of
from desk.model.speed import speeds
from jobs.holds import decide_model
from jobs.models import Job, JobInput, State
from tests import builders
from tests.web import story
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]


def place(version: ModelVersion, what: str = "change") -> str:
    return f"/catalog/modelversion/{version.pk}/{what}/"


def used(version: ModelVersion, who: User, kind: str = "generate", role: str = "model", **facts: Any) -> Job:
    """A job that worked with it."""
    said = {"state": State.SUCCEEDED, "queue": "generate.cpu"} | facts
    job = builders.job(version.model.project, who, kind, **said)
    JobInput.objects.create(job=job, role=role, model_version=version)
    return job


def trained_from(parent: ModelVersion, who: User, name: str) -> ModelVersion:
    """A model that went on from another."""
    job = used(parent, who, "train", "parent")
    return builders.model_version(parent.model.project, who, name, job=job)


def joined(graph: Graph) -> set[tuple[str, str]]:
    """The edges by the titles of their nodes."""
    return {(graph.nodes[one].title, graph.nodes[other].title) for one, other in graph.edges}


def test_the_graph_leads_from_the_data_to_the_artifacts(told: Story, submitter: User) -> None:
    used(told.model, submitter, name="wall", result={"count": 16})
    assert joined(lineage_of(told.model)) == {
        ("digits v1", "digits overnight"),
        ("digits overnight", "chest-dcgan v1"),
        ("chest-dcgan v1", "wall"),
        ("wall", "16 artifacts"),
    }


def test_the_graph_has_the_models_before_and_after_with_their_data(told: Story, submitter: User) -> None:
    child = trained_from(told.model, submitter, "child")
    trained_from(child, submitter, "grandchild")
    graph = lineage_of(child)
    assert {node.title for node in graph.before()} >= {"chest-dcgan v1", "digits v1", "digits overnight"}
    assert {node.title for node in graph.after()} >= {"grandchild v1"}
    assert [node.title for node in graph.nodes.values() if node.here] == ["child v1"]


def test_edges_lead_to_higher_ranks_also_where_data_are_used_twice(told: Story, submitter: User) -> None:
    child = trained_from(told.model, submitter, "child")
    JobInput.objects.create(job=child.job, role="data", dataset_version=told.data)
    graph = lineage_of(child)
    assert all(graph.nodes[one].rank < graph.nodes[other].rank for one, other in graph.edges)


def test_many_jobs_are_one_node_that_leads_to_all_of_them(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    for _ in range(SHOWN + 3):
        used(told.model, submitter)
    graph = lineage_of(told.model)
    more = next(node for node in graph.nodes.values() if node.kind == "more")
    assert more.title == "and 3 more"
    assert len([node for node in graph.nodes.values() if node.kind == "job" and node.rank == 1]) == SHOWN
    assert len(browser_of(submitter).get(more.link).context["lines"]) == SHOWN + 3


def test_estimates_are_no_use_of_a_model(told: Story, submitter: User) -> None:
    used(told.model, submitter, "estimate")
    assert lineage_of(told.model).after() == []


@pytest.mark.parametrize("shape", ["wide", "tall"])
def test_a_drawing_has_every_node_inside_and_none_over_another(shape: str, told: Story, submitter: User) -> None:
    for _ in range(SHOWN + 1):
        used(told.model, submitter, result={"count": 4})
    graph = lineage_of(trained_from(told.model, submitter, "child"))
    drawing = next(one for one in drawings(graph) if one.shape == shape)
    assert {box.node.key for box in drawing.boxes} == set(graph.nodes)
    assert len(drawing.lines) == len(graph.edges)
    assert all(box.x >= 0 and box.x + box.width <= drawing.width for box in drawing.boxes)
    spans = sorted((box.x, box.y) for box in drawing.boxes)
    assert len(set(spans)) == len(spans)


def test_the_report_costs_the_same_with_more_jobs(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    browser, costs = browser_of(submitter), []
    for _ in range(2):
        for _ in range(8):
            used(told.model, submitter, result={"count": 4, "items_per_s": 9.0}, facts={"device": "cpu"})
            used(told.model, submitter, "evaluate", result={"metrics": {"precision": {"value": 0.5, "n": 10}}})
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(place(told.model)).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_speed_is_the_median_of_jobs_that_ran_alike(told: Story, submitter: User) -> None:
    for rate, device in ((10.0, "cpu"), (30.0, "cpu"), (20.0, "cpu"), (900.0, "cuda:0")):
        used(told.model, submitter, result={"items_per_s": rate}, facts={"device": device, "precision": "fp32"})
    found = {one.device: (one.median, one.count) for one in speeds(told.model) if one.work == "generate"}
    assert found == {"cpu": (20.0, 3), "cuda:0": (900.0, 1)}


def test_a_job_of_several_models_says_nothing_of_the_speed_of_one(told: Story, submitter: User) -> None:
    job = used(told.model, submitter, result={"items_per_s": 10.0})
    other = builders.model_version(told.model.model.project, submitter, "other")
    JobInput.objects.create(job=job, role="model_2", model_version=other)
    assert [one for one in speeds(told.model) if one.work == "generate"] == []


def test_speed_that_nobody_measured_is_said_to_be_so(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    assert "Not measured here yet" in browser_of(submitter).get(place(told.model)).content.decode()


def test_history_tells_decisions_comments_and_names(
    told: Story, submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    decide_model(told.model, "approve", actor=reviewer, comment="crisp")
    move = aliases.propose(told.model.model, "production", told.model, actor=submitter, reason="first")
    aliases.decide_alias(move.alias, "approve", actor=reviewer)
    decide_model(told.model, "revoke", actor=reviewer, comment="leaks")
    moments = browser_of(submitter).get(place(told.model)).context["moments"]
    assert [(one.what, one.who, one.comment) for one in moments] == [
        ("Trained", "sam", ""),
        ("Approved", "rita", "crisp"),
        ("Proposed as chest-dcgan@production", "sam", "first"),
        ("chest-dcgan@production stands for it", "rita", ""),
        ("Revoked", "rita", "leaks"),
    ]


def send(browser: Client, version: ModelVersion, decision: str, **said: str) -> Any:
    return browser.post(place(version, "decide"), {"decision": decision, **said})


@pytest.mark.parametrize("typed", ["", "chest", "CHEST-DCGAN"])
def test_revoking_needs_the_name_typed_and_keeps_what_was_written(
    typed: str, told: Story, reviewer: User, browser_of: BrowserOf
) -> None:
    answer = send(browser_of(reviewer), told.model, "revoke", comment="it leaks", typed=typed)
    told.model.refresh_from_db()
    assert (answer.status_code, told.model.stage) == (422, Stage.DRAFT)
    assert list(answer.context["form"].errors) == ["typed"]
    assert "it leaks</textarea>" in answer.content.decode()


def test_revoking_with_the_name_typed_revokes(told: Story, reviewer: User, browser_of: BrowserOf) -> None:
    send(browser_of(reviewer), told.model, "revoke", comment="it leaks", typed=" chest-dcgan ")
    told.model.refresh_from_db()
    assert told.model.stage == Stage.REVOKED


def test_approving_needs_no_name(told: Story, reviewer: User, browser_of: BrowserOf) -> None:
    send(browser_of(reviewer), told.model, "approve")
    told.model.refresh_from_db()
    assert told.model.stage == Stage.APPROVED


def test_a_rejection_without_words_is_told_beside_the_comment(
    told: Story, reviewer: User, browser_of: BrowserOf
) -> None:
    answer = send(browser_of(reviewer), told.model, "reject")
    assert (answer.status_code, answer.context["form"].errors["comment"]) == (422, ["Say why."])


def test_what_changed_since_the_version_before_names_data_parameters_and_figures(
    told: Story, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    job = builders.job(project, submitter, family="dcgan", params={"steps": 1400, "width": 64}, seed="7")
    newer = builders.model_version(
        project, submitter, "chest-dcgan", job=job, metrics={"losses": {"generator": 1.0, "on_real": 0.512}},
        dataset_version=builders.dataset_version(project, submitter, "letters"),
    )  # fmt: skip
    said = browser_of(submitter).get(place(newer)).context
    changed = {one.title: (one.before, one.now) for one in said["changes"]}
    assert said["earlier"] == told.model
    assert changed["Data"] == ("digits v1", "letters v1")
    assert changed["Width"] == ("48", "64")
    assert changed["Loss of the generator"] == ("1.234", "1")
    assert "Steps" not in changed
    assert "Loss of the discriminator on real items" not in changed


def test_a_model_is_one_card_with_its_other_versions_beside_it(
    told: Story, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    newer = builders.model_version(project, submitter, "chest-dcgan")
    card = next(
        one
        for one in browser_of(submitter).get("/catalog/modelversion/").context["cards"]
        if one["version"].model_id == newer.model_id
    )
    assert (card["version"], card["others"]) == (newer, [told.model])


@pytest.mark.parametrize(
    ("asked", "found"),
    [("stage=approved", ["b v1"]), ("family=lstm", ["c v1"]), ("modality=text", ["c v1"]), ("q=A", ["a v2"])],
)
def test_models_are_found_by_stage_method_kind_and_name(
    asked: str, found: list[str], project: Project, submitter: User, offered: None, browser_of: BrowserOf
) -> None:
    for _ in range(2):
        builders.model_version(project, submitter, "a")
    builders.model_version(project, submitter, "b", stage=Stage.APPROVED)
    builders.model_version(project, submitter, "c", family="lstm", modality="text")
    cards = browser_of(submitter).get(f"/catalog/modelversion/?{asked}").context["cards"]
    assert [str(one["version"]) for one in cards] == found


def test_a_filter_finds_the_newest_version_that_fits(
    project: Project, submitter: User, offered: None, browser_of: BrowserOf
) -> None:
    builders.model_version(project, submitter, "a", stage=Stage.APPROVED)
    builders.model_version(project, submitter, "a")
    (card,) = browser_of(submitter).get("/catalog/modelversion/?stage=approved").context["cards"]
    assert (str(card["version"]), [one.number for one in card["others"]]) == ("a v1", [2])


def test_the_list_of_models_costs_the_same_with_more_of_them(
    project: Project, submitter: User, offered: None, browser_of: BrowserOf
) -> None:
    browser, costs = browser_of(submitter), []
    for turn in range(2):
        for number in range(8):
            job = story.training(
                project,
                submitter,
                builders.dataset_version(project, submitter, f"d {turn} {number}"),
                State.SUCCEEDED,
                done=200,
            )
            for _ in range(2):
                builders.model_version(project, submitter, f"model {turn} {number}", job=job)
                job = None
        with CaptureQueriesContext(connection) as queries:
            assert len(browser.get("/catalog/modelversion/").context["cards"]) == 8 * (turn + 1)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_older_models_follow_on_the_next_page(
    project: Project, submitter: User, offered: None, browser_of: BrowserOf
) -> None:
    for number in range(30):
        builders.model_version(project, submitter, f"model {number}")
    browser = browser_of(submitter)
    first = browser.get("/catalog/modelversion/").context
    second = browser.get(f"/catalog/modelversion/?{first['next']}").context
    names = [str(one["version"]) for page in (first, second) for one in page["cards"]]
    assert names == [f"model {number} v1" for number in reversed(range(30))]


def test_the_newest_grid_is_the_picture_of_a_card(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    cards = browser_of(submitter).get("/catalog/modelversion/").context["cards"]
    pictures = {str(one["version"]): one["picture"] for one in cards}
    assert pictures["chest-dcgan v1"] == f"/api/v1/jobs/{told.trained.pk}/samples/1400"


def test_with_drafts_alone_the_form_of_an_alias_says_what_to_do(
    told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    page = browser_of(submitter).get("/catalog/alias/add/").content.decode()
    assert "<select" not in page.split("<main")[-1]
    assert place(told.model) in page
