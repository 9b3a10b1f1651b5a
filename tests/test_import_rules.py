"""Who may import whom (DESIGN.md 3), read from the source: handlers → verbs → store → models, and a hub apart."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("smovie", "handlers", "hub", "settings", "run", "bench", "tests")
_NOT_SOURCE = {"node_modules", "venv", "build", "dist", "__pycache__"}


@dataclass(frozen=True)
class Import:
    """`name` in full: `from smovie import ids` and `import smovie.ids` are both "smovie.ids"."""

    file: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def within(name: str, *places: str) -> bool:
    """Whether a dotted name or a path is one of these places or lies below one."""
    return any(name == place or name.startswith((place + ".", place + "/")) for place in places)


# -- reading -----------------------------------------------------------------------------------------------------------


def source_files() -> list[Path]:
    found = []
    for path in ROOT.rglob("*.py"):
        folders = path.relative_to(ROOT).parts[:-1]
        if not any(folder.startswith(".") or folder in _NOT_SOURCE for folder in folders):
            found.append(path)
    return sorted(found)


def imports_of(file: str, source: str) -> list[Import]:
    """Every import of a file, also inside functions and `if TYPE_CHECKING`, also by a literal `import_module`."""
    tree = ast.parse(source, file)
    return [Import(file, line, name) for node in ast.walk(tree) for line, name in _names(file, node)]


def _names(file: str, node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield node.lineno, alias.name
    elif isinstance(node, ast.ImportFrom):
        above = PurePosixPath(file).parts[: -node.level] if node.level else ()
        module = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            yield node.lineno, f"{module}.{alias.name}" if alias.name != "*" else module
    elif isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if called in ("import_module", "__import__") and isinstance(first, ast.Constant):
            yield node.lineno, str(first.value)


@pytest.fixture(scope="module")
def all_imports() -> list[Import]:
    return [
        one
        for path in source_files()
        for one in imports_of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]


# -- the rules ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """`broken_by` one import; `planted` is a file and a line that must be caught, `fine` ones that must not."""

    says: str
    broken_by: Callable[[Import], bool]
    planted: list[tuple[str, str]]
    fine: list[tuple[str, str]]


def only(places: tuple[str, ...], may_use: tuple[str, ...], *, of: tuple[str, ...]) -> Callable[[Import], bool]:
    """Of the names `of`, files in `places` may import none but `may_use`."""
    return lambda one: within(one.file, *places) and within(one.name, *of) and not within(one.name, *may_use)


def reserved(names: tuple[str, ...], *, to: tuple[str, ...]) -> Callable[[Import], bool]:
    """These names may be imported by nobody but files in `to`."""
    return lambda one: within(one.name, *names) and not within(one.file, *to)


DRIVERS = ("motor", "pymongo", "bson", "gridfs")
BESIDE = ("tests", "bench")

RULES = [
    Rule(
        "smovie/ is the product without HTTP: it imports nothing of ours from outside smovie/",
        only(("smovie",), ("smovie",), of=OURS),
        planted=[
            ("smovie/catalog/queries.py", "from handlers.base import ApiHandler"),
            ("smovie/comments.py", "from hub.hub import Hub"),
            ("smovie/tokens.py", "def f():\n    import settings"),
            ("smovie/tokens.py", "from run import open_runtime"),
        ],
        fine=[("smovie/comments.py", "from smovie.store import comments"), ("smovie/a.py", "import hubris, runpy")],
    ),
    Rule(
        "no Tornado under smovie/ nor in hub/",
        only(("smovie", "hub"), (), of=("tornado",)),
        planted=[("smovie/passwords.py", "import tornado.ioloop"), ("hub/hub.py", "from tornado import gen")],
        fine=[("handlers/base.py", "from tornado.web import RequestHandler")],
    ),
    Rule(
        "smovie/models imports only models, ids, text and errors",
        only(("smovie/models",), ("smovie.models", "smovie.ids", "smovie.text", "smovie.errors"), of=OURS),
        planted=[
            ("smovie/models/catalog.py", "from smovie.store.mongo import Database"),
            ("smovie/models/catalog.py", "from smovie import catalog"),
            ("smovie/models/catalog.py", "from .. import comments"),
            ("smovie/models/catalog.py", "from ..catalog.render import detail"),
            ("smovie/models/catalog.py", "import importlib\nimportlib.import_module('smovie.tokens')"),
        ],
        fine=[
            ("smovie/models/accounts.py", "from smovie.ids import ID_PATTERN\nfrom smovie import text"),
            ("smovie/models/accounts.py", "from .base import Model\nfrom . import catalog\nfrom .. import ids"),
        ],
    ),
    Rule(
        "smovie/store imports only store, models, ids, errors and text",
        only(
            ("smovie/store",),
            ("smovie.store", "smovie.models", "smovie.ids", "smovie.errors", "smovie.text"),
            of=OURS,
        ),
        planted=[
            ("smovie/store/comments.py", "from smovie import comments"),
            ("smovie/store/users.py", "import smovie.passwords"),
            ("smovie/store/users.py", "if TYPE_CHECKING:\n    from hub.hub import Hub"),
        ],
        fine=[("smovie/store/users.py", "from smovie.models.accounts import User\nfrom smovie.store import mongo")],
    ),
    Rule(
        "handlers reach the store by verbs only (the runtime may name the Database type)",
        lambda one: (
            within(one.file, "handlers")
            and within(one.name, "smovie.store")
            and (one.file, one.name) != ("handlers/runtime.py", "smovie.store.mongo.Database")
        ),
        planted=[
            ("handlers/api/catalog.py", "from smovie.store import movies"),
            ("handlers/runtime.py", "from smovie.store.mongo import pack"),
        ],
        fine=[("handlers/runtime.py", "from smovie.store.mongo import Database")],
    ),
    Rule(
        "hub/ imports nothing of ours outside hub/",
        only(("hub",), ("hub",), of=OURS),
        planted=[("hub/hub.py", "from smovie.ids import new_id"), ("hub/room.py", "import handlers.live.wire")],
        fine=[("hub/hub.py", "from hub.log import RoomLog\nfrom .room import Room")],
    ),
    Rule(
        "the MongoDB driver and bson are known in smovie/store only",
        reserved(DRIVERS, to=("smovie/store", *BESIDE)),
        planted=[("smovie/catalog/feed.py", "from bson import ObjectId"), ("run.py", "import pymongo")],
        fine=[("smovie/store/movies.py", "import bson"), ("tests/store/test_mongo.py", "import pymongo")],
    ),
    Rule(
        "the driver's name appears in one file, smovie/store/mongo.py",
        reserved(("motor", "pymongo"), to=("smovie/store/mongo.py", *BESIDE)),
        planted=[
            ("smovie/store/users.py", "from pymongo.errors import DuplicateKeyError"),
            ("smovie/store/users.py", "def f():\n    from motor.motor_asyncio import AsyncIOMotorClient"),
        ],
        fine=[("smovie/store/mongo.py", "from pymongo import AsyncMongoClient")],
    ),
    Rule(
        "redis is known in hub/redis_mirror.py and where throttles count only",
        reserved(("redis",), to=("hub/redis_mirror.py", "smovie/throttles/windows.py", *BESIDE)),
        planted=[
            ("hub/hub.py", "from redis.asyncio import Redis"),
            ("run.py", "import redis"),
            ("smovie/throttles/__init__.py", "import redis"),
        ],
        fine=[
            ("hub/redis_mirror.py", "import redis.asyncio"),
            ("smovie/throttles/windows.py", "import redis.asyncio"),
        ],
    ),
    Rule(
        "settings are read by run.py only",
        reserved(("settings",), to=("run.py", *BESIDE)),
        planted=[("handlers/server.py", "from settings import Settings"), ("hub/hub.py", "import settings")],
        fine=[("run.py", "from settings import Settings")],
    ),
    Rule(
        "nobody imports run but tests and bench",
        reserved(("run",), to=BESIDE),
        planted=[("handlers/server.py", "import run"), ("settings.py", "from run import main")],
        fine=[("tests/conftest.py", "from run import open_runtime"), ("bench/rooms.py", "import run")],
    ),
    Rule(
        "what runs in production imports neither tests nor bench",
        reserved(BESIDE, to=BESIDE),
        planted=[("handlers/server.py", "from tests import make"), ("run.py", "import bench")],
        fine=[("tests/hub/test_hub.py", "from tests.hub.fakes import Box")],
    ),
]
by_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.says for rule in RULES])


@by_rule
def test_the_rule_holds(rule: Rule, all_imports: list[Import]) -> None:
    broken = [str(one) for one in all_imports if rule.broken_by(one)]
    assert not broken, f"{rule.says} (DESIGN.md 3), but\n  " + "\n  ".join(broken)


@by_rule
def test_the_checker_catches_a_planted_violation(rule: Rule) -> None:
    for file, source in rule.planted:
        assert any(rule.broken_by(one) for one in imports_of(file, source)), f"not caught: {file}: {source}"
    for file, source in rule.fine:
        wronged = [str(one) for one in imports_of(file, source) if rule.broken_by(one)]
        assert not wronged, f"caught, though it is allowed: {wronged}"


def test_the_checker_reads_the_whole_tree(all_imports: list[Import]) -> None:
    files = {path.relative_to(ROOT).as_posix() for path in source_files()}
    assert {"settings.py", "hub/hub.py", "smovie/store/mongo.py", "handlers/routes.py"} <= files
    assert any(one.file == "smovie/store/mongo.py" and within(one.name, "motor") for one in all_imports)
