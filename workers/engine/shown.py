"""What people see of generated items says that a machine made them: on an item where asked, below every sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from models_store.errors import InvalidInput
from workers.contracts import Modality, Shown
from workers.marks import visible_label

NONE = "none"


def with_words(item: NDArray[Any], modality: Modality, params: Mapping[str, Any]) -> NDArray[Any]:
    """The item with the label that the job's `visible_label` asks for, `en` or `zh`; InvalidInput where it cannot."""
    language = params.get("visible_label", NONE)
    if language == NONE:
        return item
    if not isinstance(modality, Shown):
        raise InvalidInput(
            "Only pictures can carry a visible label.", field="params.visible_label", code="label_does_not_fit",
            expected=NONE, got=language,
        )  # fmt: skip
    return modality.visibly_labelled(item, language)


def sheet(modality: Modality, items: Iterable[NDArray[Any]], place: Path, labels: Iterable[str] = ()) -> None:
    """A contact sheet of generated items (PNG), with the label on a line below them."""
    modality.sheet(items, place, labels)
    with Image.open(place) as drawn:
        whole = visible_label.below(drawn if drawn.mode == "L" else drawn.convert("RGB"))
    whole.save(place, "PNG")
