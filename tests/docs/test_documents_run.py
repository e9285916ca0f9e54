"""What the documents tell people to type works, in the order in which it stands there."""

from __future__ import annotations

import pytest

from tests.docs.blocks import ROOT, blocks_of
from tests.docs.sitting import Sitting

QUICKSTARTS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/quickstart-*.md"))
DOCUMENTS = ["README.md", *QUICKSTARTS, "docs/reviewer-quickstart.md", "docs/recipes.md"]
NOT_RUN = {"README.md": 3}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_of_a_document_runs(document: str, sitting: Sitting) -> None:
    for block in blocks_of(document):
        if block.runs:
            sitting.run(block)
