"""Pictures of DICOM files: decoded, brought to display values as their header says, without the header.

PS3.3, C.11.1 (rescaling), C.11.2 (windows), C.7.6.3.1.2 (MONOCHROME1); PS3.5, annex A (transfer syntaxes).
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.modalities.depth import Depth, spread
from workers.modalities.dicom_header import Headers, said
from workers.modalities.members import BadFile, Limits, shown
from workers.modalities.picture import Picture

if TYPE_CHECKING:
    from pydicom import Dataset

RLE, RLE_FACTOR = "1.2.840.10008.1.2.5", 64  # two bytes become 128 at most
WATCHED_BYTES = 1 << 28  # that a packed frame might become; below, it is not looked through before
DECODERS = {  # of transfer syntaxes that are packed: all by what is installed anyway
    RLE: "pydicom",
    "1.2.840.10008.1.2.4.50": "pillow",  # JPEG, 8 bits
    "1.2.840.10008.1.2.4.51": "pillow",  # JPEG, extended: 8 bits only
    "1.2.840.10008.1.2.4.90": "pillow",  # JPEG 2000, lossless
    "1.2.840.10008.1.2.4.91": "pillow",  # JPEG 2000
}
PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
CODECS_IN_WORDS = "pixels that are not packed, or packed as RLE, JPEG (8 bits) or JPEG 2000"
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT", "YBR_PARTIAL_420", "YBR_PARTIAL_422")
GREYS = ("MONOCHROME1", "MONOCHROME2")
PALETTE = "PALETTE COLOR"
RESCALE, WINDOW = ("RescaleSlope", "RescaleIntercept"), ("WindowCenter", "WindowWidth", "VOILUTFunction")


def dicom_pictures(
    data: bytes, file: str, label: str | None, limits: Limits, depth: Depth, headers: Headers
) -> Iterator[Picture]:
    """Every frame of one file, eight bits, grey or RGB; `headers` counts what the file tells of people.

    Raises BadFile: dicom_damaged, dicom_without_picture, dicom_codec, dicom_colours, burnt_in_annotation,
    picture_too_large. The frames before a broken one are given.
    """
    header = _read(data, file)
    headers.look(header)
    frames = _frames(header, file, limits)
    size, values = (int(header.Columns), int(header.Rows)), _values(header, frames)
    for index in range(frames):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # remarks on odd headers
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                pixels = _shown(header, next(values), index, depth)
        except Exception as error:  # decoders over a stranger's bytes raise anything
            raise _damaged(file, error) from error
        name = file if frames == 1 else f"{file}[{index}]"
        yield Picture(name, label, Image.fromarray(pixels), size, "DICOM")


def _read(data: bytes, file: str) -> Dataset:
    """The header with the packed pixels; BadFile where it does not read, is packed itself, or says no picture."""
    from pydicom import dcmread  # 0.2 s, for those alone who have such files
    from pydicom.filereader import read_dataset, read_preamble

    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)  # its remarks quote values: names of patients
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stream = io.BytesIO(data)
            read_preamble(stream, False)
            meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
            syntax = str(meta.TransferSyntaxUID)
            if syntax in (*PLAIN, *DECODERS):  # not the one whose header is deflated, by whatever factor
                header = dcmread(io.BytesIO(data))
                list(header.iterall())  # reads all of it, so that a broken element shows here
    except Exception as error:
        raise _damaged(file, error) from error
    if syntax not in (*PLAIN, *DECODERS):
        raise BadFile(code="dicom_codec", field=file, expected=CODECS_IN_WORDS, got=_named(syntax))
    if "PixelData" not in header:
        got = _named(said(header, "SOPClassUID"))
        raise BadFile(code="dicom_without_picture", field=file, expected="pixels (7FE0,0010)", got=got)
    return header


def _named(uid: str) -> str:
    """What the standard calls it."""
    from pydicom.uid import UID_dictionary

    return UID_dictionary[uid][0] if uid in UID_dictionary else "an unknown kind"


def _frames(header: Dataset, file: str, limits: Limits) -> int:
    """How many frames there are, where they may be used at all."""
    if said(header, "BurnedInAnnotation") == "YES":
        expected = "no writing in the picture: Burned In Annotation (0028,0301) NO, or absent"
        raise BadFile(code="burnt_in_annotation", field=file, expected=expected, got="YES")
    colours = said(header, "PhotometricInterpretation")
    if colours not in (*GREYS, *COLOURS, PALETTE):
        expected = "MONOCHROME1, MONOCHROME2, RGB, YBR or PALETTE COLOR"
        raise BadFile(code="dicom_colours", field=file, expected=expected, got=shown(colours[:16]) or "nothing")
    try:
        rows, columns, frames = int(header.Rows), int(header.Columns), int(header.get("NumberOfFrames") or 1)
    except (AttributeError, TypeError, ValueError) as error:
        raise _damaged(file, error) from error
    if not 0 < rows * columns <= limits.pixels:
        expected = f"1 to {limits.pixels:,} pixels"
        raise BadFile(code="picture_too_large", field=file, expected=expected, got=f"{columns} x {rows}")
    return max(1, frames)


def _values(header: Dataset, frames: int) -> Iterator[NDArray[Any]]:
    """Stored values of each frame, (H, W) or RGB (H, W, 3), without what older files keep in unused bits.

    One walk through the file: packed frames that no table lists can only be found from the first one on.
    """
    from pydicom.pixels import iter_pixels

    syntax = str(header.file_meta.TransferSyntaxUID)
    if syntax == RLE:
        _refuse_swollen(header, frames)
    held, used = int(header.BitsAllocated), int(header.get("BitsStored") or header.BitsAllocated)
    above = held - 1 - int(header.get("HighBit") or used - 1)  # bits over the highest one
    for values in iter_pixels(header, decoding_plugin=DECODERS.get(syntax, "")):
        if syntax in PLAIN and values.dtype.kind in "iu" and used < held and held == 8 * values.dtype.itemsize:
            values = (values << above) >> (held - used)  # as signed or unsigned, as the array is
        yield values


def _refuse_swollen(header: Dataset, frames: int) -> None:
    """ValueError where a frame would unpack to far more than its pixels take: the decoder would unpack all of it."""
    from pydicom.encaps import generate_frames

    samples = int(header.SamplesPerPixel) * int(header.BitsAllocated) // 8
    most = 2 * int(header.Rows) * int(header.Columns) * samples
    for frame in generate_frames(header.PixelData, number_of_frames=frames):
        if len(frame) * RLE_FACTOR > WATCHED_BYTES and unpacked_bytes(frame, most) > most:
            raise ValueError("a frame that unpacks to more than its pixels")


def unpacked_bytes(frame: bytes, most: int) -> int:
    """To how many bytes an RLE frame unpacks (PS3.5, annex G); no longer counted once they are more than `most`."""
    words = [int.from_bytes(frame[place : place + 4], "little") for place in range(0, 64, 4)]
    ends, total = [*words[1 : 1 + min(words[0], 15)], len(frame)], 0
    for place, end in pairwise(ends):
        while place < min(end, len(frame)) and total <= most:
            head = frame[place]
            total += head + 1 if head < 128 else (257 - head) % 129  # 128 says nothing
            place += head + 2 if head < 128 else 1 + (head > 128)
    return total


def _shown(header: Dataset, values: NDArray[Any], index: int, depth: Depth) -> NDArray[np.uint8]:
    """Display values, uint8 (H, W) or (H, W, 3)."""
    from pydicom.pixels import apply_color_lut, apply_modality_lut

    if said(header, "PhotometricInterpretation") == PALETTE:
        values = apply_color_lut(values, header)[..., :3]
        return values if values.dtype == np.uint8 else spread(values, 0, np.iinfo(values.dtype).max)
    if values.ndim == 3:
        highest = (1 << int(header.get("BitsStored") or 8)) - 1
        if highest <= 255:
            return spread(values, 0, highest)
        return spread(values, 0, highest) if depth.is_full else depth.spread(values)
    counted = values != header.get("PixelPaddingValue") if "PixelPaddingValue" in header else np.ones_like(values, bool)
    if "ModalityLUTSequence" in header:
        values = apply_modality_lut(values, header)
    else:
        slope, intercept = (_of_frame(header, index, "PixelValueTransformationSequence", name) for name in RESCALE)
        values = values * float(1 if slope is None else slope) + float(intercept or 0)
    pixels = _windowed(header, values, index, counted) if depth.is_full else depth.spread(values, counted)
    dark = (
        said(header, "PhotometricInterpretation") == "MONOCHROME1" or said(header, "PresentationLUTShape") == "INVERSE"
    )
    return 255 - pixels if dark else pixels


def _windowed(header: Dataset, values: NDArray[Any], index: int, counted: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """By the file's first lookup table or window; without any, from its lowest value to its highest."""
    from pydicom.pixels import apply_voi

    if table := header.get("VOILUTSequence"):
        bits = int(table[0].LUTDescriptor[2])
        return spread(apply_voi(np.rint(values).astype(np.int64), header), 0, (1 << bits) - 1)
    centre, width, function = (_of_frame(header, index, "FrameVOILUTSequence", name) for name in WINDOW)
    if centre is None or width is None:
        seen = values[counted] if counted.any() else values
        return spread(values, float(seen.min()), float(seen.max()))
    return windowed(values, _first(centre), _first(width), str(function or "LINEAR").strip().upper())


