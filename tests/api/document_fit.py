"""Whether an answer is one that the OpenAPI document has: status, media type, headers, code, body."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
from django.http import HttpResponse

from api.document import written
from api.errors import MEDIA_TYPE

ROOT = "/api/v1"
NOT_ALLOWED = 405  # of a method that the document does not have


@cache
def document() -> dict[str, Any]:
    """As it is served."""
    return json.loads(written("json").body)


def resolved(said: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to."""
    while ref := said.get("$ref"):
        said = document()
        for part in ref.removeprefix("#/").split("/"):
            said = said[part]
    return said


@cache
def validator(schema: str) -> Any:
    """For a schema, given as JSON, that may refer to components."""
    whole = json.loads(schema) | {"components": document()["components"]}
    return jsonschema_rs.validator_for(whole, validate_formats=True)


def operation_of(method: str, route: str) -> dict[str, Any] | None:
    """The operation behind a route of Django; HEAD is as GET."""
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    item = document()["paths"].get(path, {})
    return item.get({"HEAD": "get"}.get(method, method.lower()))


def fault(method: str, response: HttpResponse) -> str:
    """What of an answer is not as the document has it; "" where all is."""
    match = getattr(response, "resolver_match", None)
    route = match.route if match else ""
    if not route.startswith("api/v1/") or (operation := operation_of(method, route)) is None:
        return ""
    status = str(response.status_code)
    if status not in operation["responses"]:
        return f"{method} {route} does not document {status}: {response.content[:300]!r}"
    answer = resolved(operation["responses"][status])
    return wrong_headers(answer, response) or ("" if method == "HEAD" else wrong_body(answer, response))


def wrong_headers(answer: dict[str, Any], response: HttpResponse) -> str:
    """Those that always come, and what they say; the gate sets the id of the request, and no gate is here."""
    for name, said in answer.get("headers", {}).items():
        header = resolved(said)
        if name not in response.headers:
            if header.get("required") and name != "X-Request-Id":
                return f"{name} is missing"
            continue
        value: Any = response.headers[name]
        value = int(value) if header["schema"]["type"] == "integer" and value.isdecimal() else value
        if not validator(json.dumps(header["schema"])).is_valid(value):
            return f"{name} is {value!r}"
    return ""


def wrong_body(answer: dict[str, Any], response: HttpResponse) -> str:
    """Media type, code, schema."""
    kinds = answer.get("content", {})
    if not kinds:
        return "" if response.streaming or not response.content else f"a body: {response.content[:200]!r}"
    said = response.headers["Content-Type"].split(";")[0]
    if said not in kinds:
        return f"{said}, which is none of {list(kinds)}"
    if not said.endswith("json") or response.streaming:
        return ""
    zipped = response.headers.get("Content-Encoding") == "gzip"
    body = json.loads(gzip.decompress(response.content) if zipped else response.content)
    if said == MEDIA_TYPE and body["code"] not in answer["x-codes"]:
        return f"the code {body['code']!r} with {body['status']}, which is none of {answer['x-codes']}"
    schema = kinds[said]["schema"]
    if "fields" in response.wsgi_request.GET and response.status_code == 200:
        schema = sparse(schema)
    found = validator(json.dumps(schema)).iter_errors(body)
    return "; ".join(f"{list(error.instance_path)}: {error.message[:300]}" for error in found)


def sparse(schema: dict[str, Any]) -> dict[str, Any]:
    """What a body is held against that has only the members that were asked for."""
    known = resolved(schema)
    if "oneOf" in known:
        return {"anyOf": [sparse(one) for one in known["oneOf"]]}
    lists = {"results": {"items": sparse(known["properties"]["results"]["items"])}} if is_page(known) else {}
    return {"properties": known["properties"] | lists, "additionalProperties": False}


def is_page(schema: dict[str, Any]) -> bool:
    """Whether it is a list of things."""
    return "results" in schema.get("properties", {})
