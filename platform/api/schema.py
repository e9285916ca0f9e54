"""How operations stand in the OpenAPI document: each says its answers, and that anything else is a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from api.bodies.problems import ProblemSerializer

BINARY = OpenApiTypes.BINARY
PROBLEM = OpenApiResponse(ProblemSerializer, description="What is wrong, with a stable code.")


def operation(
    summary: str, answers: Mapping[int, Any], *, request: Any = None, headers: tuple[str, ...] = (), **more: Any
) -> Callable[..., Any]:
    """Describe one method of a view: its answers by status, its request, the request headers it reads."""
    parameters = [*more.pop("parameters", ()), *(_header(name) for name in headers)]
    responses: dict[Any, Any] = {status: _answer(answer) for status, answer in answers.items()}
    responses["default", "application/problem+json"] = PROBLEM
    return extend_schema(summary=summary, request=request, responses=responses, parameters=parameters, **more)


def file(media_type: str) -> tuple[str, Any]:
    """An answer that is a file."""
    return media_type, BINARY


def _answer(answer: Any) -> Any:
    return answer if answer is not None else OpenApiResponse(description="Done.")


def _header(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER)
