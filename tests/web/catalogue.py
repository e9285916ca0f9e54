"""Which texts of the web side stand for translation: found in Python by syntax tree, in templates by tag."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MARKED = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
TAG = re.compile(r"{%\s*(?:translate|trans)\s+(['\"])(?P<text>.*?)\1")
INLINE = re.compile(r"_\((['\"])(?P<text>.*?)\1\)")
BLOCK = re.compile(r"{%\s*blocktrans(?:late)?(?P<how>[^%]*)%}(?P<text>.*?){%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)

PLURAL = re.compile(r"{%\s*plural\s*%}")


def texts(platform: Path) -> set[str]:
    """Every msgid of the source root."""
    found: set[str] = set()
    for path in platform.rglob("*.py"):
        found.update(_of_python(ast.parse(path.read_text(encoding="utf-8"))))
    for path in platform.rglob("*.html"):
        found.update(_of_template(path.read_text(encoding="utf-8")))
    return found - {""}


def _of_python(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKED:
            many = 2 if node.func.id.startswith("ngettext") else 1  # type: ignore[attr-defined]
            for given in node.args[:many]:
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value


def _of_template(text: str) -> Iterator[str]:
    for pattern in (TAG, INLINE):
        yield from (found["text"] for found in pattern.finditer(text))
    for found in BLOCK.finditer(text):
        said = found["text"]
        if "trimmed" in found["how"]:
            said = " ".join(line.strip() for line in said.strip().splitlines())
        for one in PLURAL.split(said):
            yield re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", one.strip() if "trimmed" in found["how"] else one)
