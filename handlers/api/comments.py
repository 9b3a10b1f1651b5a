"""A room's comments over REST: the same rules as over its socket."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import comments
from smovie.models.comments import (
    CommentAnswer,
    CommentDraft,
    CommentEdit,
    CommentPage,
    CommentQuery,
    PostedAnswer,
    show_comment,
)
from smovie.models.reactions import Reaction, ReactionAnswer
from smovie.models.rooms import ReportDraft
from smovie.talk import editing, reactions, reports


class CommentListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=CommentPage)
    async def get(self, episode_id: str, query: CommentQuery) -> None:
        """Show a page of an episode's comments in ascending order, the newest unless asked otherwise."""
        self.send(await comments.read_page(self.runtime.comments, episode_id, query))

    @operation(access=Access.VERIFIED, answer=PostedAnswer, status=201)
    async def post(self, episode_id: str, body: CommentDraft) -> None:
        """Comment on an episode."""
        stored, seq = await comments.post(self.runtime.comments, self.caller, episode_id, body)
        self.send(PostedAnswer(comment=show_comment(stored), seq=seq), status=201)


class CommentHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=CommentAnswer)
    async def patch(self, comment_id: str, body: CommentEdit) -> None:
        """Change an own comment, within five minutes."""
        edited, _ = await editing.edit(self.runtime.comments, self.caller, comment_id, body)
        self.send(show_comment(edited))

    @operation(access=Access.VERIFIED, status=204)
    async def delete(self, comment_id: str) -> None:
        """Delete a comment: one's own, or as a moderator."""
        await editing.delete(self.runtime.comments, self.caller, comment_id)
        self.send_nothing()


class ReactionHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=ReactionAnswer)
    async def put(self, comment_id: str, emoji: str) -> None:
        """Give a comment one of the six emoji; again is the same as once."""
        await self._react(comment_id, emoji, on=True)

    @operation(access=Access.VERIFIED, answer=ReactionAnswer)
    async def delete(self, comment_id: str, emoji: str) -> None:
        """Take an emoji back; one that was not given is no error."""
        await self._react(comment_id, emoji, on=False)

    async def _react(self, comment_id: str, emoji: str, *, on: bool) -> None:
        given = self.parse_path(Reaction, emoji=emoji)
        counts = await reactions.react(self.runtime.comments, self.caller, comment_id, given, on=on)
        self.send(ReactionAnswer(comment_id=comment_id, reactions=counts))


class ReportHandler(ApiHandler):
    @operation(access=Access.VERIFIED, status=204)
    async def post(self, comment_id: str, body: ReportDraft) -> None:
        """Tell those who moderate what is wrong with a comment; a second report of one's own changes nothing."""
        await reports.report(self.runtime.comments, self.caller, comment_id, body)
        self.send_nothing()
