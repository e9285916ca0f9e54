"""What a policy must be: a file in audit/policies/ with `PLUGIN`, a frozen class whose fields are its parameters.

A policy judges facts about a job, which are plain values (jobs/policing.py collects them), and says in both languages
what it says. What can only be judged of the items themselves it leaves to a guard on a worker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as _PydanticField

from audit.judged import CANNOT_JUDGE, CANNOT_JUDGE_ZH, RELEASES, TRAINS, Data, Facts, Objection, Trained, cannot_judge
from models_store.errors import InvalidInput

__all__ = [
    "RELEASES",
    "TRAINS",
    "Data",
    "Facts",
    "Moment",
    "Objection",
    "Policy",
    "Trained",
    "Word",
    "knob",
    "too_short",
]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]  # of a list
Moment = Literal["submission", "use", "release"]
KINDS, KINDS_ZH = "Kinds of job", "任务种类"  # title of a parameter that several have


def knob(
    default: Any,
    *,
    title: str,
    title_zh: str,
    help: str,
    help_zh: str,
    low: float | None = None,
    high: float | None = None,
    longest: int | None = None,
    unit: str = "",
) -> Any:
    """One parameter that an owner may set: bounds inclusive, texts in both languages; `longest` is of a list."""
    return _PydanticField(
        default=default,
        ge=low,
        le=high,
        max_length=longest,
        title=title,
        description=help,
        json_schema_extra={"help_zh": help_zh, "title_zh": title_zh, "unit": unit},
    )


class Policy(BaseModel):
    """What every policy has; its fields are parameters, and an unknown one is refused by name.

    `moment`: "submission" judges what a body says, once; "use" judges when a job is submitted, when its inputs are
    there, and again when it is to start; "release" sets the parameters of `guard`, or draws samples.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    summary: ClassVar[str]
    summary_zh: ClassVar[str]
    moment: ClassVar[Moment]
    guard: ClassVar[str] = ""
    sentences: ClassVar[Mapping[str, str]] = {}  # templates in English -> Chinese

    @classmethod
    def parsed(cls, params: Mapping[str, Any]) -> Self:
        """The policy with these parameters; InvalidInput names the first that is wrong."""
        try:
            return cls.model_validate_json(json.dumps(params))
        except ValidationError as wrong:
            raise _faults(wrong)[0] from wrong

    @classmethod
    def faults(cls, params: Mapping[str, Any]) -> list[InvalidInput]:
        """Everything that is wrong with these parameters; [] for nothing."""
        try:
            cls.model_validate_json(json.dumps(params))
        except ValidationError as wrong:
            return _faults(wrong)
        return []

    def judge(self, facts: Facts) -> Objection | None:
        """What it has against this job; None for nothing."""
        return None

    def reads_week(self) -> bool:
        """Whether `Facts.this_week` has to be counted."""
        return False

    def guarded(self) -> dict[str, Any]:
        """The parameters of its guard."""
        return self.model_dump(mode="json")

    def sampled_a_week(self) -> int:
        """How many new artifacts it puts before a reviewer each week."""
        return 0


def _faults(wrong: ValidationError) -> list[InvalidInput]:
    return [
        InvalidInput(
            fault["msg"].removeprefix("Value error, "), code="invalid_parameter",
            field=".".join(str(part) for part in ("params", *fault["loc"])),
        )
        for fault in wrong.errors()
    ]  # fmt: skip


class Unusable(Policy):
    """Stands for a policy that was set and can no longer be read, or is no longer installed: it holds every job."""

    moment: ClassVar[Moment] = "use"
    sentences: ClassVar[Mapping[str, str]] = {CANNOT_JUDGE: CANNOT_JUDGE_ZH}
    called: str = ""

    @property
    def name(self) -> str:  # type: ignore[override]
        """Of the one that it stands for."""
        return self.called

    def judge(self, facts: Facts) -> Objection | None:
        """Nobody knows what it would say."""
        return cannot_judge()


def too_short(text: str, least: int) -> bool:
    """Whether a text says less than so many characters, spaces around it not counted."""
    return len(text.strip()) < least
