"""DICOM files for tests, each written from an array."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage

PLAIN, RLE = ExplicitVRLittleEndian, RLELossless


def dicom_dataset(values: np.ndarray, *, frames: int = 1, syntax: str = PLAIN, **header: Any) -> FileDataset:
    """A secondary capture of values (H, W), (H, W, 3) or, with `frames`, (N, H, W), and what else the header says."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3.4"
    meta.TransferSyntaxUID = PLAIN
    made = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3.4"
    made.Rows, made.Columns = values.shape[1:3] if frames > 1 else values.shape[:2]
    made.SamplesPerPixel = 3 if values.ndim == 3 and frames == 1 else 1
    made.PhotometricInterpretation = "RGB" if made.SamplesPerPixel == 3 else "MONOCHROME2"
    if made.SamplesPerPixel == 3:
        made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = 8 * values.dtype.itemsize
    made.HighBit, made.PixelRepresentation = made.BitsStored - 1, int(values.dtype.kind == "i")
    if frames > 1:
        made.NumberOfFrames = frames
    made.PixelData = values.tobytes()
    made["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
    for name, value in header.items():
        setattr(made, name, value)
    if syntax != PLAIN:
        made.compress(syntax, generate_instance_uid=False)
    return made


def bytes_of(made: FileDataset) -> bytes:
    """The dataset as a file."""
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def dicom(values: np.ndarray, **said: Any) -> bytes:
    """The same as the bytes of a file."""
    return bytes_of(dicom_dataset(values, **said))
