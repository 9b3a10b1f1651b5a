"""A caller's avatar over REST (API.md "Accounts")."""

from handlers.access import Access
from handlers.operation import Upload, operation
from handlers.uploads import UploadHandler
from smovie import accounts, avatars
from smovie.models.accounts import Me
from smovie.models.avatars import MAX_PICTURE_BYTES

_PICTURE = Upload("image", MAX_PICTURE_BYTES, ("image/jpeg", "image/png", "image/webp"))


class MyAvatarHandler(UploadHandler):
    @operation(access=Access.VERIFIED, answer=Me, upload=_PICTURE)
    async def put(self, file: bytes) -> None:
        """Make a picture the caller's avatar: its middle square, upright; of at most 25 megapixels."""
        await avatars.put_avatar(self.runtime.avatars, self.caller, file)
        self.send(await accounts.show_me(self.runtime.db, self.caller.user_id))

    @operation(access=Access.VERIFIED, status=204)
    async def delete(self) -> None:
        """Take the caller's picture away; their initial stands for them again."""
        await avatars.delete_avatar(self.runtime.avatars, self.caller)
        self.send_nothing()
