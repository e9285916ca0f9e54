"""A message that something was done, with a button that takes it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string


def done(request: HttpRequest, words: str, address: str, **fields: str) -> None:
    """Say so; `fields` posted to `address` bring back what was before, with the rights of whoever presses."""
    context = {"words": words, "address": address, "fields": fields}
    messages.success(request, render_to_string("pages/people/undo.html", context, request))
