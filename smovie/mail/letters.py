"""What our mails say: rendered from templates in the reader's language, then stored to be sent.

No text that a stranger typed goes into a mail, so that registering cannot be used to send words to somebody.
"""

import asyncio
from pathlib import Path

import jinja2

from smovie.ids import new_id
from smovie.models.accounts import is_stand_in
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.store import mails
from smovie.store.mongo import Database

NOBODY = ""  # a letter to nobody is stored and not sent: for callers who must not learn whether there is a reader


class LetterWriter:
    """Writes mails; `written` is set whenever there is one to send."""

    def __init__(self, db: Database, templates: Path, public_url: str) -> None:
        self.written = asyncio.Event()
        self._db = db
        self._public_url = public_url.rstrip("/")
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(templates / "mail"),
            autoescape=jinja2.select_autoescape(["html.jinja"], default_for_string=False),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )

    async def write_verification(self, to: str, user_id: str, proof: str, language: Language) -> None:
        """The link that proves an address."""
        await self._write("verification", to, f"/api/v1/auth/verify/{user_id}/{proof}", language)

    async def write_password_reset(self, to: str, user_id: str, proof: str, language: Language) -> None:
        """The link that lets somebody choose a new password."""
        await self._write("password_reset", to, f"/api/v1/auth/password/reset/{user_id}/{proof}", language)

    async def write_address_taken(self, to: str, language: Language) -> None:
        """To an owner whose address somebody tried to register again."""
        await self._write("address_taken", to, "/", language)

    async def write_facebook_linked(self, to: str, language: Language) -> None:
        """To an owner whose account can be entered by Facebook from now on."""
        await self._write("facebook_linked", to, "/", language)

    async def write_facebook_unlinked(self, to: str, language: Language) -> None:
        """To an owner whose account cannot be entered by Facebook any more."""
        await self._write("facebook_unlinked", to, "/", language)

    async def write_address_change(self, to: str, user_id: str, proof: str, language: Language) -> None:
        """The link that makes an address that of an account."""
        await self._write("address_change", to, f"/api/v1/auth/email/confirm/{user_id}/{proof}", language)

    async def write_address_wanted(self, to: str, language: Language) -> None:
        """To an owner whose address somebody wants for another account."""
        await self._write("address_wanted", to, "/", language)

    async def write_address_change_asked(self, to: str, user_id: str, undo: str, language: Language) -> None:
        """To the present address of an account that is to have another."""
        await self._write("address_change_asked", to, f"/api/v1/auth/email/undo/{user_id}/{undo}", language)

    async def write_address_changed(self, to: str, user_id: str, undo: str, language: Language) -> None:
        """To the address that an account had until now."""
        await self._write("address_changed", to, f"/api/v1/auth/email/undo/{user_id}/{undo}", language)

    async def write_goodbye(self, to: str, language: Language) -> None:
        """To an owner whose account has just been deleted."""
        await self._write("goodbye", to, "/", language)

    async def _write(self, name: str, to: str, path: str, language: Language) -> None:
        content = self._templates.get_template(f"{name}.{language}.jinja").module
        words = {key: str(getattr(content, key)) for key in ("subject", "greeting", "lead", "action", "closing")}
        values = {**words, "link": self._public_url + path, "language": language}
        letter = mails.Letter(
            id=new_id(),
            to=NOBODY if is_stand_in(to) else to,
            subject=words["subject"],
            text=self._templates.get_template("layout.txt.jinja").render(values),
            html=self._templates.get_template("layout.html.jinja").render(values),
            due_at=now(),
        )
        await mails.insert(self._db, letter)
        self.written.set()
