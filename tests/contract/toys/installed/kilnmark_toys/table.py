"""Modality `toy_table`: rows of numbers and labels, any of which may be missing; one item is one row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from torch import Tensor

from kilnmark_toys.csv_rows import Rows, read, split
from models_store.errors import NotFound
from workers.contracts import Field, Fields, Plugin, Reporter, Spec, knob
from workers.modalities.dataset_folder import seal

LINE_PX, WIDTH_PX = 14, 480


class ToyTable(Plugin):
    """Numbers are stored as float32 with NaN where missing, labels as int64 by their place, "" where missing.

    An item is two rows of text, (2, columns): the names and the values, so that it can be written by itself.
    """

    name: ClassVar[str] = "toy_table"
    title: ClassVar[str] = "Toy table"
    title_zh: ClassVar[str] = "玩具表格"
    summary: ClassVar[str] = "Rows of numbers and labels."
    summary_zh: ClassVar[str] = "由数值与标签组成的行。"
    file_types: ClassVar[tuple[str, ...]] = (".csv",)
    media_type: ClassVar[str] = "text/csv"
    builtins: ClassVar[tuple[str, ...]] = ()

    scales: dict[str, tuple[float, float]] = knob(
        {},
        title_zh="列的尺度",
        help="Mean and standard deviation of each column of numbers; found when data come in.",
        help_zh="每个数值列的均值与标准差；导入数据时求得。",
    )

    def ingest(self, source: Path, out: Path, report: Reporter, *, name: str = "") -> Mapping[str, Any]:
        """Read a CSV with a header into the dataset folder `out`; what was found of its columns is recorded with it."""
        rows, problems = read(source.read_bytes(), name)
        report.progress(len(rows.cells), len(rows.cells), "rows")
        sides = {side: Rows(rows.names, cells) for side, cells in split(rows.cells).items()}
        found = self.model_copy(update={"scales": sides["train"].scales()})
        spec = Spec(self.name, tuple(rows.field(column) for column in rows.names))
        out.mkdir(parents=True)
        for side, part in sides.items():
            raw = {field.name: torch.from_numpy(part.column(field)) for field in spec.fields}
            save_file(raw, out / f"{side}.safetensors")
            if side == "train":
                found.sheet(found.decode(found.encode(raw), spec)[:20], out / "preview.png")
        counts = {side: len(part.cells) for side, part in sides.items()}
        profile = {"count": len(rows.cells), "columns": len(rows.names)}
        sha256 = seal(out, spec=spec, params=json.loads(found.model_dump_json()), counts=counts, profile=profile)
        return {"sha256": sha256, "counts": counts, "problems": problems, "profile": profile}

    def ingest_builtin(self, builtin_name: str, out: Path, report: Reporter) -> Mapping[str, Any]:
        """There is no built-in table."""
        raise NotFound(code="builtin_missing", field="builtin", expected=[], got=builtin_name)

    def encode(self, raw: Mapping[str, Tensor]) -> Fields:
        """Numbers (B,) float32 of mean 0 and deviation 1, NaN where missing; labels (B,) int64."""
        made = {}
        for name, column in raw.items():
            mean, deviation = self.scales.get(name, (0.0, 1.0))
            made[name] = (column - mean) / deviation if column.is_floating_point() else column.long()
        return made

    def decode(self, fields: Fields, spec: Spec) -> list[NDArray[np.str_]]:
        """B rows, (2, columns) text: numbers with six digits, nothing where a value is missing."""
        columns = [self.written(part, fields[part.name]) for part in spec.fields]
        names = [part.name for part in spec.fields]
        return [np.array([names, list(row)]) for row in zip(*columns, strict=True)]

    def written(self, part: Field, values: Tensor) -> list[str]:
        """One column (B,) as it stands in a file."""
        if part.kind == "categorical":
            return [part.labels[number] for number in values.tolist()]
        mean, deviation = self.scales.get(part.name, (0.0, 1.0))
        return ["" if value != value else f"{value * deviation + mean:.6g}" for value in values.double().tolist()]

    def stored(self, items: Sequence[NDArray[np.str_]], spec: Spec) -> dict[str, NDArray[Any]]:
        """Rows back to arrays as they are stored."""
        rows = Rows([part.name for part in spec.fields], [item[1].tolist() for item in items])
        return {part.name: rows.column(part) for part in spec.fields}

    def file_bytes(self, item: NDArray[np.str_]) -> bytes:
        """One row as CSV (RFC 4180, lines end with \\n) under its header."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(item.tolist())
        return out.getvalue().encode()

    def fingerprint(self, item: NDArray[np.str_]) -> str:
        """None: a row has too little in it."""
        return ""

    def sheet(self, items: Iterable[NDArray[np.str_]], path: Path, labels: Iterable[str] = ()) -> None:
        """A line for each row, behind its label if labels are given."""
        rows, texts = list(items), list(labels)
        picture = Image.new("L", (WIDTH_PX, LINE_PX * len(rows) + 2), 255)
        for place, item in enumerate(rows):
            line = "  ".join(texts[place : place + 1] + [f"{name}={value}" for name, value in item.T.tolist()])
            ImageDraw.Draw(picture).text((2, LINE_PX * place + 1), line, fill=0)
        picture.save(path, "PNG")
