"""Guard `near_copy`: does a model hand out what it learned from?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from models_store.errors import ProductError
from workers.contracts import Example, Field, Ground, Judgement, Moment, Plugin, Spec, knob
from workers.engine.near_index import KINDS, NearIndex
from workers.engine.near_threshold import interval
from workers.engine.sources import Source
from workers.engine.streams import generator
from workers.plugins import plugin

SAMPLE = 256  # items of a job that are looked at unless a policy says all
NEAR = "It is nearer to an item of the training data than unrelated real items are."


class NearCopies(ProductError):
    """More of what was made are near copies of the training data than the project allows."""

    code, http_status = "near_copies", 422


class NotCheckable(ProductError):
    """The project limits near copies, and nobody can say how many this model makes."""

    code, http_status = "near_copies_unknown", 422


class NearCopy(Plugin):
    """The nearest item that the model learned from, against the nearest ones of real items it did not see.

    The index and its threshold come from the training (workers/engine/near_index.py).
    """

    name: ClassVar[str] = "near_copy"
    title: ClassVar[str] = "Near copies"
    title_zh: ClassVar[str] = "近似复制"
    summary: ClassVar[str] = "Looks for each made item's nearest item in the training data."
    summary_zh: ClassVar[str] = "为每个生成样本查找训练数据中最接近的样本。"
    modalities: ClassVar[tuple[str, ...]] = ()
    moment: ClassVar[Moment] = "release"
    always: ClassVar[bool] = True
    limits: ClassVar[str] = (
        "Pictures and texts only. Of pictures it finds copies after JPEG, noise and mirroring, and misses crops, turns "
        "and parts put together; of texts it finds what stands there letter for letter. It knows the data of this "
        "training alone, not those of a parent model. That it finds nothing is no guarantee of privacy."
    )
    limits_zh: ClassVar[str] = (
        "仅适用于图像和文本。图像经 JPEG 压缩、加噪或镜像后的复制可以发现，裁剪、旋转和拼接会漏检；"
        "文本只能发现逐字相同的部分。只了解本次训练的数据，不了解上级模型的数据。未发现近似复制并不构成隐私保证。"
    )

    max_rate: float = knob(
        1.0,
        low=0.0,
        high=1.0,
        unit="share",
        title_zh="比例上限",
        help="A job of which more are near copies ends before anything of it can be had. 1: no limit.",
        help_zh="近似复制超过此比例的作业将结束，其任何作品都不会发布。1 表示不限制。",
    )
    check_all: bool = knob(
        False,
        title_zh="全部检查",
        help="Look at every item instead of a sample of 256.",
        help_zh="检查每个样本，而不是抽查 256 个。",
    )
    withhold: bool = knob(
        False,
        title_zh="扣留近似复制",
        help="Items found to be near copies are not released.",
        help_zh="被判定为近似复制的作品不予发布。",
    )

    @classmethod
    def missing(cls) -> str:
        """Nothing."""
        return ""

    @property
    def holds_back(self) -> bool:
        """Where there is a limit, the job is judged first."""
        return self.max_rate < 1.0

    def looks_at(self, seed: str, total: int) -> list[int]:
        """All, or a choice of SAMPLE by the job's seed."""
        if self.check_all or total <= SAMPLE:
            return list(range(total))
        return sorted(torch.randperm(total, generator=generator(seed, 0, "near copies"))[:SAMPLE].tolist())

    def check(self, ground: Ground) -> None:
        """Raise NotCheckable where a limit is set and there is nothing to measure by."""
        if ground.near is None and (self.holds_back or self.withhold):
            raise NotCheckable(
                field="guards.near_copy", expected=f"a model of {' or '.join(KINDS)} with a near-copy index",
                got=f"a model of {ground.modality.name} without one",
            )  # fmt: skip

    def judge(self, items: Sequence[Any], ground: Ground) -> list[Judgement]:
        """Distance and whether it is near, of each; stopped is what is near, where it is to be withheld."""
        if ground.near is None:
            return [Judgement(True)] * len(items)
        distances, near, _ = ground.near.nearest(items)
        return [
            Judgement(
                not (self.withhold and hit),
                NEAR if hit else "",
                {"distance": round(float(apart), 4), "near": bool(hit)},
            )
            for apart, hit in zip(distances, near, strict=True)
        ]

    def settle(self, figures: Mapping[int, Mapping[str, Any]], grounds: Sequence[Ground]) -> dict[str, Any]:
        """{near_copies: {checked, near, rate, low, high, threshold, quantile, n, covers, of}}; raises NearCopies.

        Of several models the threshold named is that of the first; each item was judged by its own.
        """
        seen = [said for said in figures.values() if "near" in said]
        measured = [ground.near for ground in grounds if ground.near is not None]
        if not measured or not seen:
            return {}
        near, checked = sum(said["near"] for said in seen), len(seen)
        low, high = interval(near, checked)
        known = measured[0].threshold
        said = {"checked": checked, "near": near, "rate": near / checked, "low": low, "high": high}
        said |= {"threshold": known.value, "quantile": known.quantile, "n": known.n}
        said |= {"covers": measured[0].covers, "of": measured[0].of}
        if near / checked > self.max_rate:
            raise NearCopies(
                f"{near} of {checked} items looked at are near copies of the training data.", field="near_copy",
                expected=f"a rate of at most {self.max_rate:g}", got=round(near / checked, 4), near_copies=said,
            )  # fmt: skip
        return {"near_copies": said}

    @classmethod
    def example(cls) -> Example:
        """Drawn pictures: one of those that were learned from, and another."""
        spec = Spec("image", (Field("image", "continuous", (1, 16, 16)),))
        drawn = torch.randn(130, 1, 16, 16, generator=generator(1, 0, "example")).clamp(-1, 1)
        modality = plugin("modality", "image")(size=16)
        train, unseen = (Source({"image": part}, dict) for part in (drawn[:64], drawn[64:128]))
        planted, clean = modality.decode({"image": torch.stack([drawn[0], drawn[129]])}, spec)
        ground = Ground(modality, spec, NearIndex.build(modality, spec, train, unseen))
        return Example({"withhold": True}, np.asarray(clean), np.asarray(planted), ground)


PLUGIN = NearCopy
