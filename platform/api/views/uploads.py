"""Uploads that come in pieces and can be resumed: tus 1.0 with creation, expiration, checksum and termination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for, visible_projects
from api import tus
from api.access import Endpoint
from api.bodies.uploads import UploadSerializer
from api.intake import INTAKE, PIECE_BYTES
from api.schema import operation
from catalog.models import Dataset
from jobs import partial_uploads
from jobs.models import PartialUpload
from jobs.upload_piece import ALGORITHMS, Piece
from models_store.errors import NotFound
from models_store.ids import is_uuid

CREATE = (
    "`Upload-Length` says how many bytes will come; `Upload-Metadata` has `filename`, and `dataset` (an id) or "
    "`project` (name or id), each in base64. Quota, size and disk are checked before a byte is sent. `Location` is "
    "where the bytes go: PATCH until they are there, then name the id as `upload` where a file is taken."
)
PATCH = (
    "Bytes from `Upload-Offset` on, as application/offset+octet-stream. They go to the disk as they come: what arrived "
    "before a connection broke is kept, unless `Upload-Checksum` (sha256 or sha1, and the digest in base64) was to "
    "vouch for it. HEAD tells where to go on."
)


class Tus(Endpoint):
    """What all of these answers have in common."""

    conditions = False  # Upload-Offset says what is supposed; what arrived stays, whatever is refused
    queryset = PartialUpload.objects.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what speaks another version; a look at the state (GET) and OPTIONS need none."""
        super().initial(request, *args, **kwargs)
        if request.method not in ("GET", "OPTIONS"):
            tus.check_version(request)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Each answer names the version."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Tus-Resumable"] = tus.VERSION
        if response.status_code in (412, 413):
            response.headers["Tus-Version"] = tus.VERSION
            response.headers["Tus-Max-Size"] = str(settings.UPLOAD_LIMIT_BYTES)
        return response

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is offered."""
        said = {"Version": tus.VERSION, "Extension": tus.EXTENSIONS, "Max-Size": str(settings.UPLOAD_LIMIT_BYTES)}
        said["Checksum-Algorithm"] = ",".join(ALGORITHMS)
        return Response(status=204, headers={f"Tus-{name}": value for name, value in said.items()})


def stands(upload: PartialUpload) -> dict[str, str]:
    """Where an upload stands, as headers."""
    expires = http_date(partial_uploads.expires_at(upload).timestamp())
    return {"Upload-Offset": str(upload.offset), "Upload-Expires": expires}


@extend_schema_view(post=operation("Begin an upload (tus)", {201: UploadSerializer}, request=None, description=CREATE))
class Uploads(Tus):
    """Files that come in pieces."""

    def post(self, request: Request) -> Response:
        """409 `quota_storage`, 413 `too_large`, 429 `too_many_uploads`, 507 `disk_full`: before any byte."""
        length, said = tus.number(request, "Upload-Length"), tus.metadata(request)
        project = self._home(said.get("dataset"), said.get("project"))
        name = said.get("filename") or said.get("name") or "upload"
        made = partial_uploads.begin(project, name=name, length=length, actor=self.person)
        headers = {"Location": reverse("upload", args=[made.pk])} | stands(made)
        return Response(UploadSerializer(made).data, status=201, headers=headers)

    def _home(self, dataset: str | None, project: str | None) -> Any:
        """The project that the file will count for."""
        if dataset is None:
            return project_for(self.person, project)
        rows = Dataset.objects.select_related("project").filter(project__in=visible_projects(self.person))
        found = rows.filter(pk=dataset).first() if is_uuid(dataset) else None
        if found is None:
            raise NotFound(field="Upload-Metadata")
        return found.project


@extend_schema_view(
    get=operation("How much of an upload has arrived", {200: UploadSerializer}),
    patch=operation(
        "Send a piece (tus)", {204: None}, request={tus.OCTETS: OpenApiTypes.BINARY}, description=PATCH,
        headers=("Upload-Offset", "Upload-Checksum", "Tus-Resumable"),
    ),
    delete=operation("Give an upload up (tus)", {204: None}, headers=("Tus-Resumable",)),
)  # fmt: skip
class OneUpload(Tus):
    """One upload, its owner's alone."""

    def get(self, request: Request, id: str) -> Response:
        """As JSON; HEAD says the same in headers."""
        upload = partial_uploads.own(self.person, id)
        return Response(UploadSerializer(upload).data, headers=stands(upload))

    def head(self, request: Request, id: str) -> Response:
        """Where to go on."""
        upload = partial_uploads.own(self.person, id)
        headers = stands(upload) | {"Upload-Length": str(upload.length), "Cache-Control": "no-store"}
        return Response(status=200, headers=headers)

    def patch(self, request: Request, id: str) -> Response:
        """The gate calls twice: for the right to write, then when the bytes are on the disk (api/intake.py)."""
        upload = partial_uploads.own(self.person, id)
        taken = getattr(request._request, "scope", {}).get(INTAKE)
        if not isinstance(taken, Piece):
            piece = self._piece(request, upload)
            if taken is not None:
                taken.append(piece)
                return Response(status=204)
            with piece:
                for data in body_of(request):
                    if not piece.write(data):
                        break
                piece.end(whole=True)
                return Response(status=204, headers=stands(partial_uploads.record(upload, piece)))
        return Response(status=204, headers=stands(partial_uploads.record(upload, taken)))

    def _piece(self, request: Request, upload: PartialUpload) -> Piece:
        tus.check_type(request)
        start, checksum = tus.number(request, "Upload-Offset"), tus.checksum(request)
        declared = tus.number(request, "Content-Length") if request.headers.get("Content-Length") else None
        return partial_uploads.piece(upload, start, declared=declared, checksum=checksum)

    def delete(self, request: Request, id: str) -> Response:
        """What arrived is deleted; 423 while a piece is being written."""
        partial_uploads.give_up(partial_uploads.own(self.person, id))
        return Response(status=204)


def body_of(request: Request) -> Iterator[bytes]:
    """The body in pieces, where no gate stands in front."""
    while data := request._request.read(PIECE_BYTES):
        yield data
