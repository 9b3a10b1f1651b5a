"""Reviews of titles: one of each user, 1 to 10 with or without a text (API.md "Talk").

The stored reviews are the truth; a title's figures follow by counting, at most about ten times a second a title however
many review it, and are exact when who reviewed is answered (docs/decisions/0011).
"""

import time
from dataclasses import dataclass, field

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.queries import find_entry
from smovie.models.accounts import Identity
from smovie.models.avatars import avatar_of
from smovie.models.base import now
from smovie.models.comments import AuthorAnswer
from smovie.models.reviews import Review, ReviewAnswer, ReviewDraft, ReviewPage, ReviewQuery
from smovie.recounting import count_all, count_title, repeat
from smovie.store import reviews
from smovie.store.mongo import Database
from smovie.store.reviews import COUNTED
from smovie.talk.turns import Turns
from smovie.throttles import Throttle, Throttles

SETTLE_AFTER_S = 2.0  # a change that is older and not counted is nobody's any more
LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class ReviewDesk:
    """What the verbs of reviews work with."""

    db: Database
    catalog: CatalogFeed
    throttles: Throttles
    turns: Turns = field(default_factory=Turns)


async def put_review(desk: ReviewDesk, caller: Identity, slug: str, draft: ReviewDraft) -> Review:
    """Let the caller's review of a title be this; the same again changes nothing.

    Errors: NotFound, TooMany, Unavailable: asking again settles it.
    """
    movie_id = await _let_review(desk, caller, slug)
    stored = await reviews.put(desk.db, movie_id, caller.user_id, caller.username, draft, now())
    await _count_anew(desk, movie_id)
    return stored


async def delete_review(desk: ReviewDesk, caller: Identity, slug: str) -> None:
    """Take the caller's review of a title back; one that is not there is no error. Errors: as for `put_review`."""
    movie_id = await _let_review(desk, caller, slug)
    await reviews.take_back(desk.db, movie_id, caller.user_id)
    await _count_anew(desk, movie_id)


async def read_page(desk: ReviewDesk, slug: str, query: ReviewQuery, caller: Identity | None) -> ReviewPage:
    """A page of a title's reviews. Errors: NotFound, Unavailable."""
    movie_id = find_entry(desk.catalog.snapshot, slug).id
    found = await reviews.page(desk.db, movie_id, query)
    mine = await reviews.of_user_and_title(desk.db, caller.user_id, movie_id) if caller else None
    shown = found[: query.limit]
    return ReviewPage(
        results=[show_review(review) for review in shown],
        next=shown[-1].id if len(found) > len(shown) else None,
        mine=show_review(mine) if mine else None,
    )


def show_review(review: Review) -> ReviewAnswer:
    """What others may see of a review."""
    return ReviewAnswer(
        id=review.id, rating=review.rating, text=review.text, spoiler=review.spoiler, created_at=review.created_at,
        edited_at=review.edited_at,
        user=AuthorAnswer(id=review.user_id, username=review.username, avatar=avatar_of(review.user_id)),
    )  # fmt: skip


async def settle(desk: ReviewDesk) -> None:
    """Count what was stored by somebody who crashed before counting it, until cancelled."""

    async def settle_old() -> None:
        titles = await COUNTED.uncounted_titles(desk.db, time.time() - SETTLE_AFTER_S)
        await count_all(titles, lambda title: _count_anew(desk, title))

    await repeat(settle_old, every_s=LOOK_EVERY_S, what=COUNTED)


async def count_anew(db: Database, movie_id: str) -> None:
    """Make a title's figures what its reviews say. Errors: Unavailable; `settle` does it later."""
    await count_title(db, COUNTED, movie_id)


async def _count_anew(desk: ReviewDesk, movie_id: str) -> None:
    await desk.turns.share(movie_id, lambda: count_anew(desk.db, movie_id))


async def _let_review(desk: ReviewDesk, caller: Identity, slug: str) -> str:
    await desk.throttles.take(Throttle.REVIEWS_PER_USER, caller.user_id)
    return find_entry(desk.catalog.snapshot, slug).id
