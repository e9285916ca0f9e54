"""Released pictures, the folder that evidence unpacks to, and the trust bundle that came on another way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from accounts.models import Project, User
from lineage.models import Artifact
from lineage.trusted import trusted
from tests.evidence import released


@pytest.fixture
def pictures(project: Project, submitter: User, tmp_path: Path) -> list[Artifact]:
    """Three of one job."""
    return released.pictures(project, submitter, tmp_path)


@pytest.fixture
def trust(pictures: list[Artifact], tmp_path: Path) -> Path:
    """The trust bundle as a file."""
    place = tmp_path / "trust.json"
    place.write_text(json.dumps(trusted()))
    return place


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[[BinaryIO | bytes], Path]:
    """`unpacked(zip)`: the folder that it unpacks to."""

    def unpack(data: BinaryIO | bytes) -> Path:
        folder = tmp_path / f"evidence-{len(list(tmp_path.iterdir()))}"
        with io.BytesIO(data) if isinstance(data, bytes) else data as file, zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
        return folder

    return unpack
