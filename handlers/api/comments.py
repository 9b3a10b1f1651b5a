"""A room's comments over REST: the same rules as over its socket."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import comments
from smovie.models.comments import CommentDraft, CommentPage, CommentQuery, PostedAnswer, show_comment


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
