"""The pictures of accounts, at addresses that change with them and at ones that do not."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import avatars

_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_A_MINUTE = "public, max-age=60"


class _AvatarPicture(ApiHandler):
    def send_picture(self, shown: avatars.Shown, caching: str) -> None:
        """Answer with a picture, or 304. Opened by itself it may do nothing: an SVG is a document."""
        self._kept_etag = shown.etag
        self.set_header("Content-Type", shown.media_type)
        self.set_header("Cache-Control", caching)
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        self.finish(shown.content)


class PictureHandler(_AvatarPicture):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self, digest: str, size: str) -> None:
        """Show a picture, 512 or 128 pixels a side; at its address is never another one."""
        self.send_picture(await avatars.show_picture(self.runtime.avatars, digest, size), _FOR_GOOD)


class InitialsHandler(_AvatarPicture):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self, user_id: str) -> None:
        """Draw the initial of an account's name."""
        self.send_picture(await avatars.show_initials(self.runtime.avatars, user_id), _FOR_A_MINUTE)


class AvatarHandler(_AvatarPicture):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self, user_id: str) -> None:
        """Show what an account looks like at present: its picture, small, or its initial."""
        self.send_picture(await avatars.show_avatar(self.runtime.avatars, user_id), _FOR_A_MINUTE)
