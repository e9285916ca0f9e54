"""Measure what a model makes against the real data it should resemble."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Fields, Figure, Pair, Pairs, Plugin, Role, Sample, Spec, knob
from workers.engine import near_pairs, reconstruction, sampler
from workers.engine.bundle import Bundle, warm
from workers.engine.dataset_files import DatasetFolder
from workers.engine.plain_json import first
from workers.engine.sources import Source
from workers.engine.wishes import class_asked, plain
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
        [], help="Names of metrics; empty: all that fit.", help_zh="指标名称；留空则取全部适用指标。", title_zh="指标",
        of_plugins="metric", besides={reconstruction.NAME: "reconstructs"},
    )  # fmt: skip

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """{metrics: {name: {value, low, high, n, unit}}} over `count` samples, and a `sheet` and `near_pairs` where
        there are such pictures; the second shows the data."""
        order = attempt.order
        bundle = warm(order["inputs"]["model"]["path"], str(order.get("device", "cpu")), int(order["threads"]))
        data = DatasetFolder.open(order["inputs"]["data"]["path"])
        modality, seed, count = data.modality(), str(order["seed"]), self.count
        check_alike(bundle.spec(), data.spec)
        torch.set_num_threads(bundle.threads)
        attempt.report.facts(device=bundle.device, provider=bundle.provider, threads=bundle.threads)
        chosen = chosen_metrics(self.metrics, data.spec.modality)
        reconstructs = reconstruction.wanted(self.metrics, bundle, data)
        total = count + len(chosen)
        attempt.report.progress(0, total, "samples")
        train = Source(data.split("train"), modality.encode)  # as fields it may be eight times as large
        real = Sample(modality.encode(data.split("holdout")), train, data.spec)
        fields = sampled(attempt, bundle, modality, seed, count, total)
        made = Sample(renumbered(fields, bundle.spec(), data.spec), None, data.spec)
        figures, shown = dict[str, Any](), dict[str, str]()
        number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") % MODULUS
        for done, metric in enumerate(chosen, start=1):
            attempt.report.log(f"measures {metric.title}")
            try:
                found, pairs = measured(metric(), real, made, number)
            except NotMeasurable as reason:
                if self.metrics:
                    raise
                attempt.report.log(f"{metric.title} is left out: {reason.detail}", "warning")
                continue
            figures |= {name: figure.as_dict() for name, figure in found.items()}
            if pairs:
                shown = {"near_pairs": near_pairs.draw(pairs, modality, attempt.folder)}
            attempt.report.progress(count + done, total, "samples")
        if not reconstructs:
            return {"metrics": figures} | shown
        attempt.report.log("measures how well it brings items back")
        found, sheet = reconstruction.measure(attempt, bundle, data)
        figures |= {name: figure.as_dict() for name, figure in found.items()}
        return {"metrics": figures, "sheet": sheet} | shown


def measured(metric: Any, real: Sample, made: Sample, seed: int) -> tuple[dict[str, Figure], list[Pair]]:
    """What a metric finds, and the pairs it can show for it; NotMeasurable where a figure is no number."""
    found, pairs = metric.measure_and_pair(real, made, seed) if isinstance(metric, Pairs) else (
        metric.measure(real, made, seed), []
    )  # fmt: skip
    place, value = first({name: figure.as_dict() for name, figure in found.items()})
    if value is not None:
        raise NotMeasurable(
            "A figure came out as no number (NaN or infinite): the model or the data that it is of are broken.",
            field=f"metrics.{place}", expected="a finite number", got=str(value),
        )  # fmt: skip
    return found, pairs


def check_alike(trained: Spec, data: Spec) -> None:
    """Raise InvalidInput where the model makes other fields than the data have; classes may differ."""
    one, other = ([part for part in spec.fields if part.kind != "condition"] for spec in (trained, data))
    if one != other:
        raise InvalidInput(
            "The data are not like those that the model was trained on.", code="wrong_shape", field="inputs.data",
            expected=[[part.name, part.kind, list(part.shape), part.size] for part in one],
            got=[[part.name, part.kind, list(part.shape), part.size] for part in other],
        )  # fmt: skip


def sampled(attempt: Attempt, bundle: Bundle, modality: Any, seed: str, count: int, total: int) -> Fields:
    """`count` samples as they would be released (rounded to what a file holds), as fields again."""
    parts: list[Fields] = []
    spec = bundle.spec()
    for chunk, fields in sampler.sample(bundle, plain(seed, range(count), bundle.family().controls())):
        attempt.leave_if_asked(chunk[0].index)
        raw = modality.stored(modality.decode(fields, spec), spec)
        fields = modality.encode({name: torch.from_numpy(array) for name, array in raw.items()})
        parts.append(fields | class_asked(bundle.family(), chunk, spec))
        attempt.report.progress(chunk[-1].index + 1, total, "samples")
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def renumbered(fields: Fields, trained: Spec, data: Spec) -> Fields:
    """The same, with classes by their place among those of the data; without any where the data lack one of them."""
    names = [part.name for part in trained.of_kind("condition") if part.name in fields]
    if not names or trained.classes == data.classes:
        return fields
    if not set(trained.classes) <= set(data.classes):
        return {name: value for name, value in fields.items() if name not in names}
    places = torch.tensor([data.classes.index(label) for label in trained.classes])
    return fields | {name: places[fields[name]] for name in names}


def chosen_metrics(names: list[str], modality: str) -> list[Any]:
    """The metrics asked for, each of which must fit the modality; without names, all that fit."""
    fitting = {name: cls for name, cls in plugins("metric").items() if modality in cls.modalities}
    if not names:
        return [fitting[name] for name in sorted(fitting)]
    asked = [name for name in names if name != reconstruction.NAME]
    for name in asked:
        if name not in fitting:
            plugin("metric", name)
            known = sorted([*fitting, reconstruction.NAME])
            raise InvalidInput(f"{name} does not measure {modality}.", field="metrics", expected=known, got=name)
    return [fitting[name] for name in asked]


PLUGIN = Evaluate
