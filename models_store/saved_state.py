"""What a saved state of a training belongs to; under that alone it goes on. Asked by whoever can know it first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models_store.errors import Conflict

AFRESH = "Clone the job: the copy starts afresh."
OTHER_DATA = "The saved state belongs to other data."
SAID = {
    "version": "The saved state is of another format.",
    "state_version": "The saved state is of another version of this family, which cannot go on from it.",
    "family": "The saved state is that of another family.",
    "params": "The saved state belongs to other parameters.",
    "batch_size": "The saved state belongs to another batch size.",
    "seed": "The saved state belongs to another seed.",
    "parent": "The saved state went on from another parent model.",
}


class ResumeRefused(Conflict):
    """The saved state belongs to another training."""

    code = "resume_refused"


def refuse_unless_same(said: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """ResumeRefused at the first of the `expected` names whose saved value is another one, with the way out.

    A name that is none of SAID is the role of a data set, its value the address of the data.
    """
    for name, value in expected.items():
        if said.get(name) != value:
            raise ResumeRefused(
                f"{SAID.get(name, OTHER_DATA)} {AFRESH}", field=f"resume.{name}", expected=value, got=said.get(name)
            )
