"""What policies judge and what they say: plain values, for those too who never load a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Decision = Literal["refuse", "hold"]
TRAINS, RELEASES = "model_version", "artifacts"  # what kinds of job produce that policies ask about


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set version that a job works on (`direct`), or that a model of it learned from."""

    role: str
    id: str
    name: str
    licence: str
    personal: bool
    sensitive: tuple[str, ...] = ()
    brought_by: tuple[str, ...] = ()
    direct: bool = True
    private: bool = False  # whether whatever learned or learns from it keeps single records private
    review: str = ""  # the newest decision of a person


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model version that a job works on."""

    role: str
    id: str
    name: str
    stage: str
    made_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a job when it is judged; of inputs that are still to be made, nothing."""

    kind: str
    produces: str
    family: str = ""
    purpose: str = ""
    intended_use: str = ""
    count: int = 0  # artifacts it asks for
    this_week: int = 0  # that other jobs of the project ask for or made in seven days; only where `reads_week`
    data: tuple[Data, ...] = ()
    models: tuple[Trained, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Objection:
    """What a policy has against a job: `says` and `expects` are templates of `Policy.sentences`, filled by `facts`.

    A hold ends when a second person has decided on `subject` (kind, id), whom `whose` are excluded from; without one,
    on the job itself.
    """

    decision: Decision
    says: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    field: str = ""
    expects: str = ""
    got: Any = None
    subject: tuple[str, str] | None = None
    whose: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Why, in English, as it is stored."""
        return self.says % self.facts

    @property
    def expected(self) -> str:
        """What would be let through, in English."""
        return self.expects % self.facts


CANNOT_JUDGE = "the policy cannot be applied as it is set; an owner of the project has to set it again"
CANNOT_JUDGE_ZH = "该策略按目前的设置无法执行，须由项目所有者重新设置"


def cannot_judge() -> Objection:
    """Of a policy that is broken: it lets nothing through by itself."""
    return Objection(decision="hold", says=CANNOT_JUDGE)
