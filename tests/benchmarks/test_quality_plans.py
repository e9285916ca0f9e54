"""What the study of qualities trains with."""

from __future__ import annotations

import pytest

from benchmarks.quality.plans import PLANS
from workers.engine.parameters import split
from workers.plugins import plugin


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.family)
def test_the_parameters_of_a_plan_are_those_of_its_family(plan):
    family, _ = split(plugin("family", plan.family), plan.params)
    assert family.name == plan.family
