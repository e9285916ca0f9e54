"""A stored file that is damaged or gone is named to whoever meets it, with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from models_store.blobs import FileBlobs
from models_store.errors import IntegrityFailure
from workers.tasks import orders


@pytest.mark.parametrize("harm", [Path.unlink, lambda place: place.write_bytes(b"other")], ids=["gone", "changed"])
def test_the_file_is_named_with_the_way_out(tmp_path, monkeypatch, harm):
    store = FileBlobs(tmp_path / "store", durable=False)
    files = {name: store.put("space", name.encode()) for name in ("graphs.json", "metrics.json")}
    place = store.path("space", files["metrics.json"])
    place.chmod(0o600)
    harm(place)
    monkeypatch.setattr(orders, "blobs", lambda: store)
    with pytest.raises(IntegrityFailure) as error:
        orders._lay_out("space", files, tmp_path / "out", of="digits v3", field="inputs.model", way_out="take another")
    assert (error.value.field, error.value.expected) == ("inputs.model", files["metrics.json"])
    assert error.value.detail.startswith("metrics.json of digits v3 is missing")
    assert error.value.detail.endswith(": take another.")
