"""Reviews of titles over REST."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import reviews
from smovie.models.reviews import ReviewAnswer, ReviewDraft, ReviewPage, ReviewQuery


class ReviewListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=ReviewPage)
    async def get(self, slug: str, query: ReviewQuery) -> None:
        """Show a page of a title's reviews, newest first, and the caller's own."""
        self.vary_by("Authorization")
        self.send(await reviews.read_page(self.runtime.reviews, slug, query, self.identity))


class ReviewHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=ReviewAnswer)
    async def put(self, slug: str, body: ReviewDraft) -> None:
        """Review a title, or change what was said of it; its rating follows within a second."""
        stored = await reviews.put_review(self.runtime.reviews, self.caller, slug, body)
        self.send(reviews.show_review(stored))

    @operation(access=Access.VERIFIED, status=204)
    async def delete(self, slug: str) -> None:
        """Take an own review back; one that is not there is no error."""
        await reviews.delete_review(self.runtime.reviews, self.caller, slug)
        self.send_nothing()
