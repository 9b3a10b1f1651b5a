"""The frames that a client may send to an episode's room beside `auth`, each answered by one verb (ROOMS.md 9 to 16).

| type | members | who | what everybody then gets |
|---|---|---|---|
| `comment` | `message`, `cmid`?, `parent_id`?, `at_s`?, `spoiler`? | | `comment` |
| `edit` | `comment_id`, `message` | its author, for 5 minutes | `edited`: the comment whole, and `edited_at` |
| `delete` | `comment_id` | its author; moderators | `deleted` {id, by: author or moderator} |
| `react`, `unreact` | `comment_id`, `emoji` of `joined.limits.reactions` | | `reaction` {id, reactions: all six} |
| `report` | `comment_id`, `reason` | | |
| `typing` | | | `typing`, volatile; not answered |
| `history` | `before` or `after`, `at_from`?, `at_to`?, `limit`? | | answered by `history` {comments, next} |
| `pin`, `unpin` | `comment_id` | moderators | `pinned` {id, comment}, `unpinned` {id} |
| `slow_mode` | `seconds`, 0 for none | moderators | `slow_mode` {seconds} |
| `close`, `reopen` | | moderators | `closed` {value} |
| `mute` | `user_id`, `seconds`, `reason`? | moderators | that user alone: `muted` {until, reason, me} |
| `unmute` | `user_id` | moderators | that user alone: `unmuted` {me} |

What is not answered by a frame of its own is answered by `ack` with the client's `id`; its `seq` is that of the event,
where there is one. A refusal is an `error`, and leaves the socket as it is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handlers.live.frames import Frame, parse
from hub.hub import Hub
from hub.room import Listener
from smovie import comments
from smovie.comments import CommentDesk
from smovie.errors import Invalid
from smovie.models.accounts import Identity
from smovie.models.base import Model, iso_z
from smovie.models.comments import MESSAGE_MAX, CommentDraft, CommentEdit, CommentId, CommentQuery
from smovie.models.reactions import Reaction
from smovie.models.rooms import MuteDraft, ReportDraft, RoomDraft, UserId
from smovie.talk import editing, moderation, reactions, reports
from smovie.talk.rooms import room_of
from smovie.talk.rules import check_may_talk


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame was sent."""

    desk: CommentDesk
    hub: Hub
    listener: Listener
    episode_id: str


class _OfComment(Model):
    comment_id: CommentId


class _OfUser(Model):
    user_id: UserId


class _SlowMode(Model):
    seconds: int


Verb = Callable[[Place, Identity, Frame], Awaitable[Frame | None]]


async def comment(place: Place, caller: Identity, message: Frame) -> Frame:
    draft = parse(CommentDraft, _checked_length(message))
    stored, seq = await comments.post(place.desk, caller, place.episode_id, draft)
    return {"type": "ack", "cmid": stored.cmid, "comment_id": stored.id, "seq": seq}


async def edit(place: Place, caller: Identity, message: Frame) -> Frame:
    wanted, comment_id = parse(CommentEdit, _checked_length(message)), _comment_in(message)
    _, seq = await editing.edit(place.desk, caller, comment_id, wanted, room=place.episode_id)
    return {"type": "ack", "comment_id": comment_id, "seq": seq}


async def delete(place: Place, caller: Identity, message: Frame) -> Frame:
    comment_id = _comment_in(message)
    seq = await editing.delete(place.desk, caller, comment_id, room=place.episode_id)
    return {"type": "ack", "comment_id": comment_id, "seq": seq}


async def react(place: Place, caller: Identity, message: Frame) -> Frame:
    given, comment_id = parse(Reaction, message), _comment_in(message)
    is_on = message["type"] == "react"
    counts = await reactions.react(place.desk, caller, comment_id, given, on=is_on, room=place.episode_id)
    return {"type": "ack", "comment_id": comment_id, "reactions": counts}


async def report(place: Place, caller: Identity, message: Frame) -> Frame:
    comment_id = _comment_in(message)
    await reports.report(place.desk, caller, comment_id, parse(ReportDraft, message), room=place.episode_id)
    return {"type": "ack", "comment_id": comment_id}


async def typing(place: Place, caller: Identity, _message: Frame) -> None:
    await check_may_talk(place.desk.rules, caller, place.episode_id)
    place.hub.say_typing(room_of(place.episode_id), place.listener)


async def history(place: Place, _caller: Identity, message: Frame) -> Frame:
    page = await comments.read_page(place.desk, place.episode_id, parse(CommentQuery, message))
    results = [comment.model_dump(mode="json") for comment in page.results]
    return {"type": "history", "comments": results, "next": page.next}


async def pin(place: Place, caller: Identity, message: Frame) -> Frame:
    comment_id = _comment_in(message)
    act = moderation.pin if message["type"] == "pin" else moderation.unpin
    return {
        "type": "ack", "comment_id": comment_id, "seq": await act(place.desk, caller, comment_id, room=place.episode_id)
    }  # fmt: skip


async def slow_mode(place: Place, caller: Identity, message: Frame) -> Frame:
    draft = parse(RoomDraft, {"slow_mode_s": parse(_SlowMode, message).seconds})
    return {"type": "ack", "seq": await moderation.rule_room(place.desk, caller, place.episode_id, draft)}


async def close(place: Place, caller: Identity, message: Frame) -> Frame:
    draft = RoomDraft(closed=message["type"] == "close")
    return {"type": "ack", "seq": await moderation.rule_room(place.desk, caller, place.episode_id, draft)}


async def mute(place: Place, caller: Identity, message: Frame) -> Frame:
    user_id = parse(_OfUser, message).user_id
    muted = await moderation.mute(place.desk, caller, place.episode_id, user_id, parse(MuteDraft, message))
    return {"type": "ack", "user_id": user_id, "until": iso_z(muted.until)}


async def unmute(place: Place, caller: Identity, message: Frame) -> Frame:
    user_id = parse(_OfUser, message).user_id
    await moderation.unmute(place.desk, caller, place.episode_id, user_id)
    return {"type": "ack", "user_id": user_id}


VERBS: dict[str, Verb] = {
    "comment": comment, "edit": edit, "delete": delete, "react": react, "unreact": react, "report": report,
    "typing": typing, "history": history, "pin": pin, "unpin": pin, "slow_mode": slow_mode, "close": close,
    "reopen": close, "mute": mute, "unmute": unmute,
}  # fmt: skip


def _comment_in(message: Frame) -> str:
    """Errors: Invalid."""
    return str(parse(_OfComment, message).comment_id)


def _checked_length(message: Frame) -> Frame:
    """The frame, unless its text is longer than a comment may be: that refusal has a code of its own."""
    text = message.get("message")
    if isinstance(text, str) and len(text.strip()) > MESSAGE_MAX:
        raise Invalid("too_long", max_length=MESSAGE_MAX)
    return message
