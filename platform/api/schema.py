"""How operations stand in the OpenAPI document: each says its answers, and that anything else is a problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import ListSerializer

from api.bodies.problems import ProblemSerializer

PAGING = (
    OpenApiParameter("cursor", str, description="From `next` or `previous`."),
    OpenApiParameter("limit", int, description="Items a page."),
)
BINARY = OpenApiTypes.BINARY
PROBLEM = OpenApiResponse(ProblemSerializer, description="What is wrong, with a stable code.")


class Operations(AutoSchema):
    """Operations are named by their view: `get_jobs`, `post_approve`."""

    def get_operation_id(self) -> str:
        """The method and the view's name, which is unique."""
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.view).__name__).lower()
        return f"{self.method.lower()}_{words}"


@dataclass(frozen=True)
class File:
    """An answer that is a file."""

    media_type: str


def operation(
    summary: str, answers: Mapping[int, Any], *, request: Any = None, headers: tuple[str, ...] = (), **more: Any
) -> Callable[..., Any]:
    """Describe one method of a view: its answers by status, its request, the request headers it reads."""
    listed = any(isinstance(answer, ListSerializer) for answer in answers.values())
    parameters = [*more.pop("parameters", ()), *(_header(name) for name in headers), *(PAGING if listed else ())]
    responses: dict[Any, Any] = {}
    for status, answer in answers.items():
        if isinstance(answer, File):
            responses[status, answer.media_type] = BINARY
        else:
            responses[status] = answer or OpenApiResponse(description="Done.")
    responses["default", "application/problem+json"] = PROBLEM
    return extend_schema(summary=summary, request=request, responses=responses, parameters=parameters, **more)


def _header(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER)
