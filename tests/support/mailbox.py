"""Reading the mails that SMovie wrote into its outbox."""

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

_LINK = re.compile(r"https?://[^/\s]+(/\S*)")


def letters_to(outbox: Path, address: str) -> list[EmailMessage]:
    """All mails to an address, oldest first."""
    found = []
    for path in sorted(outbox.glob("*.eml")):
        if address.encode() not in (data := path.read_bytes()):
            continue  # hundreds lie there by the end of a run; parsing is what takes time
        message = email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)
        if message["To"] == address:
            found.append(message)
    return found


def text_of(message: EmailMessage) -> str:
    """The plain words of a mail."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(message: EmailMessage) -> str:
    """The path of the link in a mail."""
    found = _LINK.search(text_of(message))
    assert found, "the mail has no link"
    return found.group(1)
