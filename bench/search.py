"""Search and suggestions: what they find, what they cost, beside the naive ways in the same run.

python -m bench.search [--titles FILE] [--made-up 200000] [--json FILE]
"""

import asyncio
import gc
import os
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
import uvloop
from rapidfuzz import fuzz, process

from bench.proc import rss_bytes, say_machine
from bench.search_titles import made_up_movies, random_queries
from bench.table import percentile, show_table, write_json
from bench.titles import WIKIPEDIA
from smovie.catalog.snapshot import Snapshot
from smovie.collector import begin_loading, end_loading
from smovie.models.catalog import Movie
from smovie.models.search import MOST_LETTERS, SearchQuery, SuggestQuery
from smovie.search import answers
from smovie.search.finder import find
from smovie.search.index import SearchIndex
from smovie.search.keys import folded_key
from smovie.slices import finish, in_slices
from tests.search.golden import Golden, read_golden
from tests.support.catalogue import demo_files, movies_of

try:
    from thefuzz import fuzz as old_fuzz
    from thefuzz import process as old_process
except ImportError:
    old_process = None

_LIMIT = 20
_PER_KIND = 200
_SAME = 0.01  # scores closer than this are one
_LIKELY = 75  # a score below says that a title is something else
_COLUMNS = ("what", "p50 ms", "p95 ms", "most ms", "CPU p50", "CPU p95", "CPU most")  # CPU: when others use the machine


