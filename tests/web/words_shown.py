"""The words that a page shows or says, as its readers meet them: text, labels, alternatives, sentences for scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

SILENT = {"script", "style", "code", "kbd", "pre", "svg", "noscript", "textarea"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNREAD = ("material-symbols-outlined", "km-mono", "km-log")
SAID_BY = {"title", "aria-label", "placeholder", "alt", "aria-description"}
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
WORD = re.compile(r"[A-Za-z][A-Za-z'’]{2,}")
OBJECT = re.compile(r"\{[^{}]*\}")
TAGS = re.compile(r"</?\w+>")
NAMES = re.compile(r"[\w.+/@:#%-]*[\d_./@:#%-][\w.+/@:#%-]*")  # ids, digests, versions, addresses, file names


class Words(HTMLParser):
    """Collects what is shown; what is marked as of another language, or as code, is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[bool] = []  # of each open element, whether its text is left out

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element; void ones are never closed."""
        said = {name: value or "" for name, value in attrs}
        classes = said.get("class", "").split()
        silent = tag in SILENT or any(name in classes for name in UNREAD) or said.get("lang", "zh").startswith("en")
        if not any(self.open):
            self.found += [value for name, value in said.items() if name in SAID_BY]
            self.found += [value for name, value in said.items() if name.startswith("data-") and SENTENCE.search(value)]
        if tag not in VOID:
            self.open.append(silent or any(self.open[-1:]))

    def handle_endtag(self, tag: str) -> None:
        """The innermost open element ends."""
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if not any(self.open[-1:]):
            self.found.append(data)


def english_words(page: str, *, known: set[str]) -> set[str]:
    """English words of three letters or more that a page shows, but for `known` ones (in lower case)."""
    reader = Words()
    reader.feed(page)
    shown = " ".join(reader.found)
    for code in (OBJECT, OBJECT, OBJECT, TAGS, NAMES):  # objects of JSON may stand in each other
        shown = code.sub(" ", shown)
    return {word for word in WORD.findall(shown) if word.lower() not in known}
