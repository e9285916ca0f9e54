"""An error of a service, put beside the field of the form that it speaks of."""

from __future__ import annotations

from django import forms

from desk.words.sentences import sentence
from models_store.errors import ProductError


def titled(error: ProductError, title: str) -> ProductError:
    """The same, with the title of a parameter where its sentence begins with the parameter's place."""
    path = (error.field or "").removeprefix("params.")
    if error.detail.startswith((f"{path}: ", f"{path} ")):
        error.detail = title + error.detail.removeprefix(path)
    return error


def place(form: forms.Form, error: ProductError, places: dict[str, str]) -> None:
    """Add the error to its field: `places` leads from the start of `error.field` to the start of a field's name."""
    said = error.field or ""
    for start, prefix in places.items():
        if said.startswith(start) and prefix + said.removeprefix(start) in form.fields:
            form.add_error(prefix + said.removeprefix(start), sentence(error))
            return
    form.add_error(said if said in form.fields else None, sentence(error))
