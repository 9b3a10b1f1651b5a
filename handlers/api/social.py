"""Signing in with Facebook over REST (API.md "Accounts")."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import facebook
from smovie.models.accounts import Me
from smovie.models.social import FacebookLink, FacebookSignedIn, FacebookToken


class FacebookHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=FacebookSignedIn)
    async def post(self, body: FacebookToken) -> None:
        """Sign in with Facebook; who comes for the first time gets an account."""
        means = self.runtime.facebook
        answer, ended = await facebook.sign_in(means, body.access_token, self.device, self.language)
        self.runtime.endings.end_sessions(ended, "the address came by Facebook")
        self.send(answer)


class MyFacebookHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=Me)
    async def post(self, body: FacebookLink) -> None:
        """Link Facebook to the caller's account."""
        self.send(await facebook.link(self.runtime.facebook, self.caller, body, self.language))

    @operation(access=Access.VERIFIED, status=204)
    async def delete(self) -> None:
        """Unlink Facebook; refused where it is the only way to sign in."""
        await facebook.unlink(self.runtime.accounts, self.caller, self.language)
        self.send_nothing()
