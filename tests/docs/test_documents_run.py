"""What the documents tell people to type works, in the order in which it stands there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import LINK, ROOT, RUNS, blocks_in, blocks_of
from tests.docs.sitting import BlockFailed, Sitting

QUICKSTARTS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/quickstart-*.md"))
GUIDES = ["docs/reviewer-quickstart.md", "docs/recipes.md", "client/README.md"]
DOCUMENTS = [*QUICKSTARTS, *GUIDES, "README.md"]  # the last leaves work behind
NOT_RUN = {"README.md": 3, "client/README.md": 1, "docs/quickstart-command-line.md": 1, "docs/quickstart-web.md": 1}
NEEDED = ("bash", "curl", "jq", "unzip")
PAGES = ("recipes", "versioning", "command-line")
USERS = {"web", "rest", "command-line", "operator"}  # and the reviewer, in two languages


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_of_a_document_runs(document: str, sitting: Sitting) -> None:
    if away := [name for name in NEEDED if not shutil.which(name)]:
        pytest.skip(f"not installed here: {', '.join(away)}")
    for block in blocks_of(document):
        if block.runs:
            sitting.run(block)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_does_not_run_says_why_and_is_counted(document: str) -> None:
    blocks = blocks_of(document)
    assert sum(1 for block in blocks if block.not_run) == NOT_RUN.get(document, 0)
    assert {block.language for block in blocks} <= set(RUNS)
    assert any(block.runs for block in blocks)


def test_each_group_of_users_has_its_quickstart_and_the_readme_leads_there() -> None:
    assert {name.removeprefix("docs/quickstart-").removesuffix(".md") for name in QUICKSTARTS} == USERS
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pages = [
            *QUICKSTARTS,
            "docs/reviewer-quickstart",
            "docs/recipes.md",
            "docs/versioning.md",
            "docs/command-line.md",
        ]
        assert not [page for page in pages if f"]({page}" not in text]


@pytest.mark.parametrize("document", [*DOCUMENTS[:-1], "docs/versioning.md", "docs/command-line.md"])
def test_links_lead_to_pages_that_are_there(document: str) -> None:
    places = LINK.findall((ROOT / document).read_text(encoding="utf-8"))
    local = [place.partition("#")[0] for place in places if not place.startswith(("http", "#", "/"))]
    assert not [place for place in local if not ((ROOT / document).parent / place).exists()]


MARKDOWN = """
```sh
export GREETING=hello
```

```python
import os
assert os.environ["GREETING"] == "hello"
```

<!-- not run: it would never end -->
```sh
sleep 10000
```

```sh
false
echo "never"
```
"""


@pytest.fixture
def alone(tmp_path: Path) -> Sitting:
    """A sitting without a platform."""
    return Sitting(tmp_path, tmp_path / "home", "http://127.0.0.1:1")


def test_python_sees_what_the_shell_exported_and_a_block_that_fails_says_where(alone: Sitting) -> None:
    shell, python, never, wrong = blocks_in(MARKDOWN, "made-up.md")
    alone.run(shell)
    alone.run(python)
    assert (never.runs, never.not_run) == (False, "it would never end")
    with pytest.raises(BlockFailed, match=f"made-up.md:{wrong.line} failed"):
        alone.run(wrong)
    assert "never" not in alone.said.read_text()
    alone.close()


def test_a_fence_that_is_never_closed_is_found() -> None:
    with pytest.raises(ValueError, match="never closed"):
        blocks_in("```sh\ntrue\n", "made-up.md")
