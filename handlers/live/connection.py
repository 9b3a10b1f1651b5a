"""One live socket after the handshake: an asyncio protocol that is also the hub's listener.

It owns the wire: frames in and out, the closing handshake, heartbeats, byte counts. What the frames say is the
business of its session (`handlers/live/room_session.py`).
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from handlers.live.wire import (
    NORMAL,
    FrameReader,
    Message,
    Opcode,
    WireError,
    close_code,
    close_frame,
    frame,
)

MAX_FRAME_BYTES = 8 << 10  # ROOMS.md 4
CLOSE_WITHIN_S = 3.0  # for the peer's answer to our close frame, and for its end of the stream
PING_AFTER_S = 25.0
GONE_AFTER_S = 60.0
ABNORMAL = 1006


class Session(Protocol):
    """What a connection brings messages to."""

    def begin(self) -> None:
        """The connection is made."""

    def on_text(self, payload: bytes) -> None:
        """A whole text message, valid UTF-8."""

    def on_binary(self) -> None:
        """A binary message."""

    def on_drained(self) -> None:
        """What waited unsent has gone out."""

    def on_closed(self, code: int) -> None:
        """The connection is gone; `code` is the peer's or ours, 1006 without a closing handshake."""


class LiveConnection(asyncio.Protocol):
    """A WebSocket. `send` never waits: what the peer does not read is counted, and judged by the hub."""

    __slots__ = (
        "_accepted", "_broken", "_closing_code", "_early", "_held", "_loop", "_on_lost", "_peer_code", "_pinged",
        "_reader", "_silent_s", "_soft_bytes", "_transport", "session",
    )  # fmt: skip

    def __init__(
        self, soft_bytes: int, on_lost: "Callable[[LiveConnection], None]", accepted: bytes = b"", early: bytes = b""
    ) -> None:
        self.session: Session | None = None
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(MAX_FRAME_BYTES)
        self._transport: asyncio.Transport | None = None
        self._soft_bytes = soft_bytes
        self._on_lost = on_lost
        self._closing_code: int | None = None
        self._peer_code = ABNORMAL
        self._silent_s = 0.0
        self._pinged = False
        self._broken = False
        self._accepted = accepted  # the answer to the handshake, which goes before every frame
        self._early = early  # bytes that were read before the socket was taken over
        self._held = b""  # what goes with the next frames, or with the loop's next round

    # -- asyncio's side --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._soft_bytes, low=self._soft_bytes // 4)
        if self._accepted:
            self._transport.write(self._accepted)
            self._accepted = b""
        if self.session:
            self.session.begin()
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        self._silent_s = 0.0
        self._pinged = False
        if self._broken:  # the stream has no meaning any more: thrown away until the peer hangs up
            return
        try:
            for message in self._reader.feed(data):
                self._take(message)
        except WireError as exc:
            self._broken = True
            self.close(exc.code, exc.reason)

    def eof_received(self) -> bool:
        return False

    def resume_writing(self) -> None:
        if self.session:
            self.session.on_drained()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        self._on_lost(self)

    def end_session(self) -> None:
        """Let the session go; whoever is told that the line is lost does this, when there is time."""
        if self.session:
            session, self.session = self.session, None
            session.on_closed(self._closing_code or self._peer_code)

    def _take(self, message: Message) -> None:
        if message.opcode is Opcode.CLOSE:
            self._peer_code = close_code(message.payload)
            if self._closing_code is None:
                self._send_held()
                self._closing_code = self._peer_code
                self._write(frame(Opcode.CLOSE, message.payload))
                self._loop.call_later(CLOSE_WITHIN_S, self._hang_up_now)
            self._end_stream()
        elif self._closing_code is not None or self.session is None:
            return  # we have said goodbye: nothing more is heard
        elif message.opcode is Opcode.TEXT:
            self.session.on_text(message.payload)
        elif message.opcode is Opcode.BINARY:
            self.session.on_binary()
        elif message.opcode is Opcode.PING and self.unsent() <= self._soft_bytes:
            self._write(frame(Opcode.PONG, message.payload))

    # -- the hub's and the session's side --------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether messages still go both ways."""
        return self._transport is not None and self._closing_code is None

    def send(self, frames: bytes) -> int:
        """Send ready frames; how many bytes now wait unsent, 0 once it is closing."""
        if self._transport is None or self._closing_code is not None or self._transport.is_closing():
            return 0
        if self._held:
            frames, self._held = self._held + frames, b""
        self._transport.write(frames)
        return self._transport.get_write_buffer_size()

    def send_along(self, frames: bytes) -> None:
        """Send ready frames together with what is about to come anyway: with the next `send`, at latest in a moment."""
        if not self._held:
            self._loop.call_soon(self._send_held)
        self._held += frames

    def _send_held(self) -> None:
        if self._held:
            self.send(b"")

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def pause(self) -> None:
        """Read no more for now."""
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye, once, and hang up when the peer has answered, or has not in time."""
        if self._transport is None or self._closing_code is not None:
            return
        self._send_held()
        self._closing_code = code
        # A peer that does not read would keep our goodbye, and its memory, waiting: then none is said.
        if self._transport.get_write_buffer_size() > self._soft_bytes:
            self._transport.abort()
            return
        self._transport.write(close_frame(code, reason))
        if self._broken:
            self._end_stream()  # its answer cannot be read, so do not make it wait for ours
        self._transport.resume_reading()
        self._loop.call_later(CLOSE_WITHIN_S, self._hang_up_now)

    def check_heartbeat(self, passed_s: float) -> None:
        """Ping a silent peer, give up one that is gone; `passed_s` is the time since the last check."""
        self._silent_s += passed_s
        if self._silent_s >= GONE_AFTER_S:
            self._closing_code = self._closing_code or ABNORMAL
            self._hang_up_now()
        elif self._silent_s >= PING_AFTER_S and not self._pinged and self.is_open:
            self._pinged = True
            self._write(frame(Opcode.PING, b""))

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def _end_stream(self) -> None:
        """Send nothing more, and throw away what comes until the peer hangs up too (RFC 6455 7.1.1).

        Hanging up on a peer that still talks would reset the line, and our close frame be lost with it."""
        if self._transport and not self._transport.is_closing():
            self._transport.write_eof()
            self._transport.resume_reading()

    def _hang_up_now(self) -> None:
        if self._transport:
            self._transport.abort()