def windowed(values: NDArray[Any], centre: float, width: float, function: str = "LINEAR") -> NDArray[np.uint8]:
    """PS3.3, C.11.2.1.2: LINEAR, LINEAR_EXACT or SIGMOID, to 0..255; ValueError for a width that is none."""
    if not np.isfinite([centre, width]).all() or width <= 0 or (function == "LINEAR" and width < 1):
        raise ValueError(f"a window of width {width:g}")
    if function == "SIGMOID":
        return spread(1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60))), 0, 1)
    if function == "LINEAR_EXACT":
        return spread(values, centre - width / 2, centre + width / 2)
    middle, half = centre - 0.5, (width - 1) / 2
    if not half:  # a width of 1 is a threshold
        return np.where(values <= middle, 0, 255).astype(np.uint8)
    return spread(values, middle - half, middle + half)


def _of_frame(header: Dataset, index: int, group: str, name: str) -> Any:
    """What the header says of one frame: at the top, for all frames together, or for each (enhanced objects)."""
    if header.get(name) is not None:
        return header[name].value
    shared, each = header.get("SharedFunctionalGroupsSequence"), header.get("PerFrameFunctionalGroupsSequence")
    for groups in (each[index : index + 1] if each else (), shared or ()):
        for one in groups:
            for part in one.get(group) or ():
                if part.get(name) is not None:
                    return part[name].value
    return None


def _first(value: Any) -> float:
    """Of several windows the first is the one to begin with."""
    return float(value[0] if hasattr(value, "__len__") and not isinstance(value, str) else value)


def _damaged(file: str, error: Exception) -> BadFile:
    """Only the kind of error is told: its words may quote the header."""
    expected = "a whole DICOM file"
    return BadFile(code="dicom_damaged", field=file, expected=expected, got=f"{type(error).__name__} while reading it")
