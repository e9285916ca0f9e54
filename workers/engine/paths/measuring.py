"""Measure every path of a model that was just exported: how fast, how far from torch, and whether its items hold."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models_store.errors import ProductError
from workers.contracts import Fields, Graph
from workers.engine.export import example
from workers.engine.parity import apart
from workers.engine.paths import eight_bits, half_precision, phases, quality
from workers.engine.paths.candidates import BASELINE, CANDIDATES, EIGHT_BITS, HALVES, PHASES, PUBLISHED, Candidate
from workers.engine.paths.opening import Arrays, Open, opened
from workers.engine.paths.table import Row, table
from workers.engine.paths.torch_beside import Eager
from workers.engine.runners import Sampler

BATCHES = (1, 32)  # one item, and the padded batch of generation (sampler.BATCH)
COMPARED = 7
LEAST_ROUNDS, MOST_ROUNDS = 3, 15
SHIFT = 3  # rows that a batch is turned by, to see whether a place in it matters
FAR_BEHIND = 4.0  # a path so many times slower than the fastest is timed once


@dataclass(frozen=True)
class Measure:
    """What is to be measured for: a device with so many threads, within about so many seconds.

    `leave` is called between two paths and between two rounds, and raises where the work is no longer wanted.
    """

    seconds: float
    threads: int
    device: str = "cpu"
    processor: str = ""
    leave: Callable[[], None] = lambda: None


@dataclass
class Tried:
    """A candidate that opened, with what was found so far."""

    candidate: Candidate
    row: Row
    opened: Mapping[str, Open]
    taken: dict[int, list[float]] = field(default_factory=dict)  # seconds by batch size


@dataclass
class Measurement:
    """The paths of one bundle here; `sampling` samples the networks in torch, `tolerance` is the family's."""

    folder: Path
    graphs: Mapping[str, Graph]
    sampling: Sampler
    tolerance: float
    measure: Measure
    clock: Callable[[], float] = time.perf_counter

    def run(self) -> dict[str, Any]:
        """The table (table.py); graphs of paths that nobody may take are removed from the bundle."""
        began = self.clock()
        with _threads(self.measure.threads):
            self._write_graphs()
            tried, rows = [], list[Row]()
            for candidate in CANDIDATES:
                if candidate.device == "cuda" and not self.measure.device.startswith("cuda"):
                    continue
                for threads in self._threads_of(candidate):
                    self.measure.leave()
                    one = self._tried(candidate, threads)
                    (tried if isinstance(one, Tried) else rows).append(one)  # type: ignore[arg-type]
            self._time(tried, began)
            rows = [self._judged(one) for one in tried] + rows
        self._clear(rows)
        about = self.measure
        return table(rows, batch=BATCHES[-1], threads=about.threads, processor=about.processor, device=about.device)

    def _threads_of(self, candidate: Candidate) -> list[int]:
        if candidate.device == "cuda" or candidate.runtime == "torch" or self.measure.threads == 1:
            return [self.measure.threads]
        return [self.measure.threads, 1]

    @cached_property
    def _outputs(self) -> dict[str, list[str]]:
        return {name: [port.name for port in graph.outputs] for name, graph in self.graphs.items()}

    @cached_property
    def _published(self) -> tuple[Fields, Mapping[str, list[Arrays]]]:
        """A few items of the published graphs, and what those were called with."""
        run = {name: opened(self.folder, BASELINE, name, threads=self.measure.threads) for name in self.graphs}
        noted = quality.Noted(quality.call_of(run, self._outputs), eight_bits.CALLS)
        return quality.made(self.sampling, noted), noted.fed

    def _write_graphs(self) -> None:
        for name in self.graphs:
            source = self.folder / PUBLISHED / f"{name}.onnx"
            phases.written(source, self.folder / PHASES / source.name)
            if self.measure.device.startswith("cuda"):
                half_precision.written(source, self.folder / HALVES / source.name)
            elif eight_bits.is_dense(source):
                eight_bits.written(source, self.folder / EIGHT_BITS / source.name, self._published[1].get(name, ()))

    def _tried(self, candidate: Candidate, threads: int) -> Tried | Row:
        """The candidate, open and compared with torch; a row that says why where it does not run."""
        empty = Row(
            candidate.name, threads, {}, tolerance=candidate.apart or self.tolerance, same_at_least=candidate.same
        )
        try:
            run = {name: self._open(candidate, name, threads) for name in self.graphs}
            apart = max(self._apart(candidate, name, run[name]) for name in self.graphs)
            alone = all(self._alone(name, run[name]) for name in self.graphs)
        except ProductError as why:
            return replace(empty, why=why.detail)
        except Exception as why:  # a runtime's own classes; one path less is no reason to lose a training
            return replace(empty, why=f"{type(why).__name__}: {str(why)[:200]}")
        return Tried(candidate, replace(empty, apart=apart, alone=alone), run)

    def _open(self, candidate: Candidate, graph: str, threads: int) -> Open:
        if candidate.runtime == "torch":
            return Eager(self.graphs[graph], candidate.precision)
        return opened(self.folder, candidate, graph, device=self.measure.device, threads=threads)

    def _fed(self, graph: str, batch: int, seed: int = 0) -> Arrays:
        ports = self.graphs[graph].inputs
        return {port.name: one.numpy() for port, one in zip(ports, example(ports, batch, seed), strict=True)}

    def _apart(self, candidate: Candidate, graph: str, run: Open) -> float:
        """How far one call on random inputs is from torch in fp32: as the candidate's tolerance is meant."""
        fed, names = self._fed(graph, COMPARED, seed=1), self._outputs[graph]
        expected = Eager(self.graphs[graph], "fp32").run(names, fed)
        found = [
            apart(one, two, relative=candidate.apart is not None)
            for one, two in zip(expected, run.run(names, fed), strict=True)
        ]
        return float(np.max(found))

    def _alone(self, graph: str, run: Open) -> bool:
        """Whether rows have the same bits at other places of a batch, beside other rows."""
        batch, names = BATCHES[-1], self._outputs[graph]
        fed, strange = self._fed(graph, batch, seed=2), self._fed(graph, batch, seed=3)
        kept = np.arange(batch) % 2 == 0
        mixed = {name: np.roll(_where(kept, value, strange[name]), SHIFT, 0) for name, value in fed.items()}
        one = [value[kept] for value in run.run(names, fed)]
        two = [np.roll(value, -SHIFT, 0)[kept] for value in run.run(names, mixed)]
        return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))

    def _time(self, tried: list[Tried], began: float) -> None:
        """Alternating rounds over all that opened, until time is up; the least counts, since other work only adds."""
        for batch in BATCHES:
            fed = {name: self._fed(name, batch) for name in self.graphs}
            once = {place: self._call(one, fed, batch) for place, one in enumerate(tried)}  # also a warm-up
            near = [one for place, one in enumerate(tried) if once[place] <= FAR_BEHIND * min(once.values())]
            for one in tried:
                if one in near:
                    one.taken[batch].clear()
            share = began + self.measure.seconds * (BATCHES.index(batch) + 1) / len(BATCHES)
            for turn in range(MOST_ROUNDS):
                if turn >= LEAST_ROUNDS and self.clock() > share:
                    break
                self.measure.leave()
                for one in near if turn % 2 == 0 else reversed(near):
                    self._call(one, fed, batch)
        for one in tried:
            ms = {str(batch): round(1000 * min(taken), 3) for batch, taken in one.taken.items()}
            one.row = replace(one.row, ms=ms)

    def _call(self, one: Tried, fed: Mapping[str, Arrays], batch: int) -> float:
        torch.set_num_threads(one.row.threads)
        began = self.clock()
        for name in self.graphs:
            one.opened[name].run(self._outputs[name], fed[name])
        one.taken.setdefault(batch, []).append(self.clock() - began)
        return one.taken[batch][-1]

    def _judged(self, one: Tried) -> Row:
        """The row with its verdict; items are compared where the single call passes and one candidate asks for it."""
        row, candidate = one.row, one.candidate
        if row.apart is not None and math.isinf(row.apart):
            return replace(row, why="makes other tokens than torch")
        if row.apart is None or row.tolerance is None or not row.apart <= row.tolerance:
            return replace(row, why=f"differs from torch by {row.apart:.2g}, at most {row.tolerance:g} may be")
        if not candidate.is_onnx:
            return replace(row, passes=True)
        if not row.alone and candidate is not BASELINE:
            return replace(row, why="an item depends on those beside it in its batch")
        if candidate.same is None:
            return replace(row, passes=True)
        same = round(quality.same(self._published[0], quality.made(self.sampling, self._call_of(one))), 4)
        if same < candidate.same:
            return replace(row, same=same, why="whole items come out too unlike those of fp32")
        return replace(row, same=same, passes=True)

    def _call_of(self, one: Tried) -> Any:
        return quality.call_of(one.opened, self._outputs)

    def _clear(self, rows: list[Row]) -> None:
        """Remove graphs that only paths run which do not pass."""
        kept = {GRAPHS_OF[row.path] for row in rows if row.passes}
        for folder in {PHASES, EIGHT_BITS, HALVES} - kept:
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        if (place := self.folder / "paths").is_dir() and not any(place.iterdir()):
            place.rmdir()


GRAPHS_OF = {one.name: one.graphs for one in CANDIDATES}


def _where(kept: NDArray[Any], one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    return np.where(kept.reshape(-1, *([1] * (one.ndim - 1))), one, other)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Torch with so many threads, and as it was afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
