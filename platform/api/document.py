"""The OpenAPI document as a whole: closed request bodies, links from one operation to the next, examples, tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from api.answers import header_components
from api.schema import TAKES_MORE
from api.specimens import specimens
from api.tags import TAGS

SCHEMAS = "#/components/schemas/"
JSON = "application/json"


class Written(NamedTuple):
    """The document in one form."""

    body: bytes
    etag: str


@cache
def written(form: str) -> Written:
    """The document as `json` or `yaml`; made once in a process, since nothing in it depends on who asks."""
    with translation.override("en"):
        document = SchemaGenerator().get_schema(request=None, public=True)
    renderer = OpenApiJsonRenderer() if form == "json" else OpenApiYamlRenderer()
    body: bytes = renderer.render(document, renderer_context={})
    return Written(body, f'"{hashlib.sha256(body).hexdigest()}"')


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The last hook of drf-spectacular."""
    components = result["components"]
    close(result)
    components["links"] = link_all(result["paths"])
    components["headers"] = header_components(json.dumps(result))
    for name, example in specimens(components["schemas"]).items():
        components["schemas"][name]["examples"] = [example]
    used = {tag for operation in operations(result["paths"]) for tag in operation["tags"]}
    result["tags"] = [{"name": name, "description": says} for name, says in TAGS.items() if name in used]
    return result


def operations(paths: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each of them."""
    for item in paths.values():
        yield from (one for one in item.values() if isinstance(one, dict))


def close(result: Mapping[str, Any]) -> None:
    """Say that unknown fields of request bodies are refused."""
    schemas = result["components"]["schemas"]
    bodies = [one["requestBody"] for one in operations(result["paths"]) if "requestBody" in one]
    for name in reached(bodies, schemas):
        schema = schemas[name]
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = bool(schema.pop(TAKES_MORE, False))


def reached(start: Any, schemas: Mapping[str, Any]) -> set[str]:
    """Names of the schemas that are referred to, on whatever way."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def references(said: Any) -> Iterator[str]:
    """Names of schemas in a piece of the document."""
    if isinstance(said, Mapping):
        if isinstance(ref := said.get("$ref"), str) and ref.startswith(SCHEMAS):
            yield ref.removeprefix(SCHEMAS)
        for value in said.values():
            yield from references(value)
    elif isinstance(said, list):
        for value in said:
            yield from references(value)


def link_all(paths: Mapping[str, Any]) -> dict[str, Any]:
    """From what makes or lists a thing to what can be done with it: its `id` is the `{id}` of paths below."""
    links: dict[str, Any] = {}
    for path, item in paths.items():
        below = [one for place, one in paths.items() if place.startswith(f"{path}/{{id}}") and place.count("{") == 1]
        known = {one["operationId"]: link(one["operationId"]) for each in below for one in each.values()}
        made = item.get("post", {}).get("responses", {})
        for status in ("201", "202"):
            if known and status in made and made[status].get("content", {}).keys() >= {JSON}:
                made[status]["links"] = {name: {"$ref": f"#/components/links/{name}"} for name in known}
                links |= known
    return dict(sorted(links.items()))


def link(name: str) -> dict[str, Any]:
    """To an operation on the thing that was made."""
    return {"operationId": name, "parameters": {"id": "$response.body#/id"}}
