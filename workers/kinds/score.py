"""Find the items of a data set that a model knows least: scores for inspection, a threshold, the worst shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Figure, Inspects, Plugin, Role, Spec, knob
from workers.engine import unusual_sheet
from workers.engine.bundle import Bundle, warm
from workers.engine.dataset_files import DatasetFolder
from workers.engine.inspection import CannotInspect, Inspected, inspect, plain, threshold, too_few
from workers.engine.plain_json import text
from workers.kinds.evaluate import check_alike
from workers.metrics.roc import auroc, share

FILE = "out/scores.json"
TOLD = 100  # of the most unusual items, in the result itself
PICTURED = 12


class Score(Plugin):
    """Anomaly scores: how unusual each item is to a model of what is usual."""

    name: ClassVar[str] = "score"
    title: ClassVar[str] = "Find unusual items"
    title_zh: ClassVar[str] = "查找异常样本"
    summary: ClassVar[str] = "Scores every item by how little a model knows it, and shows the most unusual and where."
    summary_zh: ClassVar[str] = "按模型对样本的陌生程度为每个样本打分，并显示最异常的样本及异常位置。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "generate"
    roles: ClassVar[Mapping[str, Role]] = {
        "model": Role(takes="model_version"),
        "data": Role(takes="dataset_version", required=False),
        "reference": Role(takes="dataset_version", required=False),
    }
    chooses_family: ClassVar[bool] = False
    produces: ClassVar[str] = "figures"
    stays_warm: ClassVar[bool] = False
    asks_of_family: ClassVar[str] = "inspects"

    by: Literal["peak", "mean", "divergence"] = knob(
        "peak",
        title="Score by",
        title_zh="打分依据",
        choices={
            "peak": ("the most unusual patch", "最异常的局部"),
            "mean": ("the whole picture", "整幅图像"),
            "divergence": ("how rare its code is", "编码的罕见程度"),
        },
        help="What makes an item unusual: one patch for scratches and stains, the whole for pictures of other things.",
        help_zh="异常的判断方式：划痕、污点看局部；内容不同看整幅图像。",
    )
    quantile: float = knob(
        0.99,
        low=0.5,
        high=0.9999,
        title_zh="正常样本分位数",
        help="Share of normal items that may lie below the threshold, of the reference's holdout, which the model has "
        "not seen.",
        help_zh="阈值以下应包含的正常样本比例，取自参考数据中模型未见过的留出部分。",
    )
    normal: str = knob(
        "",
        of_spec="condition",
        title_zh="正常类别",
        help="The class that is normal, where the data have classes: the others count as abnormal, and how well they "
        "are found is measured.",
        help_zh="数据有类别时，表示正常的类别：其余视为异常，并测量检出效果。",
    )
    abnormal: list[str] = knob(
        [],
        of_spec="condition",
        title_zh="异常类别",
        help="The classes that are abnormal; empty: all but the normal one.",
        help_zh="表示异常的类别；留空则为除正常类别外的全部类别。",
    )

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """{metrics, unusual, scores: file, sheet: file} (docs/engine-folder.md); the sheet shows the data."""
        order = attempt.order
        bundle = warm(order["inputs"]["model"]["path"], str(order.get("device", "cpu")), int(order["threads"]))
        if not isinstance(bundle.family(), Inspects):
            raise CannotInspect(field="inputs.model", expected="a model that inspects", got=bundle.family().name)
        data = DatasetFolder.open(order["inputs"]["data"]["path"])
        reference = DatasetFolder.open(order["inputs"].get("reference", order["inputs"]["data"])["path"])
        for one in (reference, data):
            check_alike(bundle.spec(), one.spec)
        self.check_classes(data.spec)
        torch.set_num_threads(bundle.threads)
        attempt.report.facts(device=bundle.device, provider=bundle.provider, threads=bundle.threads)
        known, found = self.looked_at(attempt, bundle, reference, data)
        limit = threshold(self.scores_of(known), self.quantile)
        if too_few(len(known), self.quantile):
            attempt.report.log(
                f"{len(known)} unseen normal items are too few for the quantile {self.quantile}", "warning"
            )
        order_ = np.argsort(-self.scores_of(found), kind="stable")
        out = attempt.folder / FILE
        out.parent.mkdir(exist_ok=True)
        out.write_text(text(self.listed(found, limit)), encoding="utf-8")
        sheet = unusual_sheet.draw(bundle, data, found, order_[:PICTURED].tolist(), self.by, attempt.folder)
        told = [item_of(found, place, self.by) for place in order_[:TOLD].tolist()]
        return {"metrics": self.figures(known, found, limit), "unusual": told, "scores": FILE, "sheet": sheet}

    def looked_at(
        self, attempt: Attempt, bundle: Bundle, reference: DatasetFolder, data: DatasetFolder
    ) -> tuple[Inspected, Inspected]:
        """The normal items that the threshold comes from, and those that are inspected.

        Of the reference itself only the holdout is inspected: the rest is what the model learned, or might have.
        """
        alike = data.sha256 == reference.sha256
        splits = ["holdout"] if alike else ["train", "holdout"]
        counts = [
            folder.said["counts"][split]
            for folder, parts in ((reference, ["holdout"]), (data, splits))
            for split in parts
        ]
        total = sum(counts)
        known = inspect(attempt, bundle, reference, ["holdout"], 0, total)
        if alike:
            attempt.report.log("the items inspected are those that the threshold comes from", "warning")
        found = known if alike else inspect(attempt, bundle, data, splits, counts[0], total)
        return self.only_normal(known, reference.spec), found

    def only_normal(self, known: Inspected, spec: Spec) -> Inspected:
        """The reference without what is known to be abnormal; InvalidInput (`no_normal_items`) if nothing is left."""
        chosen = ~known.of_class(self.abnormal)
        if self.normal in spec.classes:
            chosen = known.of_class([self.normal])
        if chosen.all() and len(known):
            return known
        if not chosen.any():
            raise InvalidInput(
                "No normal item of the reference is held out, so nothing says what is usual: name a reference with "
                "more normal items.", code="no_normal_items", field="inputs.reference",
                expected="1 or more normal items held out", got=0,
            )  # fmt: skip
        kept = np.flatnonzero(chosen)
        return Inspected(
            [known.splits[at] for at in kept], [known.rows[at] for at in kept], [known.classes[at] for at in kept],
            {name: values[kept] for name, values in known.figures.items()},
        )  # fmt: skip

    def check_classes(self, spec: Spec) -> None:
        """InvalidInput where a class is not of the data (`unknown_class`), or named as both (`given_twice`)."""
        if self.normal in self.abnormal:
            raise InvalidInput(
                "One class is named as normal and as abnormal: it is one or the other.", code="given_twice",
                field="params.abnormal", expected="other classes than in params.normal", got=self.normal,
            )  # fmt: skip
        for name, said in (("normal", [self.normal] if self.normal else []), ("abnormal", self.abnormal)):
            for one in said:
                if one not in spec.classes:
                    raise InvalidInput(
                        "The data have no such class.", code="unknown_class", field=f"params.{name}",
                        expected=list(spec.classes)[:100], got=one,
                    )  # fmt: skip

    def scores_of(self, found: Inspected) -> Any:
        """The scores of these items, (N,); InvalidInput where the family has no such figure."""
        if self.by not in found.figures:
            raise InvalidInput(
                "The model has no such figure.", code="invalid_parameter", field="params.by",
                expected=sorted(found.figures), got=self.by,
            )  # fmt: skip
        return found.figures[self.by]

    def figures(self, known: Inspected, found: Inspected, limit: float) -> dict[str, Any]:
        """Threshold, share above it, and, where classes are named, how well the abnormal ones are found."""
        scores = self.scores_of(found)
        said = {"anomaly_threshold": Figure(limit, len(known)), "anomaly_rate": above(scores, limit)}
        if self.normal or self.abnormal:
            bad = found.of_class(self.abnormal) if self.abnormal else ~found.of_class([self.normal])
            good = found.of_class([self.normal]) if self.normal else ~bad
            if bad.any():
                said["anomaly_recall"] = above(scores[bad], limit)
            if good.any():
                said["false_alarm_rate"] = above(scores[good], limit)
            if bad.any() and good.any():
                said["anomaly_auroc"] = auroc(scores[good], scores[bad])
        return {name: figure.as_dict() for name, figure in said.items()}

    def listed(self, found: Inspected, limit: float) -> dict[str, Any]:
        """What is kept of every item, in the order of the data."""
        items = [
            item_of(found, at, self.by) | {name: plain(values[at]) for name, values in found.figures.items()}
            for at in range(len(found))
        ]
        return {"version": 1, "by": self.by, "threshold": plain(limit), "quantile": self.quantile, "items": items}


def above(scores: Any, limit: float) -> Figure:
    """The share of the scores above the threshold."""
    return share(int((scores > limit).sum()), len(scores))


def item_of(found: Inspected, place: int, by: str) -> dict[str, Any]:
    """Which item it is, as the data set counts, and its score."""
    said = {"split": found.splits[place], "row": found.rows[place], "score": plain(found.figures[by][place])}
    return said | ({"class": found.classes[place]} if found.classes[place] else {})


PLUGIN = Score
