"""What the public asks of the catalogue, answered from the snapshot: no verb here waits for anything.

Shape of every answer: (JSON bytes, strong ETag). Bodies are kept until the next change of the catalogue.
"""

import hashlib
from collections.abc import Callable, Hashable

from smovie.bounded_cache import BoundedCache
from smovie.catalog.render import detail, encode
from smovie.catalog.snapshot import ORDERS, Entry, Facet, Order, Snapshot
from smovie.errors import NotFound
from smovie.models.catalog import Language, Movie
from smovie.models.catalog_query import MovieQuery
from smovie.seo.site import Site
from smovie.seo.structured_data import describe_title

Body = tuple[bytes, str]

MOVIES_PATH = "/api/v1/movies"
_FIRST_YEAR, _LAST_YEAR = 1870, 2100
_FACET_OF_TAGS = {"genres": "genre", "nations": "nation", "exclusivities": "exclusivity"}


def list_movies(snapshot: Snapshot, query: MovieQuery, language: Language) -> Body:
    """A page of titles. A page past the end is empty, not an error."""
    key = (query.address, language)
    body = snapshot.bodies.get(key)
    if body is None:
        body = _page(snapshot, query, language)
        _keep(snapshot.bodies, key, body)
    return body


def pick_movies(snapshot: Snapshot, query: MovieQuery, language: Language) -> list[Movie]:
    """The same page as nouns, for pages in HTML."""
    return [entry.movie() for entry in _select(snapshot, query, language)[1]]


def show_movie(snapshot: Snapshot, slug: str, language: Language, site: Site) -> Body:
    """All of one title. Errors: NotFound for one that is not there or not visible."""
    entry = find_entry(snapshot, slug)

    def make() -> bytes:
        movie = entry.movie()
        return encode({**detail(movie, language), "structured_data": describe_title(movie, language, site)})

    return kept(snapshot, ("detail", slug, language), make)


def find_movie(snapshot: Snapshot, slug: str) -> Movie:
    """The noun of a visible title. Errors: NotFound."""
    return find_entry(snapshot, slug).movie()


def list_tags(snapshot: Snapshot, collection: str, language: Language) -> Body:
    """All genres, nations or exclusivities by name, with how many visible titles carry each."""

    def make() -> bytes:
        tags = sorted(snapshot.tags[collection].values(), key=lambda tag: tag.name.in_language(language))
        facet = _FACET_OF_TAGS[collection]
        rows = [
            {"id": tag.id, "name": tag.name.in_language(language), "count": snapshot.count((facet, tag.id))}
            for tag in tags
        ]
        return encode({"results": rows})

    return kept(snapshot, ("tags", collection, language), make, shows_figures=False)


def show_person(snapshot: Snapshot, person_id: str, language: Language) -> Body:
    """Somebody with the titles they directed and acted in. Errors: NotFound."""
    person = snapshot.person(person_id)
    if person is None:
        raise NotFound("person_not_found")

    def make() -> bytes:
        directed = _cards(snapshot.newest_first(person.directed), language)
        acted = _cards(snapshot.newest_first(person.acted), language)
        head = encode({"id": person.id, "name": person.name})
        return head[:-1] + b',"directed":' + directed + b',"acted":' + acted + b"}"

    return kept(snapshot, ("person", person_id, language), make)


def find_entry(snapshot: Snapshot, slug: str) -> Entry:
    """A visible title as it stands in memory. Errors: NotFound."""
    if (entry := snapshot.by_slug.get(slug)) is None:
        raise NotFound("movie_not_found")
    return entry


def find_title(snapshot: Snapshot, name: str) -> Entry:
    """A visible title by its id or, where that is none, its slug. Errors: NotFound."""
    return snapshot.entries.get(name) or find_entry(snapshot, name)


def kept(snapshot: Snapshot, key: Hashable, make: Callable[[], bytes], *, shows_figures: bool = True) -> Body:
    """What `make` gives, made once between two changes of the catalogue, figures among them where it shows any."""
    bodies = snapshot.bodies if shows_figures else snapshot.still_bodies
    body = bodies.get(key)
    if body is None:
        body = tagged(make())
        _keep(bodies, key, body)
    return body


def tagged(content: bytes) -> Body:
    """The bytes with their strong ETag: a digest of nothing but them, so that instances agree on it."""
    return content, _tag(content)


def _keep(bodies: BoundedCache[Body], key: Hashable, body: Body) -> None:
    bodies.put(key, body, len(body[0]) + 500)


def _tag(content: bytes) -> str:
    digest = hashlib.sha256(content, usedforsecurity=False)  # CPUs have it built in: half the time of blake2b
    return f'"{digest.hexdigest()[:24]}"'


def _page(snapshot: Snapshot, query: MovieQuery, language: Language) -> Body:
    """A page, and its tag made of the digests of its cards, which is as strong and spares reading all of it again."""
    count, entries = _select(snapshot, query, language)
    pages = -(-count // query.page_size)
    link = f"{MOVIES_PATH}?{query.of_any_page}page="
    following = f"{link}{query.page + 1}" if query.page < pages else None
    preceding = f"{link}{min(query.page - 1, pages)}" if query.page > 1 and pages else None
    head = encode(
        {
            "count": count, "page": query.page, "pages": pages, "page_size": query.page_size,
            "next": following, "previous": preceding,
        }
    )  # fmt: skip
    content = b"".join((head[:-1], b',"results":', _cards(entries, language), b"}"))
    return content, _tag(b"".join([head, *[entry.digest(language) for entry in entries]]))


def _select(snapshot: Snapshot, query: MovieQuery, language: Language) -> tuple[int, list[Entry]]:
    order, descending = _order(query.sort, language)
    start = (query.page - 1) * query.page_size
    return snapshot.select(_filters(query, language), order, descending=descending, start=start, size=query.page_size)


def _cards(entries: list[Entry], language: Language) -> bytes:
    return b"[" + b",".join([entry.cards[language] for entry in entries]) + b"]"


def _order(sort: str, language: Language) -> tuple[Order, bool]:
    """The ordering of a wish; titles are ordered as they are shown in a language."""
    wish = sort.removeprefix("-")
    name = f"title_{language}" if wish == "title" else wish
    return next(order for order in ORDERS if order == name), sort.startswith("-")


def _filters(query: MovieQuery, language: Language) -> dict[str, tuple[Facet, ...]]:
    filters: dict[str, tuple[Facet, ...]] = {}
    if query.genre:
        filters["genre"] = tuple(("genre", genre) for genre in query.genre)
    if query.nation:
        filters["nation"] = tuple(("nation", nation) for nation in query.nation)
    if query.exclusivity:
        filters["exclusivity"] = tuple(("exclusivity", exclusivity) for exclusivity in query.exclusivity)
    if query.person:
        filters["person"] = tuple((part, person) for person in query.person for part in ("cast", "director"))
    if query.year:
        filters["year"] = tuple(("year", year) for year in query.year)
    if query.kind:
        filters["kind"] = (("kind", query.kind.value),)
    if query.q_letter:
        filters["letter"] = ((f"letter_{language}", query.q_letter),)
    if query.year_from or query.year_to:
        years = range(query.year_from or _FIRST_YEAR, (query.year_to or _LAST_YEAR) + 1)
        filters["years"] = tuple(("year", year) for year in years)
    return filters
