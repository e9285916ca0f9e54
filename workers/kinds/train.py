"""Train a family on a dataset version, export it, and leave a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch.nn import Module

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Plugin, Role, Spec
from workers.engine import bundle_files, checkpoint
from workers.engine.dataset_files import DatasetFolder
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import split
from workers.engine.sampler import noise
from workers.plugins import plugin

GRID_ITEMS = 64
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
        data = DatasetFolder.open(order["inputs"]["data"]["path"])
        family, loop = split(plugin("family", order["family"]), order["params"])
        family.check(data.spec)
        about = {"family": family.name, "state_version": family.state_version, "data": data.sha256}
        about |= {"params": family.model_dump(mode="json"), "batch_size": loop.batch_size, "seed": str(order["seed"])}
        saved = checkpoint.read(order["resume"]) if order.get("resume") else None
        compute = compute_of(order, loop.precision, saved[1] if saved else None)
        modality = data.modality()
        training = Training(
            family=family, loop=loop, spec=data.spec, data=data.split("train"), encode=modality.encode,
            seed=str(order["seed"]), compute=compute, folder=attempt.folder, report=attempt.report,
            wants=attempt.wants, draw=grid_of(family, data.spec, modality, str(order["seed"]), attempt.folder),
            about=about,
        )  # fmt: skip
        if saved:
            checkpoint.refuse_unless_same(saved[1]["about"], about)
            training.resume(*saved)
            attempt.report.log(f"goes on from step {training.state.step}")
        attempt.report.facts(**compute.as_dict(), torch=torch.__version__.split("+")[0])
        began_at = training.state.step
        state = training.run()
        steps_made = state.step - began_at
        rate = steps_made * loop.batch_size / training.seconds if training.seconds else 0.0
        figures = {"losses": losses_at_end(state.series), "steps": state.step, "samples_per_s": round(rate, 1)}
        attempt.report.log("exporting")
        metrics = bundle_files.write(
            attempt.folder / "bundle", family=family, nets=state.exported(), spec=data.spec,
            preprocess=data.preprocess, figures=figures,
        )  # fmt: skip
        return {"bundle": "bundle", "metrics": metrics, "steps": state.step, "samples_per_s": round(rate, 1)}


def compute_of(order: Mapping[str, Any], precision: str, saved: Mapping[str, Any] | None) -> Compute:
    """The choice of the first start, used again on every resume so that the weights come out the same."""
    if saved:
        return Compute(**saved["compute"])
    threads = order.get("threads")
    if not isinstance(threads, int) or threads < 1:
        raise InvalidInput("The order names no threads.", field="threads", expected="1 or more", got=threads)
    return Compute.choose(str(order.get("device", "cpu")), precision, threads)


def grid_of(
    family: Any, spec: Spec, modality: Any, seed: str, folder: Path
) -> Callable[[Mapping[str, Module], str], None]:
    """A function that draws the same 64 artifacts from the networks as they stand into a picture file."""

    def draw(nets: Mapping[str, Module], file: str) -> None:
        graphs = family.graphs(nets, spec)
        device = next(iter(next(iter(graphs.values())).module.state_dict().values())).device

        def call(graph: str, /, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
            module = graphs[graph].module
            was = module.training
            with torch.no_grad():
                made = module.eval()(*(inputs[port.name].to(device) for port in graphs[graph].inputs))
            module.train(was)
            made = made if isinstance(made, tuple) else (made,)
            return {port.name: value.float().cpu() for port, value in zip(graphs[graph].outputs, made, strict=True)}

        ports = [port for graph in graphs.values() for port in graph.inputs if port.role == "noise"]
        made = family.step(call, noise(ports, seed, range(GRID_ITEMS)), None, {})
        modality.sheet(modality.decode(made), folder / file)

    return draw


def losses_at_end(series: list[dict[str, Any]]) -> dict[str, float]:
    """The mean of each loss over the last entries of the series."""
    tail = [entry["values"] for entry in series[-SERIES_TAIL:]]
    names = sorted({name for values in tail for name in values})
    return {name: sum(v[name] for v in tail if name in v) / sum(name in v for v in tail) for name in names}


PLUGIN = Train
