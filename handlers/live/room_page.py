"""The page of an episode's room with which everybody begins, whichever way they came in."""

import asyncio

from handlers.live.frames import Frame
from smovie import comments
from smovie.comments import CommentDesk
from smovie.models.comments import CommentQuery
from smovie.talk import moderation

PAGE = 50


async def read_room_page(desk: CommentDesk, episode_id: str) -> Frame:
    """The newest comments, and what moderators said about the room. Errors: NotFound, Unavailable."""
    page, room = await asyncio.gather(
        comments.read_page(desk, episode_id, CommentQuery(limit=PAGE)), moderation.show_room(desk, episode_id)
    )
    return {
        "comments": [comment.model_dump(mode="json") for comment in page.results],
        "settings": {"slow_mode_s": room.slow_mode_s, "closed": room.closed},
        "pinned": [comment.model_dump(mode="json") for comment in room.pinned],
    }
