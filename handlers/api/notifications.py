"""The caller's notifications over REST; they also come live on `/ws/notifications`."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import notifications
from smovie.models.notifications import NotificationPage, NotificationQuery, ReadDraft


class NotificationListHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=NotificationPage)
    async def get(self, query: NotificationQuery) -> None:
        """Show a page of the caller's notifications in ascending order, the newest unless asked otherwise."""
        self.send(await notifications.read_page(self.runtime.notifications, self.caller, query, self.language))


class NotificationsReadHandler(ApiHandler):
    @operation(access=Access.VERIFIED, status=204)
    async def post(self, body: ReadDraft) -> None:
        """Note that some notifications have been read: those of `ids`, or `upto` and all before it."""
        await notifications.mark_read(self.runtime.notifications, self.caller, body)
        self.send_nothing()
