"""What was asked for is named and said in words of the reader's language, with units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from accounts.models import Project, User
from catalog import plugins
from desk.form_errors import titled
from desk.job.parameter_fields import in_words, named_parameters, parameter_fields, parameter_title
from desk.words.sentences import in_language, sentence
from jobs.models import JobInput
from models_store.errors import InvalidInput
from tests import builders
from workers.plugins import FOLDERS
from workers.plugins import plugins as installed
from workers.registry import describe

pytestmark = pytest.mark.django_db
IN_ANY_LANGUAGE = {"px", "dB", "nats", ""}
STEPS: dict[str, Any] = {"type": "integer", "default": 1, "unit": "steps", "title_zh": "训练步数"}
HOW: dict[str, Any] = {"enum": ["a", "b"], "choices": {"a": {"title": "first", "title_zh": "甲"}}}


def units() -> set[str]:
    """Of every parameter that is installed here."""
    rows = [describe(kind, cls) for kind in FOLDERS for cls in installed(kind).values()]
    schemas = [row["schema"] for row in rows] + [row["abilities"].get("controls", {}) for row in rows]
    return {said.get("unit", "") for schema in schemas for said in schema.get("properties", {}).values()}


@pytest.mark.parametrize("unit", sorted(units() - IN_ANY_LANGUAGE))
def test_each_unit_has_its_word_in_chinese(unit: str) -> None:
    with override("zh-hans"):
        assert in_language(unit) != unit


def test_a_parameter_without_a_title_is_called_by_its_name_in_words() -> None:
    assert parameter_title({}, "batch_size") == "Batch size"


def test_a_title_that_somebody_wrote_stays_and_a_small_bound_has_no_exponent() -> None:
    assert parameter_title({"properties": {"kl_weight": {"title": "KL weight"}}}, "kl_weight") == "KL weight"
    assert parameter_title({"properties": {"learning_rate": {"title": "Learning Rate"}}}, "learning_rate") == (
        "Learning rate"
    )
    said = {"type": "number", "minimum": 1e-6, "maximum": 0.1, "description": "Pace.", "help_zh": "步幅。"}
    fields = [parameter_fields({"properties": {"pace": said}}, "")["pace"]]
    with override("zh-hans"):
        fields.append(parameter_fields({"properties": {"pace": said}}, "")["pace"])
    assert [field.help_text for field in fields] == ["Pace. (0.000001 to 0.1)", "步幅。（0.000001 至 0.1）"]


def test_a_refusal_calls_a_parameter_by_its_title_and_says_both_sides_of_lists() -> None:
    error = InvalidInput("freeze is of trainings that go on from a model: name a parent, or leave it as it is.",
                         field="params.freeze", expected="", got="x")  # fmt: skip
    assert sentence(titled(error, "Freeze")).endswith("leave it as it is.")
    assert titled(error, "Freeze").detail.startswith("Freeze is of")
    told = sentence(
        InvalidInput("Other fields.", expected=["image: 1 × 8 × 8", "10 classes"], got=["image: 3 × 8 × 8"])
    )
    assert told == "Other fields. Expected: image: 1 × 8 × 8, 10 classes. Got: image: 3 × 8 × 8."


def test_values_have_their_unit_and_the_words_of_a_choice() -> None:
    schema = {"properties": {"steps": STEPS, "how": HOW}}
    assert in_words(schema, "steps", 30_000) == "30,000 steps"
    assert [in_words(schema, "how", value) for value in ("a", "b")] == ["first", "b"]
    with override("zh-hans"):
        assert (in_words(schema, "how", "a"), in_words(schema, "steps", 5)) == ("甲", "5 步")


def test_the_parameters_of_a_job_stand_in_the_order_of_its_form(project: Project, submitter: User) -> None:
    plugins.announce("a worker", [builders.plugin("family", "kiln", {"how": HOW, "steps": STEPS})])
    job = builders.job(project, submitter, family="kiln", params={"heat": 3, "steps": 7, "how": "a", "note": ""})
    assert named_parameters(job) == [("How", "first", "how"), ("Steps", "7 steps", "steps"), ("Heat", "3", "heat")]


def test_controls_of_a_generation_are_named_as_the_family_of_its_model_names_them(
    project: Project, submitter: User
) -> None:
    controls = {"type": "object", "properties": {"warmth": {"type": "number", "title": "Temperature"}}}
    plugins.announce("a worker", [builders.plugin("family", "kiln", controls=controls), *builders.PLUGINS])
    job = builders.job(project, submitter, "generate", params={"count": 3, "sweep": {"warmth": [0.5, 1.0]}})
    JobInput.objects.create(
        job=job, role="model", model_version=builders.model_version(project, submitter, family="kiln")
    )
    assert ("Sweep", "Temperature: 0.5, 1", "sweep") in named_parameters(job)


def test_lists_and_mappings_are_written_without_brackets(project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, family="gone", params={"layers": [1, 2], "deep": {"a": True}})
    assert [value for _, value, _ in named_parameters(job)] == ["1, 2", "A: yes"]


def test_a_policy_form_marks_every_wrong_field_at_once(
    project: Project, submitter: User, browser_of: Callable[..., Client]
) -> None:
    owner = builders.person("owner", is_staff=True)
    project.members.add(owner, through_defaults={"role": "owner"})
    address = f"/audit/projectpolicy/{project.pk}/cap_count/set/"
    answer = browser_of(owner).post(address, {"per_job": "-1", "per_week": "-2"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"per_job", "per_week"}
