"""Which banners are shown at a moment: in their period and in order, without anybody editing them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from smovie.catalog.banners import BannerBoard
from smovie.models.banners import Banner

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_banner(name: str, **members: Any) -> Banner:
    given = {"placement": "home_hero", "title": {"vi": name, "en": name}, "target": {"url": "/"}, **members}
    return Banner(id=name, created_at=NOON, updated_at=NOON, **given)


def a_board(*banners: Banner) -> BannerBoard:
    board = BannerBoard()
    for banner in banners:
        board.put(banner)
    return board


def shown(board: BannerBoard, at: datetime) -> list[str]:
    return [banner.id for banner in board.shown(at)]


def test_a_banner_is_shown_from_its_start_until_before_its_end() -> None:
    board = a_board(a_banner("tet", starts_at=NOON, ends_at=NOON + HOUR))
    for at, wanted in (
        (NOON - HOUR, []),
        (NOON - timedelta(microseconds=1), []),
        (NOON, ["tet"]),
        (NOON + HOUR - timedelta(microseconds=1), ["tet"]),
        (NOON + HOUR, []),
        (NOON, ["tet"]),  # a clock that is set back
    ):
        assert shown(board, at) == wanted


def test_without_a_start_or_an_end_it_is_shown_always() -> None:
    board = a_board(a_banner("always"), a_banner("until", ends_at=NOON), a_banner("from", starts_at=NOON))
    assert shown(board, NOON - HOUR) == ["always", "until"]
    assert shown(board, NOON + HOUR) == ["always", "from"]


def test_order_then_age_decide() -> None:
    board = a_board(a_banner("b"), a_banner("a"), a_banner("last", order=2), a_banner("first", order=-1))
    assert shown(board, NOON) == ["first", "a", "b", "last"]


def test_an_edit_is_seen_at_once() -> None:
    board = a_board(a_banner("one"))
    assert shown(board, NOON) == ["one"]
    board.put(a_banner("two", order=-1))
    assert shown(board, NOON) == ["two", "one"]
    board.put(a_banner("one", is_active=False))
    assert shown(board, NOON) == ["two"]
    board.remove("two")
    board.remove("never there")
    assert shown(board, NOON) == []


@pytest.mark.parametrize(
    "members",
    [
        {"target": {}},
        {"target": {"movie": "phim", "url": "/"}},
        {"target": {"url": "javascript:alert(1)"}},
        {"target": {"url": "http://example.com"}},
        {"target": {"url": "//example.com"}},
        {"target": {"url": "/\\example.com"}},
        {"image": "data:image/svg+xml,x"},
        {"placement": "everywhere"},
        {"title": {"vi": "chỉ một ngôn ngữ"}},
        {"starts_at": NOON, "ends_at": NOON},
    ],
)
def test_what_is_no_banner_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_banner("bad", **members)


@pytest.mark.parametrize("url", ["/", "/movies/mai", "https://example.com", "https://example.com/tết?x=1"])
def test_it_may_lead_to_a_path_or_an_https_address(url: str) -> None:
    assert a_banner("good", target={"url": url}).target.url == url
