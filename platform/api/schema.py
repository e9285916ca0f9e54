"""How operations stand in the OpenAPI document: what a view says of itself, and what follows from its attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import CharField, ListSerializer

from api import refusals
from api.answers import headers_of, refusal, refusal_name
from api.bodies.problems import ProblemSerializer
from api.etags import EDITS
from api.operation_names import name_of
from api.parameters import parameters_of, tagged
from api.refusals import Codes, joined

PREFIX = "/api/v1"
BINARY = OpenApiTypes.BINARY
TAKES_MORE = "x-takes-more"  # of a body that may have fields that its serializer does not name
SAID = "x-said"  # carries `Said` from the decorator to the inspector; it is not in the document
STREAMED = ("/jobs/{id}/events", "/projects/{id}/events")  # also told as Server-Sent Events (api/stream.py)
UNCHANGED = "It is as you have it."
FILE_HEADERS = ("Content-Disposition", "Accept-Ranges", "Repr-Digest")
DONE = {200: "As asked.", 201: "It was made.", 202: "It is on its way.", 204: "Done; there is nothing to say."}


class File:
    """An answer that is a file, of one of these media types."""

    def __init__(self, *media_types: str) -> None:
        self.media_types = media_types


@dataclass(frozen=True)
class Said:
    """What a view says of one of its methods beyond what drf-spectacular knows."""

    listed: bool = False  # many things of one kind
    paged: bool = False
    file: bool = False
    refuses: Codes = field(default_factory=dict)


def parts_of(whole: Mapping[str, Any], headers: tuple[str, ...]) -> dict[str, Any]:
    """A part of a file, and where a store hands it out: on answers beside the whole of it."""
    return {
        "206": {"description": "The part that was asked for.", "headers": headers_of(206, headers)}
        | {"content": whole["content"]},
        "307": {"description": "The store hands it out, at `Location`.", "headers": headers_of(307)},
    }


class Operations(AutoSchema):
    """Named by their paths: `list_jobs`, `cancel_job`; with every refusal, and the headers of each answer."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        """The operation, made whole."""
        operation: dict[str, Any] | None = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        said: Said = operation.pop(SAID, Said())
        place = path.removeprefix(PREFIX)
        operation["operationId"] = name_of(self.method, place, listed=said.listed)
        operation["parameters"] = parameters_of(self, operation.get("parameters", []), place, said)
        for status, answer in operation["responses"].items():
            answer["description"] = answer["description"] or DONE[int(status)]
            answer["headers"] = headers_of(int(status), self.more_headers(said)) | answer.get("headers", {})
        if place in STREAMED:
            operation["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"type": "string"}}
        if said.file:
            operation["responses"] |= parts_of(operation["responses"]["200"], self.more_headers(said))
        if tagged(self.view, self.method, said):
            operation["responses"]["304"] = {"description": UNCHANGED, "headers": headers_of(304, ("ETag",))}
        operation["responses"] |= self.refused(operation, place, said)
        operation["security"] = [self.scoped(one) for one in operation["security"]]
        return operation

    def _get_serializer_field_meta(self, field: Any, direction: str) -> dict[str, Any]:
        """A text that may not be blank has a letter; drf-spectacular says so of requests only if it splits bodies."""
        found: dict[str, Any] = super()._get_serializer_field_meta(field, direction)
        if direction == "request" and isinstance(field, CharField) and not (field.allow_blank or field.read_only):
            found["minLength"] = 1
        return found

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        """A serializer with `takes_more` describes a body that may have fields besides."""
        found: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        return found | ({TAKES_MORE: True} if getattr(serializer, "takes_more", False) else {})

    def get_override_parameters(self) -> list[Any]:
        """Those of the decorator, and the filters of the view."""
        found: list[Any] = list(super().get_override_parameters())
        filters = getattr(self.view, "filters", None)
        reads = self.method == "GET" or getattr(self.view, "pagination_class", None) is None
        return [*found, filters] if filters and reads else found

    def more_headers(self, said: Said) -> tuple[str, ...]:
        """Headers of an answer that is no refusal."""
        if self.method == "POST":
            return ("Idempotency-Replayed",)
        tag = ("ETag",) if tagged(self.view, self.method, said) or self.method in EDITS else ()
        return (*tag, *(FILE_HEADERS if said.file else ()))

    def refused(self, operation: Mapping[str, Any], place: str, said: Said) -> dict[str, Any]:
        """References to the refusals of an operation, which are written down once for all that have the same."""
        everywhere = refusals.EVERYWHERE if {} not in operation["security"] else refusals.OPEN
        more = [refusals.NAMED] if "{" in place or said.paged else []
        more += [refusals.BODY] if self.method in ("POST", "PUT", "PATCH") else []
        keyed = refusals.KEPT if self.view.own_key else refusals.KEYED
        more += [keyed] if self.method == "POST" else []
        more += [refusals.MATCHED] if self.method in EDITS and self.view.conditions else []
        more += [refusals.CHANGES] if self.method != "GET" else []
        more += [refusals.BYTES, refusals.RANGES] if said.file else []
        own = refusals.of_route(self.method, place)
        self.resolve_serializer(ProblemSerializer, "response")
        found = {}
        for status, codes in joined(everywhere, *more, *own, said.refuses).items():
            name = refusal_name(status, codes)
            component = ResolvedComponent(name, ResolvedComponent.RESPONSE, refusal(status, codes), ProblemSerializer)
            self.registry.register_on_missing(component)
            found[str(status)] = component.ref
        return found

    def scoped(self, requirement: dict[str, Any]) -> dict[str, Any]:
        """A token needs the scope of the method (OpenAPI 3.1 lets any scheme name what is needed)."""
        default = "read" if self.method == "GET" else "submit"
        scope = getattr(self.view, "scopes", {}).get(self.method, default)
        return {name: [scope] if name == "token" else needs for name, needs in requirement.items()}


def operation(
    summary: str,
    answers: Mapping[int, Any],
    *,
    request: Any = None,
    headers: tuple[str, ...] = (),
    refuses: Codes | None = None,
    **more: Any,
) -> Callable[..., Any]:
    """Describe one method of a view: its answers by status, its request, the request headers it reads.

    `refuses` has the codes that may come besides those of api/refusals.py, by status.
    """
    paged = any(isinstance(answer, ListSerializer) for answer in answers.values())
    said = Said(
        listed=paged or any(getattr(answer, "__name__", "").endswith("ListSerializer") for answer in answers.values()),
        paged=paged,
        file=any(isinstance(answer, File) for answer in answers.values()),
        refuses=refuses or {},
    )
    parameters = [*more.pop("parameters", ()), *(_header(name) for name in headers)]
    responses: dict[Any, Any] = {}
    for status, answer in answers.items():
        if isinstance(answer, File):
            responses[(status, *answer.media_types)] = BINARY
        else:
            responses[status] = answer or OpenApiResponse(description=DONE[204])
    extensions = more.pop("extensions", {}) | {SAID: said}
    return extend_schema(
        summary=summary, request=request, responses=responses, parameters=parameters, extensions=extensions, **more
    )


def _header(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER)
