"""Models, their versions, and what a second person decides about them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for
from api import downloads
from api.access import Endpoint
from api.bodies.catalog import (
    CardQuerySerializer,
    DecisionRequestSerializer,
    ModelDetailSerializer,
    ModelQuerySerializer,
    ModelSerializer,
    ModelVersionSerializer,
    OneModelQuerySerializer,
)
from api.pages import NEWEST, NewestFirst
from api.reading import checked_body
from api.schema import File, operation
from catalog.models import Model, ModelVersion
from catalog.naming import model_for, version_of
from catalog.store import blobs, namespace
from jobs.holds import decide_model
from lineage.consequences import headers_of
from lineage.reads import bundle_read
from models_store.archive import write_archive
from models_store.errors import InvalidInput, NotFound

VERSIONS_SHOWN = 100
CARDS = {"en": "card.md", "zh": "card.zh.md"}


@extend_schema_view(
    get=operation(
        "Models",
        {200: ModelSerializer(many=True)},
        parameters=[ModelQuerySerializer],
    )
)
class Models(Endpoint):
    """Models of the person's projects."""

    serializer_class = ModelSerializer
    filters = ModelQuerySerializer
    orders = (*NEWEST, "name", "-name")
    pagination_class = NewestFirst
    queryset = Model.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        only = project_for(self.person, self.query["project"]) if "project" in self.query else None
        rows = self.seen(Model.objects.select_related("project"), only=only)
        return self.page(rows, Q(name=self.query["name"]) if "name" in self.query else None)


@extend_schema_view(get=operation("A model", {200: ModelDetailSerializer}))
class OneModel(Endpoint):
    """A model with its newest versions."""

    serializer_class = ModelDetailSerializer
    filters = OneModelQuerySerializer
    queryset = Model.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """A hundred versions at most."""
        model = model_for(self.person, id, project=self.query["project"])
        model.newest = model.versions.order_by("-number")[:VERSIONS_SHOWN]
        return Response(ModelDetailSerializer(model).data)


class OfVersion(Endpoint):
    """Something of one version: of a model by its id or name, by number or alias."""

    filters = OneModelQuerySerializer
    queryset = ModelVersion.objects.none()

    def version(self, id: str, number: str) -> ModelVersion:
        """The version, or NotFound; AliasUnusable where the alias stands for one that may not be used."""
        model = model_for(self.person, id, project=self.query["project"])
        return version_rows().get(pk=version_of(model, number).pk)


def version_rows() -> QuerySet[ModelVersion]:
    """Versions with what their body says."""
    return ModelVersion.objects.select_related("model__project", "created_by", "decided_by", "dataset_version__dataset")


@extend_schema_view(get=operation("A version of a model", {200: ModelVersionSerializer}))
class OneModelVersion(OfVersion):
    """Its figures and where it stands."""

    serializer_class = ModelVersionSerializer

    def get(self, request: Request, id: str, number: str) -> Response:
        """As it is now."""
        return Response(self.get_serializer(self.version(id, number)).data)


class _Decide(OfVersion):
    """One decision."""

    scopes = {"POST": "review"}
    decision = ""

    def post(self, request: Request, id: str, number: str) -> Response:
        """Four eyes: neither who trained it nor who brought the data approves or rejects. An alias may move meanwhile,
        so a decision names a number."""
        if not number.isdecimal():
            raise InvalidInput("A decision names a version by its number.", field="number", expected="3", got=number)
        said = checked_body(request, DecisionRequestSerializer)
        version = self.version(id, number)
        decide_model(version, self.decision, actor=self.person, comment=said["comment"])
        return Response(ModelVersionSerializer(version).data)


def decides(summary: str) -> Callable[[type[_Decide]], type[_Decide]]:
    """How a decision stands in the document."""
    return extend_schema_view(post=operation(summary, {200: ModelVersionSerializer}, request=DecisionRequestSerializer))


@decides("Approve a version")
class Approve(_Decide):
    """It may be used by everybody in the project; jobs that waited for it go on."""

    decision = "approve"


@decides("Reject a draft")
class Reject(_Decide):
    """It is not used; the comment says why."""

    decision = "reject"


@decides("Retire an approved version")
class Retire(_Decide):
    """No new jobs; what it made stays as it is."""

    decision = "retire"


@decides("Revoke a version")
class Revoke(_Decide):
    """No new jobs, and verdicts on what it made say so; the comment says why."""

    decision = "revoke"


@decides("Confirm an approved version whose parent was revoked")
class Confirm(_Decide):
    """Jobs that were held for that go on; never by who trained it or brought the data."""

    decision = "confirm"


@extend_schema_view(get=operation("The signed bundle of a version, as a zip", {200: File("application/zip")}))
class Bundle(OfVersion):
    """Graphs, weights, figures, cards, manifest, signature."""

    def get(self, request: Request, id: str, number: str) -> HttpResponseBase:
        """The same version gives the same bytes."""
        version = self.version(id, number)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "bundle.zip"
            write_archive(place, members(version))
            file = place.open("rb")  # stays readable when the folder is gone
        bundle_read(version, self.person)
        return downloads.sent(request, file, f"{version.model.name}-v{version.number}.zip")


def members(version: ModelVersion) -> Iterator[tuple[str, bytes]]:
    """Names and verified bytes, one file at a time."""
    space = namespace(version.model.project)
    for name in sorted(version.files):
        yield name, blobs().read(space, version.files[name])


@extend_schema_view(
    get=operation(
        "The card of a version (Markdown)",
        {200: File("text/markdown")},
        parameters=[CardQuerySerializer],
    )
)
class Card(OfVersion):
    """Data, parameters, figures, limits."""

    filters = CardQuerySerializer

    def get(self, request: Request, id: str, number: str) -> HttpResponseBase:
        """In English, or in Chinese with `lang=zh`."""
        version = self.version(id, number)
        name = CARDS.get(self.query["lang"][:2].lower())
        sha256 = version.files.get(name or "")
        if not name or not sha256:
            raise NotFound("There is no card in this language.", field="lang", expected=sorted(CARDS))
        answer = downloads.blob(request, version.model.project, sha256, name)
        downloads.flag(answer, headers_of(version))
        bundle_read(version, self.person, "model_version.card_read")
        return answer
