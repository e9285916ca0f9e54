"""Measure what a model makes against the real data it should resemble."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Fields, Plugin, Role, Sample, Stopped, knob
from workers.engine import sampler
from workers.engine.dataset_files import DatasetFolder
from workers.metrics.recognition import NotMeasurable
from workers.plugins import plugin, plugins

MODULUS = 2**31  # metric seeds are small numbers made from the job's seed


class Evaluate(Plugin):
    """Figures about a model."""

    name: ClassVar[str] = "evaluate"
    title: ClassVar[str] = "Evaluate a model"
    title_zh: ClassVar[str] = "评估模型"
    summary: ClassVar[str] = "Samples a model and measures the samples against unseen real data."
    summary_zh: ClassVar[str] = "从模型采样，并与未见过的真实数据作比较。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "generate"
    roles: ClassVar[Mapping[str, Role]] = {
        "model": Role(takes="model_version"),
        "data": Role(takes="dataset_version", required=False),
    }
    chooses_family: ClassVar[bool] = False
    produces: ClassVar[str] = "figures"
    stays_warm: ClassVar[bool] = False

    count: int = knob(
        1000, low=10, high=50_000, help="How many samples.", help_zh="采样数量。", unit="samples", title_zh="数量"
    )
    metrics: list[str] = knob(
        [], help="Names of metrics; empty: all that fit.", help_zh="指标名称；留空则取全部适用指标。", title_zh="指标"
    )

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """{metrics: {name: {value, low, high, n, unit}}} over `count` samples."""
        order = attempt.order
        bundle = sampler.warm(order["inputs"]["model"]["path"], str(order.get("device", "cpu")), int(order["threads"]))
        data = DatasetFolder.open(order["inputs"]["data"]["path"])
        modality, seed, count = data.modality(), str(order["seed"]), self.count
        torch.set_num_threads(bundle.threads)
        attempt.report.facts(device=bundle.provider, threads=bundle.threads)
        chosen = chosen_metrics(self.metrics, data.spec.modality)
        total = count + len(chosen)
        attempt.report.progress(0, total, "samples")
        real = Sample(modality.encode(data.split("holdout")), modality.encode(data.split("train")), data.spec.classes)
        made = Sample(sampled(attempt, bundle, modality, seed, count, total), classes=data.spec.classes)
        figures: dict[str, Any] = {}
        number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") % MODULUS
        for done, metric in enumerate(chosen, start=1):
            attempt.report.log(f"measures {metric.name}")
            try:
                found = metric().measure(real, made, number)
            except NotMeasurable as reason:
                if self.metrics:
                    raise
                attempt.report.log(f"{metric.name}: {reason.detail}", "warning")
                continue
            figures |= {name: figure.as_dict() for name, figure in found.items()}
            attempt.report.progress(count + done, total, "samples")
        return {"metrics": figures}


def sampled(attempt: Attempt, bundle: sampler.Bundle, modality: Any, seed: str, count: int, total: int) -> Fields:
    """`count` samples as they would be released (rounded to what a file holds), as fields again."""
    parts: list[Fields] = []
    for indices, fields in sampler.sample(bundle, seed, range(count)):
        if (want := attempt.wants()) and want != "save":
            raise Stopped(want, indices[0])
        items = torch.stack([torch.from_numpy(item) for item in modality.decode(fields)])  # (B, H, W, C) uint8
        parts.append(modality.encode({"image": items.permute(0, 3, 1, 2)}))
        attempt.report.progress(indices[-1] + 1, total, "samples")
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def chosen_metrics(names: list[str], modality: str) -> list[Any]:
    """The metrics asked for, each of which must fit the modality; without names, all that fit."""
    fitting = {name: cls for name, cls in plugins("metric").items() if modality in cls.modalities}
    if not names:
        return [fitting[name] for name in sorted(fitting)]
    for name in names:
        if name not in fitting:
            plugin("metric", name)
            raise InvalidInput(
                f"{name} does not measure {modality}.", field="metrics", expected=sorted(fitting), got=name
            )
    return [fitting[name] for name in names]


PLUGIN = Evaluate
