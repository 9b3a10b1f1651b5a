"""Accounts over REST (API.md "Accounts")."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import accounts, departures, exports, profile, sign_ins
from smovie.models.accounts import (
    Credentials,
    Me,
    ProfileChange,
    RefreshRequest,
    Registered,
    Registration,
    Resend,
    SignedIn,
    TokenPair,
    Verified,
)
from smovie.models.base import Message
from smovie.models.departures import Leaving
from smovie.models.exports import Export


class RegisterHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Registered, status=201)
    async def post(self, body: Registration) -> None:
        """Register; a mail asks to confirm the address."""
        uid, pair = await accounts.register(self.runtime.accounts, body, self.device, self.language)
        self.send(Registered(uid=uid, message=self.say("registered"), **pair.model_dump()), status=201)


class ResendHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Message, status=202)
    async def post(self, body: Resend) -> None:
        """Write the confirmation mail again, if the address waits for one; of the caller's own account, signed in."""
        await accounts.resend_verification(
            self.runtime.accounts, body.email, self.device, self.language, caller=self.identity
        )
        self.send(Message(message=self.say("resent")), status=202)


class VerifyHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Verified)
    async def get(self, uid: str, token: str) -> None:
        """Open the link of the mail: a page that confirms by itself. With Accept: application/json, confirm."""
        if self.confirms_by_get:
            await self._confirm(uid, token)
        else:
            self.send_secret_page("verify.html")

    @operation(access=Access.PUBLIC, answer=Verified)
    async def post(self, uid: str, token: str) -> None:
        """Confirm the address; single use."""
        await self._confirm(uid, token)

    async def _confirm(self, uid: str, token: str) -> None:
        pair = await accounts.verify(self.runtime.accounts, uid, token, self.device)
        self.send(Verified(message=self.say("verified"), **pair.model_dump()))


class LoginHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=SignedIn)
    async def post(self, body: Credentials) -> None:
        """Sign in."""
        self.send(await accounts.login(self.runtime.accounts, body, self.device))


class RefreshHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=TokenPair)
    async def post(self, body: RefreshRequest) -> None:
        """Change a refresh token for its successor."""
        means = self.runtime.accounts
        self.send(await sign_ins.refresh(means.db, means.signer, means.throttles, body.refresh, self.device))


class LogoutHandler(ApiHandler):
    @operation(access=Access.PUBLIC, status=204)
    async def post(self, body: RefreshRequest) -> None:
        """End the session of a refresh token."""
        session_id = await sign_ins.log_out(self.runtime.db, self.runtime.accounts.signer, body.refresh)
        if session_id:
            self.runtime.endings.end_sessions([session_id], "logged out")
        self.send_nothing()


class MeHandler(ApiHandler):
    @operation(access=Access.USER, answer=Me)
    async def get(self) -> None:
        """Show the caller's account."""
        self.send(await accounts.show_me(self.runtime.db, self.caller.user_id))

    @operation(access=Access.VERIFIED, answer=Me)
    async def patch(self, body: ProfileChange) -> None:
        """Change the caller's account."""
        self.send(await profile.change_profile(self.runtime.accounts, self.caller, body))

    @operation(access=Access.USER, status=204)
    async def delete(self, body: Leaving) -> None:
        """Delete the caller's account and all that is personal; comments stay as nobody's."""
        await departures.leave(self.runtime.accounts, self.caller, body.password, self.language)
        self.runtime.endings.bar_account(self.caller.user_id)
        self.send_nothing()


class ExportHandler(ApiHandler):
    @operation(access=Access.USER, answer=Export)
    async def get(self) -> None:
        """Hand over all of the caller's own data, as a file."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Disposition", 'attachment; filename="smovie-export.json"')
        await self.send_pieces(exports.export_account(self.runtime.accounts, self.caller))
