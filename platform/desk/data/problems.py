"""What an ingest could not take: each kind in words, with what to do about it, and its picture where there is one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.models import SHOWN, DatasetVersion
from desk.words.sentences import in_language

SHOWN_AT_ONCE = 50
SAVE_AGAIN = gettext_lazy("Open it in a program for pictures and save it again as PNG or JPEG.")
FETCH_AGAIN = gettext_lazy("Copy or download the file again: it was cut off or changed on its way.")
PACK_FLAT = gettext_lazy("Unpack it, and put the files themselves into the one zip.")
AS_TEXT = gettext_lazy("Save it as plain text in UTF-8.")
SMALLER = gettext_lazy("Make it smaller or cut it into parts.")
NOTHING = gettext_lazy("Nothing, if it is meant to stay out.")

CODES: dict[str, tuple[Any, Any]] = {
    "not_a_picture": (gettext_lazy("Not a picture"), SAVE_AGAIN),
    "picture_damaged": (gettext_lazy("Damaged picture"), FETCH_AGAIN),
    "picture_too_large": (gettext_lazy("Too many pixels"), gettext_lazy("Scale it down before it is packed.")),
    "picture_too_small": (
        gettext_lazy("Too few pixels"),
        gettext_lazy("Bring larger pictures, ask for a smaller size, or allow more under “Enlarge at most”."),
    ),
    "burnt_in_annotation": (
        gettext_lazy("Writing burnt into the picture"),
        gettext_lazy("It may name a patient. Cover it with a program for DICOM and set (0028,0301) to NO."),
    ),
    "dicom_codec": (
        gettext_lazy("A DICOM compression that is not read"),
        gettext_lazy("Convert it to Explicit VR Little Endian, with dcmdjpeg or gdcmconv --raw for instance."),
    ),
    "dicom_damaged": (gettext_lazy("Damaged DICOM file"), FETCH_AGAIN),
    "dicom_without_picture": (gettext_lazy("A DICOM file without a picture"), NOTHING),
    "dicom_colours": (gettext_lazy("DICOM colours that are not read"), SAVE_AGAIN),
    "one_class": (
        gettext_lazy("One class only"),
        gettext_lazy("Bring a second class to have a choice when generating; otherwise nothing."),
    ),
    "pixel_range": (
        gettext_lazy("Values out of range"),
        gettext_lazy(
            "Choose a window or percentiles under “How it is read”, or scale the values to 0..1, 0..255 or 0..65535."
        ),
    ),
    "file_too_large": (gettext_lazy("Too large a file"), SMALLER),
    "file_damaged": (gettext_lazy("Damaged file"), FETCH_AGAIN),
    "nested_archive": (gettext_lazy("An archive in the archive"), PACK_FLAT),
    "class_conflict": (
        gettext_lazy("The same picture in two classes"),
        gettext_lazy("Decide which class is right, and take the other copy out. The first one was kept."),
    ),
    "class_missing": (
        gettext_lazy("A picture without a class"),
        gettext_lazy("Put it into the folder of its class, as the others are."),
    ),
    "class_of_one": (
        gettext_lazy("A class of one picture"),
        gettext_lazy("Add pictures of this class, or take it out. It stays, for training only."),
    ),
    "too_many_classes": (
        gettext_lazy("Too many classes"),
        gettext_lazy("Use fewer folders; now the pictures count as without a class."),
    ),
    "labels_alone": (gettext_lazy("Labels without pictures"), gettext_lazy("Add the idx3 file that belongs to them.")),
    "labels_unusable": (
        gettext_lazy("Labels that cannot be used"),
        gettext_lazy("Give one whole number or text for each picture; now the pictures count as without a class."),
    ),
    "idx_truncated": (gettext_lazy("A file that ends too early"), FETCH_AGAIN),
    "object_array": (
        gettext_lazy("An array of Python objects"),
        gettext_lazy("Save it as an array of numbers: objects are never unpickled."),
    ),
    "unknown_array": (gettext_lazy("An array of another shape"), NOTHING),
    "symlink": (gettext_lazy("A link, not a file"), gettext_lazy("Pack the file itself.")),
    "empty_text": (gettext_lazy("Nothing to read in it"), NOTHING),
    "binary_text": (gettext_lazy("Not plain text"), AS_TEXT),
    "encoding_unknown": (
        gettext_lazy("Encoding is not certain"),
        gettext_lazy("Name the encoding under “How it is read”, or save the file as UTF-8."),
    ),
    "encoding_wrong": (
        gettext_lazy("Another encoding than named"),
        gettext_lazy("Name another encoding, or save the file as UTF-8."),
    ),
    "too_many_marks": (gettext_lazy("Too many marks on one character"), AS_TEXT),
}


def problem_title(code: str) -> str:
    """A kind of problem in words; the code itself where it comes from elsewhere."""
    return str(CODES[code][0]) if code in CODES else code


def problems_page(version: DatasetVersion) -> dict[str, Any]:
    """For pages/data/problems.html."""
    listed = [one for one in version.problems if isinstance(one, dict)]
    counted = version.profile.get("problems") or Counter(str(one.get("code", "")) for one in listed)
    total = sum(counted.values())
    place = f"/api/v1/datasets/{version.dataset_id}/versions/{version.number}/shown/"
    rows = [_row(version, one, place) for one in listed]
    return {
        "problems": rows[:SHOWN_AT_ONCE],
        "more_problems": rows[SHOWN_AT_ONCE:],
        "problem_kinds": [
            {"title": problem_title(code), "count": count, "todo": CODES.get(code, ("", ""))[1]}
            for code, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "problems_in_words": ngettext(
            "%(n)s thing could not be taken as it is; the rest was kept.",
            "%(n)s things could not be taken as they are; the rest was kept.",
            total,
        )
        % {"n": f"{total:,}"},
        "unlisted": max(0, total - len(rows)),
    }


def _row(version: DatasetVersion, said: dict[str, Any], place: str) -> dict[str, Any]:
    code, picture = str(said.get("code", "")), said.get("picture", "")
    file = str(said.get("file", ""))
    return {
        "title": problem_title(code),
        "code": code,
        "file": file,
        "expected": in_language(str(said.get("expected", ""))),
        "got": in_language(str(said.get("got", ""))),
        "todo": CODES.get(code, ("", ""))[1],
        "picture": place + picture if picture and f"{SHOWN}{picture}" in version.files else "",
        "alt": _("What %(file)s shows") % {"file": file},
    }
