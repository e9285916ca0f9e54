"""What can run, data sets and their versions."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_view
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for
from api import downloads
from api.access import Endpoint
from api.bodies.catalog import (
    DatasetDetailSerializer,
    DatasetQuerySerializer,
    DatasetRequestSerializer,
    DatasetSerializer,
    DatasetVersionSerializer,
    DeclarationSerializer,
    PluginListSerializer,
    PluginQuerySerializer,
    VersionAcceptedSerializer,
    VersionArrivedSerializer,
    VersionRequestSerializer,
    VersionUploadSerializer,
)
from api.bodies.legal_holds import EraseRequestSerializer
from api.idempotency import REPLAYED, key_of
from api.intake import announced
from api.pages import NEWEST, NewestFirst
from api.parsers import StrictJson
from api.reading import body_of, checked, checked_body
from api.schema import File, operation
from audit.policies import described, policies
from catalog.models import SHOWN, Dataset, DatasetVersion, Plugin
from catalog.plugins import available
from catalog.services import check_declaration, declare_dataset
from jobs.uploads import expect
from jobs.uploads_once import ingest_once
from lineage.erasure import erase_dataset
from models_store.errors import InvalidInput, NotFound

VERSIONS_SHOWN = 100
PICTURES = ("preview", "mean")
BROUGHT = {"file": VersionUploadSerializer, "upload": VersionArrivedSerializer}  # what a body with such a field is


@extend_schema_view(
    get=operation(
        "What can run",
        {200: PluginListSerializer},
        parameters=[PluginQuerySerializer],
    )
)
class Plugins(Endpoint):
    """Plug-ins as live workers announced them, and policies, which are judged here."""

    filters = PluginQuerySerializer
    queryset = Plugin.objects.none()

    def get(self, request: Request) -> Response:
        """All of them, or those of one kind, by name."""
        kind = self.query.get("kind") or None
        rows: list[Any] = available(kind)
        if kind in (None, "policy"):
            rows += [described(one) for one in policies().values()]
        return Response(PluginListSerializer({"results": rows, "next": None, "previous": None}).data)


@extend_schema_view(
    get=operation(
        "Data sets",
        {200: DatasetSerializer(many=True)},
        parameters=[DatasetQuerySerializer],
    ),
    post=operation("Declare a data set", {201: DatasetSerializer}, request=DatasetRequestSerializer),
)
class Datasets(Endpoint):
    """Data sets of the person's projects."""

    serializer_class = DatasetSerializer
    filters = DatasetQuerySerializer
    orders = (*NEWEST, "name", "-name")
    pagination_class = NewestFirst
    queryset = Dataset.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        said = self.query
        only = project_for(self.person, said["project"]) if "project" in said else None
        rows = self.seen(Dataset.objects.select_related("project", "created_by"), only=only)
        return self.page(rows, Q(**{name: said[name] for name in ("name", "modality") if name in said}))

    def post(self, request: Request) -> Response:
        """The declaration is part of the data set and is copied into every model's card."""
        said = checked_body(request, DatasetRequestSerializer)
        check_declaration(said["declaration"])
        declaration = checked({"declaration": said["declaration"]}, _Declared)["declaration"]
        project = project_for(self.person, said.get("project"))
        dataset = declare_dataset(
            project, name=said["name"], modality=said["modality"], declaration=declaration, actor=self.person
        )
        place = reverse("dataset", args=[dataset.pk])
        return Response(DatasetSerializer(dataset).data, status=201, headers={"Location": place})


class _Declared(DatasetRequestSerializer):
    """Only the declaration, so that a fault has its full place."""

    name = modality = project = None
    declaration = DeclarationSerializer()


@extend_schema_view(get=operation("A data set", {200: DatasetDetailSerializer}))
class OneDataset(Endpoint):
    """A data set with its newest versions."""

    queryset = Dataset.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """A hundred versions at most."""
        dataset = self.one(Dataset.objects.select_related("project", "created_by"), pk=id)
        dataset.newest = dataset.versions.order_by("-number")[:VERSIONS_SHOWN]
        return Response(DatasetDetailSerializer(dataset).data)


