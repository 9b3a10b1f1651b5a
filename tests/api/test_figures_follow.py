"""A title whose figures alone have changed shows them as if it had been read anew, and nothing else is done anew."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from smovie.catalog.snapshot import ORDERS, Snapshot
from smovie.models.catalog import Stats
from smovie.store.changes import Change, latest
from smovie.store.movies import stats_alone
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.search.titles import a_title
from tests.support.wait import until

a_stats = st.builds(
    Stats, views=st.integers(0, 10**9), rating_sum=st.integers(0, 10**6), rating_count=st.integers(0, 10**5),
    ratings=st.dictionaries(st.sampled_from(["1", "10"]), st.integers(0, 9)), comments=st.integers(0, 9),
)  # fmt: skip


def all_of(snapshot: Snapshot) -> Any:
    """What a snapshot answers from."""
    entries = {entry.id: (entry.movie(), entry.cards, entry.keys) for entry in snapshot.entries.values()}
    pages = [
        [entry.id for entry in snapshot.select({}, order, descending=descending, start=0, size=9)[1]]
        for order in ORDERS
        for descending in (True, False)
    ]
    views = {title: snapshot.search[snapshot.search.row_of(title)].views for title in entries}
    same = [snapshot.by_slug[entry.slug] is entry for entry in snapshot.entries.values()]
    return entries, pages, views, same


@given(st.lists(st.tuples(st.sampled_from("abc"), a_stats), max_size=12))
def test_figures_put_alone_are_as_if_the_whole_title_was_put(changes: list[tuple[str, Stats]]) -> None:
    titles = {
        name: a_title(f'Phim "rating":{name}', id=name, release_date="2020-01-01").model_copy(update={"slug": name})
        for name in "abc"
    }
    alone, whole = Snapshot(), Snapshot()
    for title in titles.values():
        alone.put(title)
        whole.put(title)
    for name, stats in changes:
        alone.put_stats(name, stats)
        whole.put(titles[name].model_copy(update={"stats": stats}))
    assert all_of(alone) == all_of(whole)
    for entry in alone.entries.values():
        assert orjson.loads(entry.cards["vi"])["views"] == entry.movie().stats.views


def test_figures_of_a_title_that_is_not_shown_stay_so() -> None:
    snapshot = Snapshot()
    snapshot.put_stats("a", Stats(views=1))
    assert not snapshot.entries


def a_change(*updated: str, **document: Any) -> Change:
    return Change("movies", "a", document or None, False, frozenset(updated))


def test_of_several_changes_the_last_is_taken_with_all_that_was_updated() -> None:
    figures, edit = a_change("stats.views", stats={"views": 7}), a_change("title", title="x", stats={"views": 6})
    (both,) = latest([edit, figures])
    assert (both.document, stats_alone(both)) == ({"title": "x", "stats": {"views": 7}}, None)
    (twice,) = latest([a_change("stats.views", stats={"views": 6}), figures])
    assert stats_alone(twice) == Stats(views=7)
    for other in (a_change(), a_change(title="x")):
        for pair in ([other, figures], [figures, other]):
            (joined,) = latest(pair)
            assert stats_alone(joined) is None


async def test_a_view_leaves_what_shows_no_figures_and_an_edit_beside_it_is_seen(start: StartServer) -> None:
    server = await start()
    db, snapshot = server.runtime.db, server.runtime.catalog.snapshot
    await db.movies.insert_many([a_document(1, description="x" * 1_000), a_document(2)])
    await until(lambda: len(snapshot.entries) == 2)
    await server.api.call("GET", "/posters/phim-1.svg")
    await server.api.get("/movies")
    kept = snapshot.still_bodies.get(("poster", "phim-1", "vi"))
    assert kept
    await db.movies.update_one({"_id": "title1"}, {"$inc": {"stats.views": 3}})
    await until(lambda: snapshot.entries["title1"].keys["views"] == 3)
    assert snapshot.still_bodies.get(("poster", "phim-1", "vi")) is kept
    views = {card["slug"]: card["views"] for card in (await server.api.get("/movies")).json["results"]}
    assert views == {"phim-1": 3, "phim-2": 0}
    await db.movies.update_one({"_id": "title1"}, {"$set": {"title": "Khác"}, "$inc": {"stats.views": 1}})
    await until(lambda: snapshot.entries["title1"].movie().title == "Khác")
    assert snapshot.still_bodies.get(("poster", "phim-1", "vi")) is None
    assert snapshot.entries["title1"].movie().stats.views == 4
    await db.movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await until(lambda: "title1" not in snapshot.entries)
    await db.movies.update_one({"_id": "title1"}, {"$inc": {"stats.views": 1}})
    await db.movies.update_one({"_id": "title2"}, {"$inc": {"stats.views": 1}})
    await until(lambda: snapshot.entries["title2"].keys["views"] == 1)
    assert "title1" not in snapshot.entries
