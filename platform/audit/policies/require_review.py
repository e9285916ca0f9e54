"""A second person releases jobs before they run, looks at data before anybody trains on it, and at every model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from audit.policy import KINDS, KINDS_ZH, TRAINS, Facts, Moment, Objection, Policy, Word, knob

DATA = "data set version %(data)s was not approved yet"
REJECTED = "Data set version %(data)s was rejected by a reviewer."
APPROVED = "data that a reviewer approved"
MODEL = "model version %(model)s was not approved yet"


class RequireReview(Policy):
    """Four eyes before a job begins."""

    name: ClassVar[str] = "require_review"
    title: ClassVar[str] = "Review by a second person"
    title_zh: ClassVar[str] = "由第二人审核"
    summary: ClassVar[str] = "Jobs of these kinds wait until a reviewer who did not submit them releases them."
    summary_zh: ClassVar[str] = "这些种类的任务须等待，由并非提交者的审核者放行后方可运行。"
    moment: ClassVar[Moment] = "use"
    sentences: ClassVar[Mapping[str, str]] = {
        DATA: "数据集版本 %(data)s 尚未获批准",
        REJECTED: "数据集版本 %(data)s 已被审核者拒绝。",
        APPROVED: "经审核者批准的数据",
        MODEL: "模型版本 %(model)s 尚未获批准",
    }

    kinds: tuple[Word, ...] = knob(
        ("train", "generate"),
        title=KINDS,
        title_zh=KINDS_ZH,
        longest=20,
        help="Kinds of job that a second person has to release, such as train or generate.",
        help_zh="须由第二人放行的任务种类，如 train、generate。",
    )
    families: tuple[Word, ...] = knob(
        (),
        title="Methods",
        title_zh="方法",
        longest=100,
        help="Only trainings by these methods; empty: all.",
        help_zh="仅限使用这些方法的训练；留空表示全部。",
    )
    free_count: int = knob(
        0,
        title="Free up to",
        title_zh="免审数量",
        low=0,
        high=1_000_000,
        help="A job that asks for at most so many artifacts needs no release.",
        help_zh="制品数量不超过此数的任务无需放行。",
    )
    data: bool = knob(
        False,
        title="Data too",
        title_zh="数据亦须审核",
        help="Whoever trains needs data that a reviewer approved; jobs on other data wait.",
        help_zh="训练只能使用经审核者批准的数据；使用其他数据的任务须等待。",
    )
    models: bool = knob(
        False,
        title="Models too, without exception",
        title_zh="模型亦须审核，无例外",
        help="Not even whoever trained a model tries it out before a second person has approved it.",
        help_zh="模型获第二人批准之前，连训练者本人也不得试用。",
    )

    def judge(self, facts: Facts) -> Objection | None:
        """Data first, then models, then the job itself."""
        return self._of_data(facts) or self._of_models(facts) or self._of_job(facts)

    def _of_data(self, facts: Facts) -> Objection | None:
        if not self.data or facts.produces != TRAINS:
            return None
        used = [one for one in facts.data if one.direct]
        for one in used:
            if one.review == "reject":
                said = {"data": one.name}
                return Objection(
                    decision="refuse", says=REJECTED, facts=said, field=one.role, expects=APPROVED, got=one.name
                )
        for one in used:
            if one.review != "approve":
                subject = ("dataset_version", one.id)
                facts_said = {"data": one.name}
                return Objection(decision="hold", says=DATA, facts=facts_said, subject=subject, whose=one.brought_by)
        return None

    def _of_models(self, facts: Facts) -> Objection | None:
        drafts = [one for one in facts.models if self.models and one.stage == "draft"]
        if not drafts or facts.kind not in self.kinds:
            return None
        first = drafts[0]
        subject = ("model_version", first.id)
        return Objection(decision="hold", says=MODEL, facts={"model": first.name}, subject=subject, whose=first.made_by)

    def _of_job(self, facts: Facts) -> Objection | None:
        if facts.kind not in self.kinds:
            return None
        if self.families and facts.produces == TRAINS and facts.family not in self.families:
            return None
        if self.free_count and 0 < facts.count <= self.free_count:
            return None
        return Objection(decision="hold")


PLUGIN = RequireReview
