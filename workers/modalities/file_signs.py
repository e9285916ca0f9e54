"""Which format a file has, by its first bytes."""

from __future__ import annotations

PICTURES_IN_WORDS = "a PNG, JPEG, WebP, BMP, GIF, TIFF or DICOM picture"
UPLOADS_IN_WORDS = (
    "a zip or folder of PNG, JPEG, WebP, BMP, GIF, TIFF or DICOM pictures, an .npz file, or an idx3-ubyte file"
)
HEAD_BYTES = 132
QUOTED_BYTES = 32
DICOM_SIGN, DICOM_AT = b"DICM", 128
SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"BM", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"\0\0\x08\x03", "idx pictures"),
    (b"\0\0\x08\x01", "idx labels"),
)


def format_of(head: bytes) -> str:
    """Picture, dicom, zip, gzip, archive, idx pictures, idx labels, empty or unknown."""
    if not head:
        return "empty"
    if head[DICOM_AT : DICOM_AT + len(DICOM_SIGN)] == DICOM_SIGN:  # first: what stands before it may be anything
        return "dicom"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "picture"
    return next((name for sign, name in SIGNS if head.startswith(sign)), "unknown")


def in_words(head: bytes) -> str:
    """What a file turned out to be, for the `got` of an error."""
    known = {"empty": "an empty file", "picture": "one picture", "zip": "a zip archive", "archive": "an archive"}
    known["dicom"] = "a DICOM file"
    kind = format_of(head)
    if kind != "unknown":
        return known.get(kind, f"{kind} data")
    head = head[:QUOTED_BYTES]
    text = head.decode("utf-8", errors="ignore")
    if len(text.encode()) >= len(head) - 3 and all(char.isprintable() or char in "\r\n\t" for char in text):
        return f"text that begins {text.strip()[:24]!r}"
    return f"unknown data that begins {head[:8].hex(' ')}"
