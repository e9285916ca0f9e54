"""The bill of materials and the description of data are what their own validators accept, and name no person."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from accounts.models import User
from lineage import evidence_bundle
from lineage.models import Artifact
from models_store.croissant import DataVersion, croissant
from models_store.facts import DataFacts, ParentFacts, Rights
from models_store.ml_bom import ml_bom
from models_store.software import Package, pinned
from tests.models_store.facts_builder import facts

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0190aaaa-1111-7111-8111-00000000000c"


def bom(software: list[Package] | None = None, **changes: Any) -> dict[str, Any]:
    """Of a small model."""
    made = facts(**changes)
    return ml_bom(
        name="digits-small", version="2", version_id=VERSION, sha256="a" * 64, modality="image", made=made.as_dict(),
        rights=made.rights, use="Tests.", at="2026-01-02T03:04:05+00:00", software=software or [],
    )  # fmt: skip


def data(**changes: Any) -> DataVersion:
    """A small data set version."""
    said: dict[str, Any] = {
        "name": "digits", "number": 3, "version_id": VERSION, "sha256": "d" * 64, "at": "2026-01-02T03:04:05+00:00",
        "modality": "image", "source": "scanner 3", "licence": "CC0", "legal_basis": "consent", "owner": "Studio",
        "contains_personal_data": True, "sensitive_attributes": ("age",), "counts": {"train": 90, "holdout": 10},
        "spec": {"fields": [{"name": "image", "kind": "continuous", "shape": [1, 32, 32]}]},
        "files": {name: {"sha256": "e" * 64} for name in ("dataset.json", "train.safetensors", "holdout.safetensors")},
    }  # fmt: skip
    return DataVersion(**said | changes)


def problems(document: dict[str, Any]) -> object:
    """What the schema of CycloneDX 1.6 has against it; None where nothing."""
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))


PERSONAL = DataFacts(
    name="x", version=VERSION, sha256="d" * 64, source="", licence="", counts={},
    contains_personal_data=True, sensitive_attributes=("age", "sex"),
)  # fmt: skip
PARENT = ParentFacts(name="older", version="0190aaaa-1111-7111-8111-00000000000d", sha256="f" * 64)
CHANGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "nothing declared": {"rights": Rights(owner="", licence=""), "figures": {}, "limits": (), "data": {}},
    "personal data": {"data": {"data": PERSONAL}},
    "trained on": {"parents": {"parent": PARENT}},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_bill_of_materials_fits_the_schema_of_cyclonedx(changes: dict[str, Any]) -> None:
    locks = [ROOT / "requirements-web.lock", ROOT / "requirements.lock"]
    assert problems(bom(pinned(locks), **changes)) is None


def test_the_software_is_what_the_locks_pin_and_says_its_licences() -> None:
    found = {package.name: package for package in pinned([ROOT / "requirements-web.lock", ROOT / "no-such.lock"])}
    assert found["cryptography"].version
    assert not [name for name, package in found.items() if not package.expression and not package.licence]


def test_the_same_model_gives_the_same_bill_of_materials() -> None:
    assert bom() == bom()


def test_a_bill_of_materials_names_no_person_and_no_seed() -> None:
    text = json.dumps(bom())
    assert "ada" not in text.replace("metadata", "")
    assert facts().seed not in text


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib's own
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("changes", [{}, {"spec": {}, "files": {}, "licence": "", "counts": {}}], ids=["full", "bare"])
def test_the_description_of_data_is_what_mlcroissant_accepts(
    changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlcroissant

        caplog.set_level(logging.WARNING)
        said = mlcroissant.Dataset(jsonld=croissant(data(**changes)))
    assert said.metadata.name == "digits"
    assert caplog.messages == []


def test_a_description_of_data_names_no_file_but_the_platforms_own() -> None:
    own = data().files
    strange = own | {"patient-7.png": {"sha256": "e" * 64}, "preview.png": {"sha256": "e" * 64}}
    assert croissant(data(files=strange)) == croissant(data())


@pytest.mark.django_db
def test_those_of_a_real_bundle_are_accepted_too(
    pictures: list[Artifact], submitter: User, unpacked: Callable[..., Path]
) -> None:
    folder = unpacked(evidence_bundle.of_artifact(pictures[0], actor=submitter))
    said = json.loads((folder / "model/ml-bom.cdx.json").read_text())
    assert problems(said) is None
    data_id = pictures[0].model_version.dataset_version_id
    assert f"dataset:{data_id}" in {part["bom-ref"] for part in said["components"]}
    assert (folder / f"data/{data_id}.croissant.json").exists()
