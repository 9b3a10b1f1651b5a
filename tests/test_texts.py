"""Every code that the sources can tell somebody has its text in both languages, with what fills it."""

import ast
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from handlers import problems
from smovie import errors

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for folder in ("smovie", "handlers", "hub") for path in (ROOT / folder).rglob("*.py"))
REFUSALS = {kind.__name__ for kind in vars(errors).values() if isinstance(kind, type)} - {"Refusal"}
NOT_FACTS = {"retry_after_s", "errors"}


def read_texts(language: str) -> dict[str, str]:
    with (ROOT / "templates" / "locale" / f"{language}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    assert len({row[0] for row in rows}) == len(rows), "a code stands twice"
    assert all(len(row) == 2 and row[1].strip() for row in rows)
    return {row[0]: row[1] for row in rows}


TEXTS = {language: read_texts(language) for language in ("vi", "en")}


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\((\w+)\)s", text))


@dataclass(frozen=True)
class Use:
    """A code where it is used, and the facts that are given with it; None where the source alone does not tell."""

    code: str
    facts: frozenset[str] | None
    where: str


def text_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def uses_in(path: Path) -> Iterator[Use]:
    """Codes in refusals, in their lists of members, and in `say`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        if called in REFUSALS:
            facts = frozenset(word.arg for word in node.keywords if word.arg) - NOT_FACTS
            if code := text_of(node.args[0] if node.args else None):
                yield Use(code, facts, where)
            for word in node.keywords:
                for member in word.value.elts if word.arg == "errors" and isinstance(word.value, ast.List) else ():
                    assert isinstance(member, ast.Tuple), where
                    if code := text_of(member.elts[1]):
                        keys = member.elts[2].keys if isinstance(member.elts[2], ast.Dict) else []
                        yield Use(code, frozenset(filter(None, map(text_of, keys))), where)
        elif called == "say":
            for code in filter(None, map(text_of, node.args)):
                yield Use(code, None, where)


USES = [use for path in SOURCES for use in uses_in(path)]
PAGES = {
    code
    for path in (ROOT / "templates").rglob("*.html")
    for code in re.findall(r"say\(\s*[\"'](\w+)[\"']", path.read_text(encoding="utf-8"))
}


def test_codes_are_found_in_the_sources() -> None:
    assert {"movie_not_found", "username_taken", "registered", "rate_limited", "busy"} <= {use.code for use in USES}
    assert {"verify_title", "home_empty"} <= PAGES


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_code_has_a_text(language: str) -> None:
    wanted = {use.code for use in USES} | PAGES | set(problems._HTTP_CODES.values())
    wanted |= {"invalid", "unavailable", "internal", "invalid_value"}
    wanted |= {f"invalid_{code}" for code in problems._KNOWN.values()}
    assert wanted - set(TEXTS[language]) == set()


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    assert set(TEXTS["vi"]) == set(TEXTS["en"])
    for code, text in TEXTS["vi"].items():
        assert placeholders(text) == placeholders(TEXTS["en"][code]), code


def test_a_percent_sign_always_starts_a_placeholder() -> None:
    for texts in TEXTS.values():
        for code, text in texts.items():
            assert text.count("%") == len(placeholders(text)), code


def test_what_a_text_needs_is_given_wherever_its_code_is_used() -> None:
    for use in USES:
        if use.code in TEXTS["en"] and use.facts is not None:
            assert set(placeholders(TEXTS["en"][use.code])) <= use.facts, use
