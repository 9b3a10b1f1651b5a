"""Addresses as the outside world knows them."""

from dataclasses import dataclass
from urllib.parse import quote

from smovie.models.catalog import Language

_MEANT_AS_THEY_STAND = "%/:?#[]@!$&'()*+,;=~"  # reserved by RFC 3986, and escapes that are there already


@dataclass(frozen=True)
class Site:
    """The public site. `public_url` is where users reach it, without a slash at its end."""

    public_url: str

    def absolute(self, address: str) -> str:
        """An address in full and in ASCII; a path is one on this server."""
        full = self.public_url + address if address.startswith("/") and not address.startswith("//") else address
        return quote(full, safe=_MEANT_AS_THEY_STAND)

    def title_page(self, slug: str, language: Language = "vi") -> str:
        """The page of a title. Crawlers name no language and are shown Vietnamese, so that has the plain address."""
        return f"{self.public_url}/movies/{slug}" + ("?lang=en" if language == "en" else "")
