"""Query strings as nouns."""

import functools
import typing
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError

from handlers.problems import invalid_from, pointer_to
from smovie.errors import Invalid
from smovie.models.base import Model

T = TypeVar("T", bound=Model)
_MOST_PARAMETERS = 100


def read_query(model: type[T], query: str) -> T:
    """A query string as a noun; a member that is a tuple takes repeated parameters. Errors: Invalid."""
    return typing.cast(T, _kept_query(model, query))


@functools.lru_cache(maxsize=2048)
def _kept_query(model: type[Model], query: str) -> Model:
    """Nouns do not change and the same pages are asked for all the time: so it is kept."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise Invalid from None
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in _repeatable(model):
            values.setdefault(name, []).append(value)
        elif name in values:
            raise Invalid(errors=[(pointer_to(name), "invalid_value", {})])
        else:
            values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise invalid_from(exc) from None


@functools.cache
def _repeatable(model: type[Model]) -> frozenset[str]:
    return frozenset(name for name, field in model.model_fields.items() if typing.get_origin(field.annotation) is tuple)
