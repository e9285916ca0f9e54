"""Train a family on a dataset version, export it, and leave a bundle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from safetensors.torch import load_file

from models_store.errors import InvalidInput
from models_store.saved_state import refuse_unless_same
from workers.contracts import Attempt, Fields, Nets, Plugin, Role, Spec, Stopped
from workers.engine import bundle_files, checkpoint, pace, promise, shown
from workers.engine.dataset_files import DatasetFolder
from workers.engine.device import ASKED_FOR, Compute
from workers.engine.group import Group
from workers.engine.looking import looks_of
from workers.engine.looks import Heed
from workers.engine.loop import GRID_SEED, Draw, Training
from workers.engine.near_index import NearIndex
from workers.engine.network_size import check_size
from workers.engine.parameters import LoopParameters, check_needs_parent, split
from workers.engine.paths.measuring import Measure
from workers.engine.reports import Unheard
from workers.engine.runners import of_networks
from workers.engine.sound_weights import refuse_unsound
from workers.engine.sources import Source, joined
from workers.engine.tensorboard import FILE, EventFile, Recorded, thinned
from workers.engine.wishes import plain
from workers.plugins import plugin

GRID_ITEMS = 64
NEAR_FILE = "near/index.safetensors"  # beside the bundle, never in it
SERIES_TAIL = 10  # entries of the loss series whose mean is reported as the loss at the end


class Train(Plugin):
    """Training, from data to a bundle."""

    name: ClassVar[str] = "train"
    title: ClassVar[str] = "Train a model"
    title_zh: ClassVar[str] = "训练模型"
    summary: ClassVar[str] = "Trains a family on a data set version, exports it to ONNX and checks the export."
    summary_zh: ClassVar[str] = "在数据集版本上训练模型，导出为 ONNX 并核对导出结果。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "train"
    roles: ClassVar[Mapping[str, Role]] = {}
    chooses_family: ClassVar[bool] = True
    produces: ClassVar[str] = "model_version"
    stays_warm: ClassVar[bool] = False  # its memory is gone when it ends

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """The result report of docs/engine-folder.md; Stopped when asked to leave, with the state saved."""
        order = attempt.order
        family, loop = split(plugin("family", order["family"]), order["params"])
        data = data_of(family, order)
        first = next(iter(data.values()))
        spec = joined({role: folder.spec for role, folder in data.items()})
        family.check(spec)
        check_size(family, spec)
        check_needs_parent((family, loop), order["inputs"])
        what = about(family, loop, data, order)
        saved = saved_state(order["resume"], type(family), what) if order.get("resume") else None
        compute = compute_of(order, loop, saved[1] if saved else None)
        group = Group.join(compute.device)
        paces: dict[str, list[str]] = {}
        if not saved:
            compute, paces = way_of(order, compute, family, loop, data, group)
        training = Training(
            family=family, loop=loop, spec=spec, sources=sources_of(data, "train"), holdout=sources_of(data, "holdout"),
            parent={} if saved else parent_of(order), seed=str(order["seed"]), compute=compute, folder=attempt.folder,
            report=recorded(attempt, loop) if group.first else Unheard(), wants=attempt.wants, about=what,
            draw=grid_of(family, spec, first, attempt.folder), looks=looks_of(family, loop, spec, first), group=group,
        )  # fmt: skip
        training.ground = promise.ground(family, training.state.nets, compute)
        if saved:
            go_on(training, *saved)
        exact = {"exact": False, "exact_why": list(training.broken)} if training.broken else {"exact": True}
        ran = compute.facts(loop.batch_size, group.size) | exact | paces
        attempt.report.facts(**ran, torch=torch.__version__.split("+")[0])
        began_at = training.state.step
        state = training.run()
        group.leave()
        if not group.first:
            return {}
        if taken := compute.memory_taken():
            attempt.report.facts(gpu_memory_bytes=taken)
        steps_made = state.step - began_at
        rate = steps_made * loop.batch_size / training.seconds if training.seconds else 0.0
        figures = {"losses": losses_at_end(state.series), "steps": state.step, "samples_per_s": round(rate, 1)}
        if (step := training.looks.choose(state.exported(), state.step)) != state.step:
            figures["kept_step"] = step
            attempt.report.log(f"keeps the weights of step {step}, which were evaluated best")
        if scores := {name: one for name, one in training.scores().items() if math.isfinite(one["value"])}:
            figures["holdout"] = scores
        leave_if_cancelled(attempt, state.step)
        attempt.report.log("exporting")
        metrics = bundle_files.write(
            attempt.folder / "bundle", family=family, nets=state.exported(), spec=spec, made=first.spec,
            preprocess=first.preprocess, figures=figures, measure=measure_of(attempt, compute, state.step),
        )  # fmt: skip
        made = {"bundle": "bundle", "tensorboard": FILE, "metrics": metrics} | near_index(attempt.folder, first)
        return made | {"steps": state.step, "samples_per_s": round(rate, 1)}


def leave_if_cancelled(attempt: Attempt, step: int) -> None:
    """Stopped where nobody wants the model any more; whoever asks for less than that is soon served by its end."""
    if (want := attempt.wants()) == "cancel":
        raise Stopped(want, step)


def measure_of(attempt: Attempt, compute: Compute, step: int) -> Measure | None:
    """What the paths of the model are measured for: generation with the order's threads; None where nobody asks."""
    order = attempt.order
    seconds = float(order.get("measure_s") or 0)
    if not seconds:
        return None
    threads = order.get("threads")
    return Measure(
        seconds, threads if isinstance(threads, int) else compute.threads, compute.device, promise.processor_name(),
        lambda: leave_if_cancelled(attempt, step),
    )  # fmt: skip


