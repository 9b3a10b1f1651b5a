"""The OpenAPI file is valid, says everything about every route, and what it says is so."""

from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.openapi import VERBS, describe
from handlers.operation import operation_of
from handlers.route import Route
from handlers.routes import ROUTES
from tests.support.server import RunningServer

DESCRIBED = describe(ROUTES)
OPERATIONS = [
    (path, verb, operation) for path, verbs in DESCRIBED["paths"].items() for verb, operation in verbs.items()
]


def methods_of(route: Route) -> list[str]:
    """The verbs that a handler answers itself."""
    refused = ApiHandler._unimplemented_method
    return [verb for verb in VERBS if getattr(route.handler, verb, refused) is not refused]


def validator_of(schema: dict[str, Any]) -> Draft202012Validator:
    """Judges by a schema of the file, within the file."""
    return Draft202012Validator(
        {**schema, "components": DESCRIBED["components"]}, format_checker=FormatChecker(["date-time"])
    )


async def test_the_file_is_valid_openapi_3_1_and_the_one_the_server_gives(server: RunningServer) -> None:
    OpenAPIV31SpecValidator(DESCRIBED).validate()
    answer = await server.api.call("GET", "/api/openapi.json")
    assert answer.json == DESCRIBED
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_every_method_of_every_route_says_who_may_call_it() -> None:
    silent = []
    for route in ROUTES:
        if isinstance(getattr(route.handler, "access", None), Access):
            continue
        verbs = methods_of(route) if issubclass(route.handler, ApiHandler) else ["the handler"]
        silent += [f"{route.path}: {verb}" for verb in verbs if operation_of(route.handler, verb) is None]
    assert not silent, f"routes without an access: {silent}"
    assert all(methods_of(route) for route in ROUTES)


def test_every_api_method_is_in_the_file_with_its_access() -> None:
    missing = [
        f"{verb} {route.path}"
        for route in ROUTES
        for verb in methods_of(route)
        if route.path.startswith("/api/v1") and verb not in DESCRIBED["paths"].get(route.path, {})
    ]
    assert not missing
    for path, verb, operation in OPERATIONS:
        access = Access(operation["x-access"])
        assert ("security" in operation) is (access is not Access.PUBLIC), (verb, path)


def test_every_path_parameter_is_described() -> None:
    for route in ROUTES:
        for operation in DESCRIBED["paths"].get(route.path, {}).values():
            in_path = [p["name"] for p in operation["parameters"] if p["in"] == "path" and p["required"]]
            assert in_path == route.parameters


def test_every_query_parameter_stands_alone_and_is_named_once() -> None:
    for path, verb, operation in OPERATIONS:
        names = Counter((parameter["in"], parameter["name"]) for parameter in operation["parameters"])
        assert set(names.values()) <= {1}, (verb, path)
        assert "$ref" not in str(operation["parameters"])


def test_every_operation_has_a_summary_and_an_id_of_its_own() -> None:
    for path, verb, operation in OPERATIONS:
        assert len(operation["summary"]) > 5, (verb, path)
    ids = Counter(operation["operationId"] for _, _, operation in OPERATIONS)
    assert [name for name, count in ids.items() if count > 1] == []


async def assert_as_declared(server: RunningServer, described: str, asked: str, access: str | None = None) -> None:
    """A GET answers what the file says."""
    answer = await server.api.call("GET", asked, access=access, headers={"Accept": "application/json"})
    assert answer.status == 200
    declared = DESCRIBED["paths"][described]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    validator_of(declared).validate(answer.json)


@pytest.mark.parametrize(
    ("described", "asked"),
    [
        ("/api/v1/movies", "/api/v1/movies?page_size=100"),
        ("/api/v1/movies", "/api/v1/movies?page=9999"),
        ("/api/v1/genres", "/api/v1/genres"),
        ("/api/v1/nations", "/api/v1/nations"),
        ("/api/v1/exclusivities", "/api/v1/exclusivities"),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
    ],
)
async def test_an_answer_is_as_declared(server: RunningServer, described: str, asked: str) -> None:
    await assert_as_declared(server, described, asked)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_title_is_as_declared(server: RunningServer, language: str) -> None:
    declared = DESCRIBED["paths"]["/api/v1/movies/{slug}"]["get"]["responses"]["200"]
    validator = validator_of(declared["content"]["application/json"]["schema"])
    for card in (await server.api.get("/movies?page_size=100")).json["results"]:
        answer = await server.api.get(f"/movies/{card['slug']}", headers={"Accept-Language": language})
        validator.validate(answer.json)


async def test_a_person_is_as_declared(server: RunningServer) -> None:
    person = (await server.api.get("/movies/spirited-away")).json["directors"][0]["id"]
    await assert_as_declared(server, "/api/v1/people/{person_id}", f"/api/v1/people/{person}")


async def test_an_account_and_its_comments_are_as_declared(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    posted = await server.api.post(f"/episodes/{episode}/comments", {"message": "hay quá"}, access=member.access)
    operation = DESCRIBED["paths"]["/api/v1/episodes/{episode_id}/comments"]["post"]
    validator_of(operation["responses"]["201"]["content"]["application/json"]["schema"]).validate(posted.json)
    await assert_as_declared(server, "/api/v1/episodes/{episode_id}/comments", f"/api/v1/episodes/{episode}/comments")
    await assert_as_declared(server, "/api/v1/me", "/api/v1/me", member.access)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/movies?page=0"), ("GET", "/api/v1/movies/no-such"), ("GET", "/api/v1/me"), ("GET", "/nowhere"),
        ("POST", "/api/v1/auth/login"), ("DELETE", "/api/v1/movies"), ("GET", "/ws/comments/x"),
    ],
)  # fmt: skip
async def test_a_refusal_is_as_declared(server: RunningServer, method: str, path: str) -> None:
    answer = await server.api.call(method, path)
    assert answer.status >= 400
    problem = {"$ref": "#/components/schemas/ProblemAnswer"}
    validator_of(problem).validate(answer.json)
    for _, _, operation in OPERATIONS:
        assert operation["responses"]["default"]["content"]["application/problem+json"]["schema"] == problem
