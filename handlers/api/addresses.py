"""The address of an account as it changes, over REST (API.md "Accounts")."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import addresses
from smovie.models.addresses import AddressRestored
from smovie.models.base import Message
from smovie.models.credentials import EmailChange


class MyEmailHandler(ApiHandler):
    @operation(access=Access.USER, answer=Message, status=202)
    async def post(self, body: EmailChange) -> None:
        """Ask for another address; it is the caller's once the link that it gets is opened."""
        await addresses.change_address(self.runtime.accounts, self.caller, body, self.language)
        self.send(Message(message=self.say("address_change_sent")), status=202)


class AddressChangeHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Message)
    async def get(self, uid: str, token: str) -> None:
        """Open the link of the mail: a page that confirms by itself. With Accept: application/json, confirm."""
        if self.confirms_by_get:
            await self._confirm(uid, token)
        else:
            self.send_secret_page("verify.html")

    @operation(access=Access.PUBLIC, answer=Message)
    async def post(self, uid: str, token: str) -> None:
        """Confirm the new address; single use."""
        await self._confirm(uid, token)

    async def _confirm(self, uid: str, token: str) -> None:
        ended = await addresses.confirm_address(self.runtime.accounts, uid, token, self.device, self.language)
        self.runtime.endings.end_sessions(ended, "the address was proved by its owner")
        self.send(Message(message=self.say("address_changed")))


class AddressUndoHandler(ApiHandler):
    @operation(access=Access.PUBLIC)
    async def get(self, uid: str, token: str) -> None:
        """Open the link that the old address got: a page with a button. Opening it undoes nothing."""
        self.send_secret_page("undo.html")

    @operation(access=Access.PUBLIC, answer=AddressRestored)
    async def post(self, uid: str, token: str) -> None:
        """Take the account back: its address is the old one, all sessions end, a new password must be chosen."""
        reset, ended = await addresses.take_back(self.runtime.accounts, uid, token, self.device)
        self.runtime.endings.end_sessions(ended, "the account was taken back")
        path = f"/api/v1/auth/password/reset/{uid}/{reset}"
        self.send(AddressRestored(message=self.say("address_restored"), reset=path))
