"""A model card from Markdown to HTML; whatever HTML stands in it is shown as text."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe
from markdown import Markdown

from catalog.models import ModelVersion
from catalog.store import blobs, namespace
from desk.job.parameter_fields import chinese

_ESCAPED = "\\`*_{}[]<>()#.!|~&:@$+-"


def card_html(version: ModelVersion) -> SafeString:
    """The card in the reader's language; "" where the bundle has none."""
    name = "card.zh.md" if chinese() and "card.zh.md" in version.files else "card.md"
    if name not in version.files:
        return SafeString("")
    text = blobs().read(namespace(version.model.project), version.files[name]).decode()
    return mark_safe(_renderer().convert(text))  # noqa: S308 - raw HTML is switched off below


def _renderer() -> Markdown:
    renderer = Markdown(extensions=["tables"], output_format="html")
    renderer.ESCAPED_CHARS = list(_ESCAPED)
    renderer.preprocessors.deregister("html_block")
    for pattern in ("html", "link", "reference", "image_link", "image_reference", "autolink", "automail"):
        renderer.inlinePatterns.deregister(pattern)
    return renderer
