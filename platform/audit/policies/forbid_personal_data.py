"""Data about persons are learned from with privacy training, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from audit.policy import RELEASES, TRAINS, Data, Facts, Moment, Objection, Policy, knob

TRAINING = (
    "Data set version %(data)s is declared to hold personal data; in this project only methods with privacy may train "
    "on it."
)
GENERATING = (
    "The model learned from data set version %(data)s, which is declared to hold personal data, without privacy."
)
EXPECTED = "other data, or a method that trains with privacy"
EXPECTED_MODEL = "a model that was trained without personal data, or with privacy"


class ForbidPersonalData(Policy):
    """No training on personal data without privacy, and nothing released from such a model."""

    name: ClassVar[str] = "forbid_personal_data"
    title: ClassVar[str] = "No personal data without privacy"
    title_zh: ClassVar[str] = "无隐私保护则不得使用个人数据"
    summary: ClassVar[str] = "Data declared as personal may only be learned from by methods that train with privacy."
    summary_zh: ClassVar[str] = "声明含个人数据的数据，仅可由具备隐私保护训练的方法学习。"
    moment: ClassVar[Moment] = "use"
    sentences: ClassVar[Mapping[str, str]] = {
        TRAINING: "数据集版本 %(data)s 声明含有个人数据；本项目仅允许以具备隐私保护的方法对其训练。",
        GENERATING: "该模型曾在无隐私保护的情况下学习声明含有个人数据的数据集版本 %(data)s。",
        EXPECTED: "其他数据，或具备隐私保护训练的方法",
        EXPECTED_MODEL: "未使用个人数据训练，或以隐私保护方式训练的模型",
    }

    sensitive: bool = knob(
        True,
        title="Sensitive attributes count",
        title_zh="敏感属性亦计入",
        help="Data that declare sensitive attributes count as personal too.",
        help_zh="声明含有敏感属性的数据亦视为个人数据。",
    )
    models: bool = knob(
        True,
        title="Also models that exist",
        title_zh="亦适用于已有模型",
        help="Nothing is generated with a model that learned from such data without privacy.",
        help_zh="不得使用曾在无隐私保护下学习此类数据的模型进行生成。",
    )

    def judge(self, facts: Facts) -> Objection | None:
        """What is learned from directly, and through the models it goes on from."""
        bad = next((one for one in facts.data if self._personal(one) and not one.private), None)
        if bad is None:
            return None
        said = {"data": bad.name}
        if facts.produces == TRAINS:
            return Objection(
                decision="refuse", says=TRAINING, facts=said, field=bad.role, expects=EXPECTED, got=facts.family
            )
        if facts.produces == RELEASES and self.models:
            return Objection(
                decision="refuse", says=GENERATING, facts=said, field=bad.role, expects=EXPECTED_MODEL, got=bad.name
            )
        return None

    def _personal(self, data: Data) -> bool:
        return data.personal or (self.sensitive and bool(data.sensitive))


PLUGIN = ForbidPersonalData
