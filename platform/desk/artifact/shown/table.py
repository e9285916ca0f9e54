"""Tables: the first rows, and each column's distribution beside that of the data that the model learnt from."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.artifact.columns import MOST_BYTES, columns_of, read_table
from desk.artifact.content import head_of
from desk.artifact.viewer import Viewer
from lineage.models import Artifact

TILE_BYTES, TILE_ROWS, TILE_COLUMNS, SHOWN_ROWS = 4_096, 5, 3, 20


def tile(artifact: Artifact) -> dict[str, Any]:
    """The first rows of the first columns."""
    table = read_table(head_of(artifact, TILE_BYTES), is_whole=artifact.size <= TILE_BYTES)
    return {"names": table.names[:TILE_COLUMNS], "rows": [row[:TILE_COLUMNS] for row in table.rows[:TILE_ROWS]]}


def page(artifact: Artifact) -> dict[str, Any]:
    """Rows and columns; the profile is that of the data set version that the model was trained on."""
    table = read_table(head_of(artifact, MOST_BYTES), is_whole=artifact.size <= MOST_BYTES)
    data = artifact.model_version.dataset_version
    real = data.profile.get("columns") if data is not None and isinstance(data.profile, dict) else None
    columns = columns_of(table, real if isinstance(real, list) else [])
    return {
        "names": table.names,
        "rows": table.rows[:SHOWN_ROWS],
        "counted": len(table.rows),
        "table_goes_on": table.more,
        "columns": columns,
        "compared": any(column.is_compared for column in columns),
        "real_data": data,
    }


VIEWER = Viewer(
    name="table",
    title=_("Table"),
    media_types=("text/csv",),
    icon="table",
    tile=tile,
    page=page,
)
