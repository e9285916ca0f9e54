"""What families say of their trainings, and metrics of models, has words that people can read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from desk.model.figure_names import NAMES, figure_name
from desk.model.figure_order import KNOWN, stem
from desk.words.sentences import TEMPLATES
from tests.training import drawn_data
from workers import metrics
from workers.contracts import Scores
from workers.engine.streams import SeededStreams
from workers.plugins import plugins

ITEMS = 4
FAMILIES = [pytest.param(cls, id=name) for name, cls in sorted(plugins("family").items())]
SOURCES = sorted(Path(metrics.__file__).parent.glob("*.py"))
METRICS = [pytest.param(cls, id=name) for name, cls in sorted(plugins("metric").items())]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_loss_and_score_of_a_family_has_words(family):
    made, batch, rng = family(**family.toy), drawn_data(family.toy_spec, ITEMS), SeededStreams("1", 0)
    nets = made.build(family.toy_spec)
    named = {name for phase in made.phases(nets, batch, rng) for name in phase.losses}
    if isinstance(made, Scores):
        named |= set(made.scores(nets, batch, rng))
    assert named - set(NAMES) == set()


@pytest.mark.parametrize("metric", METRICS)
def test_the_headline_of_a_metric_has_words_and_the_way_that_pages_know(metric):
    assert figure_name(metric.headline).lower() != metric.headline.replace("_", " ")
    assert KNOWN.get(stem(metric.headline), "none") == metric.better


def test_why_something_could_not_be_measured_is_told_in_every_language():
    calls = (node for file in SOURCES for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    told = {node.args[0].value for node in calls if getattr(node.func, "id", "") == "NotMeasurable"
            and node.args and isinstance(node.args[0], ast.Constant)}  # fmt: skip
    assert len(told) > 5
    assert told - set(TEMPLATES) == set()
