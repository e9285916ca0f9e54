"""A model whose training went on under changed conditions says so on its card, in both languages."""

from __future__ import annotations

import pytest

from models_store.card import card, card_zh
from tests import builders
from workers.tasks.products import _bundle_facts

WHY = "the processor changed at step 7"


@pytest.mark.django_db
@pytest.mark.parametrize("exact", [True, False])
def test_the_card_names_what_broke_the_promise(project, submitter, exact):
    broken = {} if exact else {"exact_why": [WHY]}
    job = builders.job(project, submitter, family="dcgan", facts={"exact": exact, **broken})
    facts = _bundle_facts(job, "digits", {"data": builders.dataset_version(project, submitter)}, {}, {})
    assert ("went on under changed conditions" in card(facts)) is not exact
    assert ("在改变了的条件下继续" in card_zh(facts)) is not exact
    assert ("the processor changed at step 7" in card(facts)) is not exact
