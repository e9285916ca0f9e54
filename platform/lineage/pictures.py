"""Files out of the store for a browser: a type from our own list, nothing that could run."""

from __future__ import annotations

from django.http import HttpResponse

from accounts.models import Project
from lineage.store import blobs, namespace

TYPES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "text/plain": "txt",
    "text/csv": "csv",
    "audio/wav": "wav",
    "audio/midi": "mid",
    "application/json": "json",
    "application/zip": "zip",
}
UNKNOWN = "application/octet-stream"


def picture(project: Project, sha256: str, media_type: str = "image/png", *, download_as: str = "") -> HttpResponse:
    """Verified bytes of a blob; shown in a page only if a picture, else (or with `download_as`) as an attachment.

    Raises models_store.errors.NotFound or IntegrityFailure.
    """
    known = media_type if media_type in TYPES else UNKNOWN
    answer = HttpResponse(blobs().read(namespace(project), sha256), content_type=known)
    inline = not download_as and known.startswith("image/")
    answer["Content-Disposition"] = "inline" if inline else f'attachment; filename="{download_as or sha256[:16]}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer
