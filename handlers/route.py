"""A line of the route map."""

import re
from dataclasses import dataclass

from tornado.routing import URLSpec
from tornado.web import RequestHandler

_PARAMETER = re.compile(r"\{(\w+)\}")
_FILLED_BY = {"path": r".+"}  # every other parameter: anything but a slash


@dataclass(frozen=True)
class Route:
    """An address with `{parameters}`, and the handler that answers there."""

    path: str
    handler: type[RequestHandler]

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    @property
    def pattern(self) -> str:
        """What matches the whole path of a request."""
        literal = re.split(_PARAMETER, self.path)
        return "".join(
            f"(?P<{part}>{_FILLED_BY.get(part, '[^/]+')})" if index % 2 else re.escape(part)
            for index, part in enumerate(literal)
        )

    def rule(self) -> URLSpec:
        """As Tornado wants it."""
        return URLSpec(self.pattern + "$", self.handler, name=None)
