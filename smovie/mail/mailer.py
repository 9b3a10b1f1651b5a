"""Sends stored letters: by SMTP where a mail server is set, else as .eml files into the outbox folder.

A mail server that is down delays a letter, never the request that wrote it; letters wait in MongoDB, so they also
survive our own restart.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import structlog

from smovie.errors import Unavailable
from smovie.mail.letters import NOBODY, LetterWriter
from smovie.models.base import now
from smovie.store import mails
from smovie.store.mongo import Database

log = structlog.get_logger("mail")

Send = Callable[[EmailMessage], Awaitable[None]]
POLL_S = 5.0
BACK_OFF = (10, 30, 120, 600, 1_800, 3_600)  # seconds after each failed try; the last one repeats
GIVE_UP_AFTER = 60  # tries, two days and a half: the link in it is nearly dead by then
SMTP_TIMEOUT_S = 20.0
_LINK = re.compile(r"https?://\S+")


class Mailer:
    """Takes letters that are due, oldest first, and sends them one after another."""

    def __init__(self, db: Database, letters: LetterWriter, send: Send, sender: str) -> None:
        self._db = db
        self._letters = letters
        self._send = send
        self._sender = sender

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._letters.written.clear()
            try:
                while await self._send_next():
                    pass
            except Unavailable:
                log.warning("mail waits for the database")
            try:
                async with asyncio.timeout(POLL_S):
                    await self._letters.written.wait()
            except TimeoutError:
                pass

    async def _send_next(self) -> bool:
        """Send one letter; False when none is due."""
        letter = await mails.take_due(self._db, retry_after=timedelta(seconds=2 * SMTP_TIMEOUT_S))
        if letter is None:
            return False
        try:
            if letter.to != NOBODY:
                await self._send(_to_message(letter, self._sender))
        except (OSError, aiosmtplib.SMTPException) as exc:
            await self._postpone(letter, exc)
        else:
            await mails.delete(self._db, letter.id)
        return True

    async def _postpone(self, letter: mails.Letter, problem: Exception) -> None:
        if _is_for_good(problem) or letter.tries >= GIVE_UP_AFTER:
            log.error("a mail cannot be delivered, given up", letter=letter.id, tries=letter.tries)
            await mails.delete(self._db, letter.id)
            return
        wait_s = BACK_OFF[min(letter.tries, len(BACK_OFF)) - 1]
        log.warning(
            "a mail was not sent, trying again", letter=letter.id, retry_s=wait_s, problem=type(problem).__name__
        )
        await mails.postpone(self._db, letter.id, now() + timedelta(seconds=wait_s))


def _is_for_good(problem: Exception) -> bool:
    """Whether the address was refused with 5xx: 4xx only asks for patience (greylisting, a full mailbox)."""
    if not isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return False
    return all(recipient.code >= 500 for recipient in problem.recipients)


def outbox_sender(folder: Path) -> Send:
    """Write every mail as a file into a folder, and its link into the log."""

    async def send(message: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{message['X-SMovie-Letter']}.eml"
        await asyncio.to_thread(path.write_bytes, bytes(message))
        link = _LINK.search(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        log.info("mail written to the outbox", file=str(path), link=link.group() if link else None)

    return send


def smtp_sender(url: str) -> Send:
    """Send by a mail server: smtp://user:password@host:587 (STARTTLS where offered) or smtps://…:465.

    `?starttls=always|never` overrules. Errors of the returned function: OSError, SMTPException.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("SMOVIE_MAIL_URL must be smtp://[user:password@]host[:port] or smtps://…")
    tls = parts.scheme == "smtps"
    start_tls = {"always": True, "never": False}.get(parse_qs(parts.query).get("starttls", [""])[0])

    async def send(message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            hostname=parts.hostname,
            port=parts.port or (465 if tls else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=tls,
            start_tls=None if tls else start_tls,
            timeout=SMTP_TIMEOUT_S,
        )

    return send


def _to_message(letter: mails.Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(idstring=letter.id, domain=sender.rpartition("@")[2].rstrip("> "))
    message["X-SMovie-Letter"] = letter.id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message
