"""The API described from its own declarations, nothing written twice: OpenAPI 3.1."""

from typing import Any

from pydantic.json_schema import models_json_schema

from handlers.access import Access
from handlers.operation import Operation, Upload, operation_of
from handlers.route import Route
from smovie.models.base import Model

VERBS = ("get", "post", "put", "patch", "delete")
_SCHEMAS = "#/components/schemas/{model}"
_ID = {"type": "string", "maxLength": 200}


class ProblemItem(Model):
    pointer: str
    detail: str


class ProblemAnswer(Model):
    """RFC 9457; `type` is stable, `detail` follows Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemItem] | None = None
    request_id: str


def describe(all_routes: tuple[Route, ...]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes below /api and the server's own health."""
    described = [
        (route, verb, declared)
        for route in all_routes
        for verb in VERBS
        if (declared := operation_of(route.handler, verb)) and route.path.startswith(("/api/v1", "/healthz", "/readyz"))
    ]
    models = {ProblemAnswer} | {
        model for _, _, declared in described for model in (declared.body, declared.answer) if model
    }
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=_SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for route, verb, declared in described:
        paths.setdefault(route.path, {})[verb] = _describe(route, verb, declared)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SMovie",
            "version": "1.0.0",
            "description": "An open movie-streaming backend. Bodies are at most 1 MiB where nothing "
            "else is said; texts follow Accept-Language "
            "(vi, en); every GET marked with an ETag honours If-None-Match and HEAD. Live rooms: see ROOMS.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _describe(route: Route, verb: str, declared: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{verb}_{route.handler.__name__.removesuffix('Handler')}",
        "summary": declared.summary,
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "x-access": declared.access.value,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _ID} for name in route.parameters),
            *(_query_parameters(declared.query) if declared.query else ()),
        ],
        "responses": _responses(declared),
    }
    if declared.access is not Access.PUBLIC:
        described["security"] = [{"bearer": []}]
    if declared.body:
        described["requestBody"] = {"required": True, "content": _json(declared.body)}
    if declared.upload:
        described["requestBody"] = _multipart(declared.upload)
    return described


def _multipart(upload: Upload) -> dict[str, Any]:
    """A body with one file; its media type is a hint only, the file is judged by its content."""
    media_types = ", ".join(upload.media_types)
    file = {"type": "string", "contentMediaType": "application/octet-stream", "maxLength": upload.max_bytes}
    return {
        "required": True,
        "description": f"At most {upload.max_bytes >> 20} MiB, one of {media_types}.",
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {upload.part: file}, "required": [upload.part]},
                "encoding": {upload.part: {"contentType": media_types}},
            }
        },
    }


def _query_parameters(model: type[Model]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": _inlined(of, definitions),
        }
        for name, of in schema["properties"].items()
    ]


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with its references replaced: a parameter stands alone."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: _inlined(value, definitions) for key, value in schema.items()}


def _responses(declared: Operation) -> dict[str, Any]:
    answers: dict[str, Any] = {str(declared.status): {"description": "As asked."}}
    if declared.answer:
        answers[str(declared.status)]["content"] = _json(declared.answer)
    if declared.cacheable:
        answers["304"] = {"description": "What you have is current."}
    answers["default"] = {
        "description": "A problem.",
        "content": {"application/problem+json": {"schema": {"$ref": _SCHEMAS.format(model="ProblemAnswer")}}},
    }
    return answers


def _json(model: type[Model]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _SCHEMAS.format(model=model.__name__)}}}
