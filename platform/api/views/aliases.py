"""Aliases: what a name stands for, what it stood for on a date, and the moves that a second person decides."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for
from api.access import Endpoint
from api.bodies.aliases import (
    AliasDetailSerializer,
    AliasQuerySerializer,
    AliasRequestSerializer,
    AliasSerializer,
    OneAliasQuerySerializer,
    StandingSerializer,
)
from api.bodies.catalog import DecisionRequestSerializer
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import operation
from api.walk import Ways
from catalog import alias_history, aliases
from catalog.alias_models import MoveState
from catalog.models import Alias, Model, ModelVersion
from catalog.naming import alias_for, model_for, model_version_for, version_of
from config import clock
from models_store.errors import InvalidInput
from models_store.ids import is_uuid


def listed() -> QuerySet[Alias]:
    """Aliases with the proposal that waits: two queries, however many."""
    waiting = aliases.move_rows().filter(state=MoveState.PROPOSED)
    return aliases.alias_rows().prefetch_related(Prefetch("moves", waiting, to_attr="waiting"))


@extend_schema_view(
    get=operation("Aliases", {200: AliasSerializer(many=True)}, parameters=[AliasQuerySerializer]),
    post=operation("Propose what an alias stands for", {201: AliasSerializer}, request=AliasRequestSerializer),
)
class Aliases(Endpoint):
    """Movable names of models."""

    serializer_class = AliasSerializer
    filters = AliasQuerySerializer
    pagination_class = NewestFirst
    queryset = Alias.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        said = self.query
        only = project_for(self.person, said["project"]) if "project" in said else None
        rows = self.seen(listed(), "model__project", only=only)
        if "model" in said:
            model = model_for(self.person, said["model"], project=said.get("project", ""))
            return self.listed(rows, Ways([Q(model=model)]))
        return self.page(rows)

    def post(self, request: Request) -> Response:
        """Nothing moves until another person, a reviewer, has approved it: `POST /aliases/{id}/approve`."""
        said = checked_body(request, AliasRequestSerializer)
        model, name = self._model(said)
        version = self._version(model, said["version"])
        move = aliases.propose(model, name, version, actor=self.person, reason=said["reason"])
        place = reverse("alias", args=[move.alias_id])
        row = listed().get(pk=move.alias_id)
        return Response(AliasSerializer(row).data, status=201, headers={"Location": place})

    def _model(self, said: dict[str, Any]) -> tuple[Model, str]:
        """From `model` and `name`, or from `name` alone: chest-xray@production."""
        named, at, name = said["name"].rpartition("@")
        if at and "model" in said:
            raise InvalidInput("The model is given twice.", code="given_twice", field="name", got=said["name"])
        if not at and "model" not in said:
            raise InvalidInput("Whose alias?", field="model", expected="the name or id of a model")
        project = said.get("project", "")
        return model_for(self.person, said.get("model", named), field="model", project=project), name

    def _version(self, model: Model, said: str | None) -> ModelVersion | None:
        if said is None:
            return None
        if is_uuid(said) or "@" in said:
            return model_version_for(self.person, said, field="version", project=model.project.slug)
        return version_of(model, said, field="version")


class OfAlias(Endpoint):
    """Something of one alias: by its id, or as model@name."""

    queryset = Alias.objects.none()

    def alias(self, id: str, project: str = "") -> Any:
        """The alias with its moves, or NotFound."""
        found = alias_for(self.person, id, project=project)
        row: Any = listed().get(pk=found.pk)
        row.history = alias_history.history(row)
        return row


@extend_schema_view(
    get=operation(
        "An alias with its history; with `at`, what it stood for then",
        {200: PolymorphicProxySerializer("AliasAnswer", [AliasDetailSerializer, StandingSerializer], None)},
        parameters=[OneAliasQuerySerializer],
    )
)
class OneAlias(OfAlias):
    """What a name stands for."""

    serializer_class = AliasDetailSerializer
    filters = OneAliasQuerySerializer

    def get(self, request: Request, id: str) -> Response:
        """Who approved it, since when, until when, and the proof that the log holds it."""
        said = self.query
        row = self.alias(id, said.get("project", ""))
        if "at" not in said:
            return Response(AliasDetailSerializer(row).data)
        standing = alias_history.at(row, said["at"], clock.now())
        return Response(StandingSerializer(standing).data)


@extend_schema_view(
    post=operation("Approve the move of an alias", {200: AliasDetailSerializer}, request=DecisionRequestSerializer)
)
class ApproveAlias(OfAlias):
    """From now on it stands for what was proposed."""

    scopes = {"POST": "review"}

    def post(self, request: Request, id: str) -> Response:
        """Four eyes: not who proposed it, and nobody whose own model it is."""
        said = checked_body(request, DecisionRequestSerializer)
        aliases.decide_alias(self.alias(id), "approve", actor=self.person, comment=said["comment"])
        return Response(AliasDetailSerializer(self.alias(id)).data)


@extend_schema_view(
    post=operation("Reject the move of an alias", {200: AliasDetailSerializer}, request=DecisionRequestSerializer)
)
class RejectAlias(OfAlias):
    """It stays as it is."""

    scopes = {"POST": "review"}

    def post(self, request: Request, id: str) -> Response:
        """The comment says why; four eyes as for approving."""
        said = checked_body(request, DecisionRequestSerializer)
        aliases.decide_alias(self.alias(id), "reject", actor=self.person, comment=said["comment"])
        return Response(AliasDetailSerializer(self.alias(id)).data)


@extend_schema_view(
    post=operation("Take a proposal back", {200: AliasDetailSerializer}, request=DecisionRequestSerializer)
)
class WithdrawAlias(OfAlias):
    """Who proposed the move of an alias takes it back."""

    def post(self, request: Request, id: str) -> Response:
        """It stays as it is."""
        said = checked_body(request, DecisionRequestSerializer)
        aliases.withdraw(aliases.open_move(self.alias(id)), actor=self.person, comment=said["comment"])
        return Response(AliasDetailSerializer(self.alias(id)).data)