@click.command()
@click.option("--titles", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Beside the demo ones.")
@click.option("--made-up", default=200_000, help="How many titles the large catalogue has; 0 for none.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures.")
def main(titles: Path | None, made_up: int, json_file: Path | None) -> None:
    """Measure search: what it finds among real titles, and what it costs among them and among very many."""
    say_machine()
    figures = uvloop.run(_measure(titles or (WIKIPEDIA if WIKIPEDIA.exists() else None), made_up))
    if json_file:
        write_json(json_file, figures)


async def _measure(file: Path | None, made_up: int) -> dict[str, Any]:
    files = [*demo_files(), *([file] if file else [])]
    kib = _memory_kib(movies_of(*files))  # first, while nothing that was freed can be used again
    movies = list(movies_of(*files))
    snapshot = Snapshot()
    loading = await _load(snapshot, movies)
    golden = [one for one in read_golden() if any(map(one.is_met_by, movies))]
    click.echo(f"the index alone takes {kib:.2f} KiB of memory a title")
    figures: dict[str, Any] = {"kib_per_title": kib, "found": _show_found(snapshot.search, movies, golden)}
    at_random = random_queries([movie for movie in movies if movie.cast], min(_PER_KIND, len(movies) // 2))
    _show_found_at_random(snapshot.search, at_random)
    texts = [one.text for one in golden] + [text for some in at_random.values() for text, _ in some]
    figures["real"] = await _show_costs(snapshot, movies, texts, [loading])
    figures["naive"] = _show_naive(snapshot, movies, golden)
    del movies, snapshot, at_random
    if made_up:
        large = Snapshot()
        loading = await _load(large, made_up_movies(made_up))
        some = [entry.movie() for entry in list(large.entries.values())[:: max(made_up // 5_000, 1)]]
        texts = [text for asked in random_queries(some, _PER_KIND).values() for text, _ in asked]
        figures["made_up"] = await _show_costs(large, some, texts, [loading])
    return figures


async def _held(work: Coroutine[Any, Any, object]) -> list[float]:
    """How long the loop was held while the work was done, as another task sees it. Shape: figures of a row."""
    holds: list[float] = []
    used: list[float] = []

    async def stand_by() -> None:
        while True:
            began, began_using = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0)
            holds.append(time.perf_counter() - began)
            used.append(time.thread_time() - began_using)

    by = asyncio.create_task(stand_by())
    await asyncio.sleep(0)
    await work
    await asyncio.sleep(0)
    by.cancel()
    return [*_in_ms(holds), *_in_ms(used)]


async def _load(snapshot: Snapshot, movies: Any) -> list[object]:
    """Fill it as a server does while it serves. Shape: a row for the table of costs, by how long the loop was held."""

    async def put_all() -> None:
        async for movie in in_slices(movies):
            snapshot.put(movie, sort=False)

    end_loading()
    begin_loading()
    held = await _held(put_all())
    for _ in snapshot.sort_in_steps():
        pass
    end_loading()
    return ["loop held while loading", *held]


def _memory_kib(movies: Iterable[Movie]) -> float:
    gc.collect()
    before, index = rss_bytes(os.getpid()), SearchIndex()
    for movie in movies:
        index.put(movie)
    gc.collect()
    return (rss_bytes(os.getpid()) - before) / len(index) / 1024


def _in_ms(seconds: Sequence[float]) -> list[float]:
    ordered = sorted(seconds)
    return [1e3 * value for value in (percentile(ordered, 0.5), percentile(ordered, 0.95), ordered[-1])]


def _show_found(index: SearchIndex, movies: Sequence[Movie], golden: Sequence[Golden]) -> dict[str, float]:
    by_id = {movie.id: movie for movie in movies}
    asked, first, third = Counter[str](), Counter[str](), Counter[str]()
    misses: list[list[object]] = []
    for one in golden:
        hits = find(index, one.text, _LIMIT).hits
        places = [place for place, hit in enumerate(hits, 1) if one.is_met_by(by_id[hit.id])]
        asked[one.group] += 1
        first[one.group] += places[:1] == [1]
        third[one.group] += bool(places) and places[0] <= 3
        if places[:1] != [1]:
            found = by_id[hits[0].id].title if hits else "nothing"
            misses.append([one.text, " or ".join(one.wanted)[:50], found[:50], places[0] if places else "not found"])
    rows = [[group, count, first[group] / count, third[group] / count] for group, count in asked.items()]
    total = [first.total() / asked.total(), third.total() / asked.total()]
    rows.append(["all", asked.total(), *total])
    show_table(f"golden queries among {len(movies):,} titles", ("group", "queries", "first", "among three"), rows)
    show_table("not first", ("query", "wanted", "found first", "wanted at"), misses)
    return {"queries": asked.total(), "first": total[0], "among_three": total[1]}


def _show_found_at_random(index: SearchIndex, kinds: dict[str, list[tuple[str, Movie]]]) -> None:
    rows = []
    for kind, asked in kinds.items():
        first = third = 0
        for text, movie in asked:
            names = [{name.shown for name in index[index.row_of(hit.id)].names} for hit in find(index, text, 3).hits]
            first += bool(names) and movie.title in names[0]
            third += any(movie.title in some for some in names)
        rows.append([kind, len(asked), first / len(asked), third / len(asked)])
    show_table("titles drawn at random and typed", ("how", "queries", "first", "among three"), rows)


async def _show_costs(
    snapshot: Snapshot, movies: Sequence[Movie], texts: Sequence[str], more: list[list[object]]
) -> dict[str, Any]:
    index = snapshot.search
    keystrokes = [text[:length] for text in texts[::3] for length in range(1, len(text) + 1)]
    hostile = ["the " * 50, "a b c d e f g h i j k l m n " * 7, "x" * 200, "ﷺ" * 200, "ing er an " * 20, "ư" * 200]
    some = movies[:: max(len(movies) // 500, 1)]
    renamed = [movie.model_copy(update={"title": f"{movie.title} {number}"}) for number, movie in enumerate(some)]
    viewed = [movie.model_copy(update={"stats": movie.stats.model_copy(update={"views": 1})}) for movie in renamed]

    def trending(limit: int) -> Iterable[str]:
        return islice(snapshot.most_viewed(), limit)

    def search(text: str) -> object:
        return finish(answers.search_in_steps(snapshot, SearchQuery(q=text[:MOST_LETTERS]), "vi"))

    def suggest(text: str) -> object:
        return finish(answers.suggest_in_steps(snapshot, SuggestQuery(q=text[:MOST_LETTERS]), "vi", trending))

    async def ask(texts: Sequence[str]) -> None:
        for text in texts:
            await answers.search(snapshot, SearchQuery(q=text[:MOST_LETTERS]), "vi")
            await asyncio.sleep(0)  # as between two requests
            await answers.suggest(snapshot, SuggestQuery(q=text[:MOST_LETTERS]), "vi", trending)
            await asyncio.sleep(0)

    rows: list[list[object]] = [
        ["search", *_timed(search, texts)],
        ["suggest, each keystroke", *_timed(suggest, keystrokes)],
        ["search, hostile texts", *_timed(search, hostile)],
        ["suggest, hostile texts", *_timed(suggest, hostile)],
        ["loop held while answering", *await _held(ask(texts))],
        ["loop held by hostile texts", *await _held(ask(hostile))],
        ["a title renamed, index only", *_timed(index.put, renamed)],
        ["a view more, index only", *_timed(index.put, viewed)],
        *more,
    ]
    show_table(f"costs among {len(index):,} titles ({len(texts)} queries)", _COLUMNS, rows)
    return {"titles": len(index), **{str(row[0]): dict(zip(_COLUMNS[1:], row[1:], strict=True)) for row in rows}}


def _timed(work: Callable[[Any], object], asked: Sequence[Any]) -> list[float]:
    took, used = [], []
    for one in asked:
        began, began_using = time.perf_counter(), time.thread_time()
        work(one)
        took.append(time.perf_counter() - began)
        used.append(time.thread_time() - began_using)
    return [*_in_ms(took), *_in_ms(used)]


def _show_naive(snapshot: Snapshot, movies: Sequence[Movie], golden: Sequence[Golden]) -> dict[str, Any]:
    """The same queries by comparing each with every title, as libraries offer it."""
    titles = [movie.title for movie in movies]
    folded = [folded_key(title) for title in titles]
    asked = golden[::3]  # they take their time

    def naive(text: str) -> list[tuple[str, float, int]]:
        return process.extract(folded_key(text), folded, scorer=fuzz.token_set_ratio, limit=_LIMIT)

    def old(text: str) -> object:
        return old_process.extract(text, titles, scorer=old_fuzz.token_set_ratio, limit=_LIMIT)

    ours_ms = _timed(lambda one: find(snapshot.search, one.text, _LIMIT), asked)
    naive_ms = _timed(lambda one: naive(one.text), asked)
    rows: list[list[object]] = [
        ["ours", *ours_ms, 1.0],
        ["rapidfuzz over everything", *naive_ms, naive_ms[3] / ours_ms[3]],
    ]
    if old_process:
        old_ms = _timed(lambda one: old(one.text), asked)
        rows.append(["thefuzz over everything", *old_ms, old_ms[3] / ours_ms[3]])
    show_table(f"the naive ways ({len(asked)} golden queries)", (*_COLUMNS, "times ours, CPU p50"), rows)
    brought = {one: {hit.id for hit in find(snapshot.search, one.text, _LIMIT).hits} for one in golden}
    names = {"as many words alike": fuzz.token_set_ratio, "as many letters alike": fuzz.ratio}
    lost = {name: _lost(scorer, folded, movies, brought) for name, scorer in names.items()}
    columns = (
        f"naive best of {len(golden)} golden queries, by",
        "wanted",
        "not brought",
        "wanted",
        f"{_LIKELY} or more",
    )
    show_table("what looking at everything would have found", columns, [[name, *some] for name, some in lost.items()])
    return {"lost": lost, "queries": len(golden), "ways": {str(row[0]): row[1:] for row in rows}}


def _lost(
    scorer: Callable[..., float], folded: Sequence[str], movies: Sequence[Movie], brought: dict[Golden, set[str]]
) -> list[int]:
    """Shape: in how many queries the best by a scorer is what was wanted; in how many we bring none of the titles that
    it scores best; of those, where one was wanted; where the score was so high that it may well have been."""
    right = missing = missing_right = missing_likely = 0
    for golden, ours in brought.items():
        text = folded_key(golden.text)
        if (best := process.extractOne(text, folded, scorer=scorer)) is None:
            continue
        alike = process.extract(text, folded, scorer=scorer, limit=None, score_cutoff=max(best[1] - _SAME, 0.0))
        is_right = any(golden.is_met_by(movies[place]) for _, _, place in alike)
        right += is_right
        if ours.isdisjoint(movies[place].id for _, _, place in alike):
            missing += 1
            missing_right += is_right
            missing_likely += best[1] >= _LIKELY
    return [right, missing, missing_right, missing_likely]


if __name__ == "__main__":
    main()
