"""The contracts between the engine, which owns every loop, and the plug-ins, which own what is particular.

A plug-in is a module that defines `PLUGIN`, a frozen pydantic model class: its fields are the parameters a user
may set (bounds, help and units live in `knob`), its class variables say what it is, its methods hold the theory.
`PLUGIN(**params)` checks the parameters; nothing else is configured anywhere.
"""

from workers.contracts.data import Field, FieldKind, Fields, Modality, Nets, Problem, Shown, Spec, Written
from workers.contracts.families import (
    PARENT,
    Call,
    Controls,
    Family,
    Graph,
    Inspects,
    Leanable,
    Phase,
    Port,
    Preset,
    Reconstructs,
    Role,
    Sampling,
    Scores,
    Streams,
)
from workers.contracts.guards import Example, Ground, Guard, Judgement, JudgesSets, Moment
from workers.contracts.kinds import Attempt, JobKind, Stopped
from workers.contracts.marks import Leaning, MarksDuring, MarksMany, Watermark
from workers.contracts.metrics import Figure, Items, Metric, Pair, Pairs, Sample
from workers.contracts.parameters import OfSpec, Plugin, knob
from workers.contracts.reports import Reporter
