"""Passwords that change over REST (API.md "Accounts")."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import credentials
from smovie.models.base import Message
from smovie.models.credentials import PasswordChange, PasswordForgotten, PasswordReset


class MyPasswordHandler(ApiHandler):
    @operation(access=Access.VERIFIED, status=204)
    async def post(self, body: PasswordChange) -> None:
        """Change the caller's password; all their other sessions end."""
        ended = await credentials.change_password(self.runtime.accounts, self.caller, body)
        self.runtime.endings.end_sessions(ended, "the password was changed")
        self.send_nothing()


class PasswordForgottenHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Message, status=202)
    async def post(self, body: PasswordForgotten) -> None:
        """Write a link for a new password, if the address has an account."""
        await credentials.forget_password(self.runtime.accounts, body.email, self.device, self.language)
        self.send(Message(message=self.say("reset_sent")), status=202)


class PasswordResetHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Message)
    async def post(self, body: PasswordReset) -> None:
        """Set a new password by the link from the mail; single use, all sessions end."""
        ended = await credentials.reset_password(self.runtime.accounts, body, self.device)
        self.runtime.endings.end_sessions(ended, "the password was changed")
        self.send(Message(message=self.say("password_reset")))


class PasswordResetPageHandler(ApiHandler):
    @operation(access=Access.PUBLIC)
    async def get(self, uid: str, token: str) -> None:
        """Open the link of the mail: a page with a form for the new password. Opening it spends nothing."""
        self.send_secret_page("reset.html")