def data_of(family: Any, order: Mapping[str, Any]) -> dict[str, DatasetFolder]:
    """The data sets of the order by role, in alphabetical order: the first says what is made."""
    roles = sorted(role for role, needs in family.roles.items() if needs.takes == "dataset_version")
    inputs = order["inputs"]
    for role in roles:
        if role not in inputs:
            raise InvalidInput(f"The input {role!r} is missing.", field=f"inputs.{role}", expected="a dataset folder")
    return {role: DatasetFolder.open(inputs[role]["path"]) for role in roles}


def sources_of(data: Mapping[str, DatasetFolder], part: str) -> dict[str, Source]:
    """One split of every data set."""
    return {role: Source(folder.split(part), folder.modality().encode) for role, folder in data.items()}


def parent_of(order: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The weights of the model that the training starts from; none where it starts afresh."""
    parent = order["inputs"].get("parent")
    if not parent:
        return {}
    weights = load_file(Path(parent["path"]) / "weights.safetensors")
    refuse_unsound(
        weights, field="inputs.parent",
        detail="The parent model has weights that are no numbers (NaN): go on from another version, or from none.",
    )  # fmt: skip
    return weights


def saved_state(folder: str, family: type, what: Mapping[str, Any]) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """A checkpoint that `what` may go on from; ResumeRefused or UnsoundWeights for any other."""
    tensors, said = checkpoint.read(folder)
    refuse_unless_same(with_defaults(said["about"], family), what)
    detail = "The saved state has weights that are no numbers (NaN). Clone the job: the copy starts afresh."
    refuse_unsound(tensors, field="resume", detail=detail)
    return tensors, said


def with_defaults(said: Mapping[str, Any], family: type) -> dict[str, Any]:
    """What a checkpoint says it is of, where parameters that came to the family later have their defaults."""
    fields = family.model_fields  # type: ignore[attr-defined]
    later = {name: one.default for name, one in fields.items() if name not in said.get("params", {})}
    return dict(said) | {"params": {**later, **said.get("params", {})}}


def about(
    family: Any, loop: LoopParameters, data: Mapping[str, DatasetFolder], order: Mapping[str, Any]
) -> dict[str, Any]:
    """What a checkpoint is of: a resume under anything else is refused."""
    said = {"family": family.name, "state_version": family.state_version}
    said |= {"params": family.model_dump(mode="json"), "batch_size": loop.batch_size, "seed": str(order["seed"])}
    said |= {role: folder.sha256 for role, folder in data.items()}
    parent = order["inputs"].get("parent")
    return said | ({"parent": parent.get("sha256")} if parent else {})


def recorded(attempt: Attempt, loop: LoopParameters) -> Recorded:
    """The attempt's reporter, which also keeps the event file that TensorBoard opens."""
    events = EventFile.begin(attempt.folder, attempt.order.get("resume"))
    return Recorded(attempt.report, events, attempt.folder, loop.steps, thinned(loop.sample_every, loop.steps))


def go_on(training: Training, tensors: Mapping[str, torch.Tensor], said: Mapping[str, Any]) -> None:
    """Go on from a checkpoint; what breaks the promise of the very same weights is recorded and said, each time."""
    training.resume(tensors, said)
    training.report.log(f"goes on from step {training.state.step}")
    before = Compute(**said["compute"])
    new = promise.changed(said.get("ground", {}), training.ground, training.state.step)
    if training.group.size != said.get("processes", 1):
        count, step = training.group.size, training.state.step
        new.append(f"{count} processes share the batch from step {step} on")
    if training.compute.micro_batch != before.micro_batch:
        step = training.state.step
        new.append(f"the batch is computed in parts of {training.compute.micro_batch} items from step {step} on")
    if training.compute.device.startswith("cuda"):
        new.append(f"a GPU may add up in another order than before step {training.state.step}")
    training.broken = (*said.get("broken", ()), *new)
    for why in training.broken:
        training.report.log(f"not exactly the training that it would have been without interruption: {why}", "warning")


def way_of(
    order: Mapping[str, Any], rule: Compute, family: Any, loop: LoopParameters, data: Mapping[str, DatasetFolder],
    group: Group,
) -> tuple[Compute, dict[str, list[str]]]:  # fmt: skip
    """The choice of a first start, and facts of what was tried for it; that of an earlier attempt where it is known."""
    known = order.get("facts") or {}
    if loop.precision == "auto" and {"precision", "layout"} <= known.keys():
        return replace(rule, precision=known["precision"], layout=known["layout"], why=str(known.get("why", ""))), {}
    specs = {role: folder.spec for role, folder in data.items()}
    way, paces = pace.fastest(rule, family, loop, specs, joined(specs), group.size)
    precision, layout, threads = group.told(f"{way.precision} {way.layout} {way.threads}").split()
    way = replace(way, precision=precision, layout=layout, threads=int(threads))
    return way, {"paces": [str(one) for one in paces]} if paces else {}


def compute_of(order: Mapping[str, Any], loop: LoopParameters, saved: Mapping[str, Any] | None) -> Compute:
    """The choice of the first start, used again on every resume so that the weights come out the same.

    `micro_batch` of the order is what an earlier attempt that ran out of memory leaves to this one.
    """
    micro_batch = int(order.get("micro_batch") or 0)
    if saved:
        return Compute(**saved["compute"]).in_parts(loop.micro_batch, ASKED_FOR).in_parts(micro_batch)
    threads = order.get("threads")
    if not isinstance(threads, int) or threads < 1:
        raise InvalidInput("The order names no threads.", field="threads", expected="1 or more", got=threads)
    rule = Compute.choose(str(order.get("device", "cpu")), loop.precision, threads)
    return rule.in_parts(loop.micro_batch, ASKED_FOR).in_parts(micro_batch)


def grid_of(family: Any, spec: Spec, made: DatasetFolder, folder: Path) -> Draw:
    """A function that draws the same items from the networks as they stand into a picture file.

    They come from GRID_SEED, whatever the seed of the training, so that trainings can be compared item by item.
    `spec` is what the family learns from, `made` the data set whose like it makes.
    """
    modality, wishes = made.modality(), plain(GRID_SEED, range(GRID_ITEMS), family.controls())

    def draw(nets: Nets, file: str, heed: Heed) -> Fields:
        sampling = of_networks(family, family.graphs(nets, spec), made.spec, modality)
        fields = sampling.fields(wishes, lambda _made, _steps: heed())
        shown.sheet(modality, modality.decode(fields, made.spec), folder / file)
        return fields

    return draw


def near_index(folder: Path, made: DatasetFolder) -> dict[str, Any]:
    """What near copies are found by, of the data set whose like is made: {near: {file, ...}}, or nothing."""
    sources = (sources_of({"made": made}, part)["made"] for part in ("train", "holdout"))
    index = NearIndex.build(made.modality(), made.spec, *sources)
    return {"near": {"file": NEAR_FILE} | index.write(folder / NEAR_FILE)} if index else {}


def losses_at_end(series: list[dict[str, Any]]) -> dict[str, float]:
    """The mean of each loss over the last entries of the series."""
    tail = [entry["values"] for entry in series[-SERIES_TAIL:]]
    names = sorted({name for values in tail for name in values})
    return {name: sum(v[name] for v in tail if name in v) / sum(name in v for v in tail) for name in names}


PLUGIN = Train
