"""Reactions: six emoji, of each at most one from everybody to a comment (ROOMS.md 14).

The stored reactions are the truth; the counts with a comment, and those that the room is told, follow by counting. So
they are exact however many react at once, on whichever instances, and at most about ten times a second a comment.
"""

from smovie.comments import CommentDesk, find_comment
from smovie.models.accounts import Identity
from smovie.models.base import now
from smovie.models.comments import Comment
from smovie.models.reactions import EMOJI, Reaction
from smovie.store import comment_changes, reactions
from smovie.talk.rooms import Numbered, room_of
from smovie.talk.rules import check_may_talk
from smovie.talk.telling import tell_until_true
from smovie.throttles import Throttle


async def react(
    desk: CommentDesk, caller: Identity, comment_id: str, given: Reaction, *, on: bool, room: str | None = None
) -> dict[str, int]:
    """Give a comment an emoji, or take it back; doing so twice is the same as once. Shape: how many of each of the six.

    Errors: NotFound, Forbidden where they may not talk, TooMany, Unavailable.
    """
    await desk.throttles.take(Throttle.REACTIONS_PER_USER, caller.user_id)
    comment = await find_comment(desk.db, comment_id, room)
    await check_may_talk(desk.rules, caller, comment.episode_id)
    if on:
        is_new = await reactions.insert(desk.db, comment_id, caller.user_id, given.emoji, now())
    else:
        is_new = await reactions.delete(desk.db, comment_id, caller.user_id, given.emoji)
    counts = await reactions.count(desk.db, comment_id)
    if is_new or counts != {emoji: comment.reactions.get(emoji, 0) for emoji in EMOJI}:  # an earlier try failed midway
        await desk.turns.share(comment_id, lambda: _count_and_tell(desk, comment))
    return counts


async def _count_and_tell(desk: CommentDesk, comment: Comment) -> None:
    async def tell(counts: dict[str, int]) -> Numbered | None:
        await comment_changes.set_reactions(desk.db, comment.id, counts)
        # Without a subject: it tells nothing that deleting the comment would have to take back, and who sweeps for
        # comments that were never told must not take it for one.
        event = {"type": "reaction", "id": comment.id, "reactions": counts}
        return await desk.rooms.publish(room_of(comment.episode_id), event)

    async def count() -> dict[str, int]:
        return await reactions.count(desk.db, comment.id)

    await tell_until_true(await count(), tell, count)
