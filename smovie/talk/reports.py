"""Reporting a comment to those who moderate."""

from smovie.comments import CommentDesk, find_comment
from smovie.models.accounts import Identity
from smovie.models.base import now
from smovie.models.rooms import ReportDraft
from smovie.store import reports
from smovie.throttles import Throttle


async def report(
    desk: CommentDesk, caller: Identity, comment_id: str, draft: ReportDraft, *, room: str | None = None
) -> None:
    """Keep what somebody finds wrong with a comment, with what that says now; once for each of both.

    Errors: NotFound, TooMany.
    """
    await desk.throttles.take(Throttle.REPORTS_PER_USER, caller.user_id)
    comment = await find_comment(desk.db, comment_id, room)
    await reports.insert(desk.db, comment, caller.user_id, draft.reason, now())