@extend_schema_view(
    post=operation("Erase a data set (owners)", {202: DatasetDetailSerializer}, request=EraseRequestSerializer)
)
class EraseDataset(OneDataset):
    """Its bytes, names and free text go; ids, digests and counts stay, and the log can still be checked."""

    scopes = {"POST": "admin"}
    http_method_names = ["post"]

    def post(self, request: Request, id: str) -> Response:
        """409 `legal_hold` or `in_use`; the files leave the store within minutes, then its versions are `erased`."""
        dataset = self.one(Dataset.objects.select_related("project"), pk=id)
        said = checked_body(request, EraseRequestSerializer)
        erase_dataset(dataset, actor=self.person, **said)
        answer = self.get(request, id)
        answer.status_code = 202
        return answer


@extend_schema_view(
    post=operation(
        "Bring data",
        {202: VersionAcceptedSerializer},
        request={
            "multipart/form-data": VersionUploadSerializer,
            "application/json": PolymorphicProxySerializer(
                "VersionFrom", [VersionRequestSerializer, VersionArrivedSerializer], None
            ),
        },
    )
)
class DatasetVersions(Endpoint):
    """Versions of a data set."""

    own_key = True
    parser_classes = (StrictJson, MultiPartParser)
    queryset = DatasetVersion.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """From a file, from an upload that has arrived, or from a built-in set; a job reads it."""
        dataset = self.one(Dataset.objects.select_related("project"), pk=id)
        if length := announced(request):  # the gate asks before the bytes come
            expect(dataset, length, actor=self.person)
            return Response(status=204)
        body = body_of(request)
        body["options"] = options_of(body.get("options"))
        said = checked(body, next((kind for name, kind in BROUGHT.items() if name in body), VersionRequestSerializer))
        version, job, new = ingest_once(
            dataset,
            key=key_of(request),
            options=said["options"],
            actor=self.person,
            file=said.get("file"),
            builtin=said.get("builtin"),
            upload=said.get("upload"),
        )
        answer = {"id": version.pk, "dataset": dataset.pk, "number": version.number, "state": version.state}
        place = reverse("dataset-version", args=[dataset.pk, version.number])
        return Response(
            VersionAcceptedSerializer(answer | {"job": {"id": job.pk}}).data,
            status=202,
            headers={"Location": place} | ({} if new else REPLAYED),
        )


def options_of(said: Any) -> dict[str, Any]:
    """Options as an object; in a multipart body they are JSON in a text."""
    if isinstance(said, str):
        try:
            said = json.loads(said or "{}")
        except ValueError:
            raise InvalidInput("The options are no JSON.", field="options", expected="object", got=said) from None
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise InvalidInput("The options are an object.", field="options", expected="object", got=said)
    return said


def version_rows() -> QuerySet[DatasetVersion]:
    """Versions with what their body says."""
    return DatasetVersion.objects.select_related("dataset__project", "created_by")


@extend_schema_view(get=operation("A version of a data set", {200: DatasetVersionSerializer}))
class OneDatasetVersion(Endpoint):
    """What was found in the files."""

    queryset = DatasetVersion.objects.none()

    def get(self, request: Request, id: str, number: int) -> Response:
        """Profile, counts, and the files that could not be taken."""
        version = self.one(version_rows(), "dataset__project", dataset=id, number=number)
        return Response(DatasetVersionSerializer(version).data)


@extend_schema_view(get=operation("A picture of the data (PNG)", {200: File("image/png")}))
class DatasetPicture(Endpoint):
    """The preview grid, or the mean picture."""

    queryset = DatasetVersion.objects.none()

    def get(self, request: Request, id: str, number: int, picture: str) -> HttpResponseBase:
        """PNG, made by the platform."""
        version = self.one(version_rows(), "dataset__project", dataset=id, number=number)
        sha256 = version.files.get(f"{picture}.png") if picture in PICTURES else None
        if not sha256:
            raise NotFound(f"This version has no picture {picture!r}.", field="picture", expected=list(PICTURES))
        return downloads.blob(request, version.dataset.project, sha256, f"{picture}.png", inline=True)


@extend_schema_view(
    get=operation("What a person may look at of the data", {200: File("image/png", "application/json")})
)
class DatasetShown(Endpoint):
    """Sheets of items, their index (items.json), pictures of problems."""

    queryset = DatasetVersion.objects.none()

    def get(self, request: Request, id: str, number: int, name: str) -> HttpResponseBase:
        """PNG made by the platform; JSON for the index and for sheets of texts."""
        version = self.one(version_rows(), "dataset__project", dataset=id, number=number)
        sha256 = version.files.get(f"{SHOWN}{name}")
        if not sha256:
            raise NotFound(f"This version shows nothing called {name!r}.", field="name")
        return downloads.blob(request, version.dataset.project, sha256, name, inline=name.endswith(".png"))
