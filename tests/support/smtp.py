"""A real mail server, on the test's own loop."""

import asyncio
import email
import email.policy
import socket
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


class MailServer:
    """Keeps what it is sent. It can be down, and come back on its port; `answers` are given to the next recipients."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.envelopes: list[Envelope] = []
        self.answers: list[str] = []
        self.refused = 0
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def up(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.test", loop=loop, enable_SMTPUTF8=True), "127.0.0.1", self.port
        )

    async def down(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def letters_to(self, address: str) -> list[EmailMessage]:
        """All mails to an address, oldest first."""
        return [
            email.message_from_bytes(envelope.content or b"", _class=EmailMessage, policy=email.policy.default)  # type: ignore[arg-type]
            for envelope in self.envelopes
            if address in envelope.rcpt_tos
        ]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.answers:
            self.refused += 1
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return "250 OK"
