"""The description of a data set version in Croissant (MLCommons, version 1.0): what it is, not what lies in it.

Only the platform's own files are named, and none of an upload; no item, no person, no free notes are in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
OWN_FILES = frozenset({"dataset.json", "train.safetensors", "holdout.safetensors"})
TYPES = {"continuous": "sc:Float", "categorical": "sc:Integer", "token": "sc:Integer", "length": "sc:Integer"}
FORMATS = {".json": "application/json", ".safetensors": "application/octet-stream"}
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


@dataclass(frozen=True, kw_only=True)
class DataVersion:
    """One data set version as its declaration and its ingest say; `files` are name -> {sha256, size}."""

    name: str
    number: int
    version_id: str
    sha256: str
    at: str  # ISO 8601
    modality: str
    source: str
    licence: str
    legal_basis: str
    owner: str
    contains_personal_data: bool
    sensitive_attributes: tuple[str, ...]
    counts: Mapping[str, int]
    spec: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]


def croissant(data: DataVersion) -> dict[str, Any]:
    """JSON-LD; the same version gives the same document."""
    files = {name: said for name, said in sorted(data.files.items()) if name in OWN_FILES}
    counts = ", ".join(f"{split} {count}" for split, count in sorted(data.counts.items()))
    personal = (
        "It is declared to contain personal data."
        if data.contains_personal_data
        else ("It is declared to contain no personal data.")
    )
    said: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": f"urn:uuid:{data.version_id}",
        "name": data.name,
        "version": f"{data.number}.0.0",
        "conformsTo": CONFORMS_TO,
        "description": f"A data set of modality {data.modality} ({counts}). {personal} "
        "This document describes it; the data themselves stay on the platform.",
        "license": data.licence or "not stated",
        "url": f"urn:uuid:{data.version_id}",
        "creator": {"@type": "sc:Organization", "name": data.owner},
        "datePublished": data.at,
        "isLiveDataset": False,
        "identifier": f"sha256:{data.sha256}",
        "citeAs": f"{data.owner}: {data.name}, version {data.number}, SHA-256 {data.sha256}",
        "rai:dataCollection": data.source,
        "rai:dataUseCases": f"Legal basis as declared: {data.legal_basis or 'not stated'}.",
        "rai:personalSensitiveInformation": list(data.sensitive_attributes),
        "distribution": [_file(name, entry) for name, entry in files.items()],
    }
    splits = [name for name in files if name.endswith(".safetensors")]
    return said | {"recordSet": [_records(split, data.spec) for split in splits]}


def _file(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": f"urn:sha256:{said['sha256']}",
        "encodingFormat": FORMATS[PurePosixPath(name).suffix],
        "sha256": said["sha256"],
        **({"contentSize": f"{said['size']} B"} if "size" in said else {}),
    }


def _records(file: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The items of one split: a field for each array."""
    split = PurePosixPath(file).stem
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "field": [_field(split, file, one) for one in spec.get("fields") or ()],
    }


def _field(split: str, file: str, said: Mapping[str, Any]) -> dict[str, Any]:
    shape = " x ".join(map(str, said.get("shape") or ())) or "one value"
    return {
        "@type": "cr:Field",
        "@id": f"{split}/{said['name']}",
        "name": str(said["name"]),
        "description": f"{said['kind']}, shape of an item: {shape}",
        "dataType": TYPES.get(str(said["kind"]), "sc:Float"),
        "source": {"fileObject": {"@id": file}, "extract": {"fileProperty": "content"}},
    }
