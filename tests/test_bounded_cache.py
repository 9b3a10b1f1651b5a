"""A cache that never holds more than its bound and forgets what was not asked for longest."""

from collections import OrderedDict

from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.bounded_cache import BoundedCache


def test_what_is_kept_is_given_back() -> None:
    cache = BoundedCache[str](10)
    cache.put("a", "A", 5)
    assert cache.get("a") == "A"
    assert cache.get("b") is None


def test_the_least_recently_used_leaves_first() -> None:
    cache = BoundedCache[str](3)
    for key in "abc":
        cache.put(key, key.upper(), 1)
    cache.get("a")
    cache.put("d", "D", 1)
    assert [cache.get(key) for key in "abcd"] == ["A", None, "C", "D"]


def test_a_dear_one_drives_out_several() -> None:
    cache = BoundedCache[str](10)
    for key in "abcde":
        cache.put(key, key.upper(), 2)
    cache.put("big", "BIG", 7)
    assert [key for key in (*"abcde", "big") if cache.get(key)] == ["e", "big"]


def test_exactly_the_bound_fits() -> None:
    cache = BoundedCache[int](4)
    cache.put("a", 1, 2)
    cache.put("b", 2, 2)
    assert (cache.get("a"), cache.get("b")) == (1, 2)


def test_one_that_alone_passes_the_bound_is_not_kept_and_drives_nobody_out() -> None:
    cache = BoundedCache[int](4)
    cache.put("a", 1, 4)
    cache.put("b", 2, 5)
    assert (cache.get("a"), cache.get("b")) == (1, None)


def test_a_value_that_outgrew_the_bound_leaves_no_old_one_behind() -> None:
    cache = BoundedCache[int](4)
    cache.put("a", 1, 4)
    cache.put("a", 2, 5)
    assert cache.get("a") is None


def test_putting_again_replaces_value_and_cost() -> None:
    cache = BoundedCache[int](4)
    cache.put("a", 1, 4)
    cache.put("a", 2, 1)
    cache.put("b", 3, 3)
    assert (cache.get("a"), cache.get("b")) == (2, 3)


def test_dropping_frees_room_and_is_idempotent() -> None:
    cache = BoundedCache[int](4)
    cache.put("a", 1, 3)
    for _ in range(2):
        cache.drop("a")
    cache.put("b", 2, 2)
    cache.put("c", 3, 2)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (None, 2, 3)


def test_clearing_forgets_everything_and_its_cost() -> None:
    cache = BoundedCache[int](4)
    cache.put("a", 1, 4)
    cache.clear()
    cache.put("b", 2, 2)
    cache.put("c", 3, 2)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (None, 2, 3)


STEPS = st.lists(st.tuples(st.sampled_from(["put", "get", "drop"]), st.integers(0, 5), st.integers(0, 12)), max_size=60)


@settings(derandomize=True, deadline=None)
@given(STEPS, st.integers(0, 20))
def test_it_does_what_a_slow_and_plain_cache_does(steps: list[tuple[str, int, int]], limit: int) -> None:
    cache, plain = BoundedCache[int](limit), OrderedDict[int, int]()
    for step, key, cost in steps:
        if step == "get":
            assert cache.get(key) == plain.get(key)
            if key in plain:
                plain.move_to_end(key)
            continue
        plain.pop(key, None)
        if step == "drop":
            cache.drop(key)
            continue
        cache.put(key, cost, cost)
        if cost <= limit:
            plain[key] = cost
            while sum(plain.values()) > limit:
                plain.popitem(last=False)
    assert {key: value for key in range(6) if (value := cache.get(key)) is not None} == plain
