"""Messages as JSON: every type of ROOMS.md, its members right, wrong or missing, and text that is no JSON at all."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.websocket import Frame

MESSAGE_MAX = 2_000
MOST_BYTES = 8 << 10  # of a frame (ROOMS.md 4)
MALFORMED_ALLOWED = 9  # of a connection; the tenth closes 1008
EMOJI = ("👍", "❤️", "😂", "😮", "😢", "😡", "❤")
_MARK = "\ufffd\ufffd"  # stands for text that JSON's writer would not write

GOOD_TEXTS = (
    "Phim hay quá!", "Mùi đu đủ xanh", "🎬👩‍👩‍👧‍👦", "\u202eמימין לשמאל", "e\u0323\u0302\u0301", "a\nb",
    "\u200b\u2060x", "$where",
    "<script>alert(1)</script>", "'; drop table comments; --", "{{7*7}}", "%s%n%d", "x" * MESSAGE_MAX, "đ" * 300,
    "\u0301" * 200, "\ufeffbom", "\u2028\u2029.",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**300, -0.0, 1e308, 0.1,
    "", " ",
    "\0", "a\0b", "\x1b[31m", "\x7f", "\x85", "x" * (MESSAGE_MAX + 1), "x" * 5_000, "\u00a0" * 10, [], {}, [[]], [None],
    {"$ne": ""}, {"$gt": ""}, {"$where": "sleep(1)"}, ["a", "b"], {"a": {"b": {"c": [1, {"d": 2}]}}},
    "../../etc/passwd",
    "null", "NaN", "0", "1e5", "\U0010ffff", "\ufffe", "\u202e" * 50, "a" * 64, "a" * 65, "true", "__proto__",
    "🎬" * 1_000,
)  # fmt: skip
NO_JSON = (
    "NaN", "Infinity", "-Infinity", '"\\ud800"', '"\\udfff\\ud800"', "01", ".5", "+1", "0x10", "'x'", '"\t"',
    '"\\x41"', "undefined", "1e999", "9" * 400, '"\0"', "1.", "--1", '"open', "[1,]", "[" * 40 + "]" * 40, "[" * 2_000,
)  # fmt: skip


@dataclass
class Known:
    """What messages may speak of."""

    comments: Sequence[str]
    users: Sequence[str]


@dataclass(frozen=True)
class Message:
    """A message, and what is known of its answer."""

    text: str
    number: int | None  # its `id`, where it surely has one
    is_quiet: bool = False  # may go without an answer
    may_be_malformed: bool = False


def one_message(dice: Random, known: Known, number: int, types: Sequence[str]) -> Message:
    """Something to say, with this `id` most times."""
    if dice.random() < 0.02:
        return Message(_no_object(dice), None, may_be_malformed=True)
    kind = dice.choice(types)
    message: Frame = {"type": kind, "id": number}
    likelihood = dice.choice((0.0, 0.3, 0.6, 0.9))  # that a member is wrong
    for name, make in MEMBERS[kind].items():
        if dice.random() < likelihood:
            if dice.random() < 0.8:
                message[name] = _odd(dice)
        else:
            message[name] = make(dice, known)
    sure = True
    if dice.random() < 0.1:
        message[dice.choice(("pad", "__proto__", "id", "message", "$set", "seq", "user", "x" * 300))] = _odd(dice)
        sure = message["id"] == number and not isinstance(message["id"], bool | float)
    if dice.random() < 0.05:
        message["type"] = dice.choice(
            ("dance", "Comment", "comment ", "joined", "error", "rejoin", "", "x" * 3_000, "\0")
        )
    is_quiet = message["type"] == "typing"
    if dice.random() < 0.07:
        return _spoiled(dice, message, number, is_quiet)
    text = json.dumps(message, ensure_ascii=dice.random() < 0.3)
    if len(text.encode()) > MOST_BYTES:
        return Message(json.dumps({"type": "dance", "id": number}), number)
    return Message(text, number if sure else None, is_quiet)


def _odd(dice: Random) -> Any:
    return dice.choice(ODD)


def _no_object(dice: Random) -> str:
    """Text that is no object with a type, or only by chance."""
    return dice.choice(
        ("", " ", "{}", "[]", "null", "17", '"x"', '{"type":17}', '{"type":null}', "{'type':'x'}", "\ufeff{}",
         "{" * 3_000, '{"type":"x"}{"type":"x"}', '{"type":"x",}', '{"id":1}', '{"type":["comment"]}', "//x",
         '{"a":' * 9 + "1" + "}" * 9,
         "".join(map(chr, (dice.randrange(1, 0xD800) for _ in range(20)))))
    )  # fmt: skip


def _spoiled(dice: Random, message: Frame, number: int, is_quiet: bool) -> Message:
    """A message whose text was changed where JSON's writer would not."""
    how = dice.randrange(4)
    if how == 0:  # a value that is no JSON
        message[dice.choice(list(message))] = _MARK
        text = json.dumps(message, ensure_ascii=False).replace(f'"{_MARK}"', dice.choice(NO_JSON))
        return Message(_cut(text), None, may_be_malformed=True)
    text = json.dumps(message, ensure_ascii=False)
    if how == 1:  # a character changed, lost, or too many
        place = dice.randrange(len(text))
        text = text[:place] + dice.choice(("", "\0", '"', "{", "\\", "é", "\u2028")) + text[place + dice.randrange(2) :]
        return Message(_cut(text), None, is_quiet, may_be_malformed=True)
    if how == 2:  # cut off
        return Message(_cut(text[: dice.randrange(len(text))]), None, may_be_malformed=True)
    twin = json.dumps({dice.choice(("type", "message", "cmid", "pad")): _odd(dice)}, ensure_ascii=False)
    return Message(_cut(f"{text[:-1]},{twin[1:]}"), None, is_quiet, may_be_malformed=True)  # a member that comes twice


def _cut(text: str) -> str:
    """What of it a frame may hold."""
    return text.encode()[:MOST_BYTES].decode(errors="ignore")


# -- members that are right --------------------------------------------------------------------------------------------

Make = Callable[[Random, Known], Any]


def _text(dice: Random, _known: Known) -> str:
    return f"{dice.choice(GOOD_TEXTS)} {dice.randrange(10**6)}" if dice.random() < 0.9 else dice.choice(GOOD_TEXTS)


def _comment_id(dice: Random, known: Known) -> str:
    chance, place = dice.random(), dice.random()
    unknown = "".join(dice.choices("0123456789abcdefghjkmnpqrstvwxyz", k=20))
    # As many throws of the dice whatever is known: what follows is the same in the next run.
    return known.comments[int(place * len(known.comments))] if known.comments and chance < 0.7 else unknown


def _user_id(dice: Random, known: Known) -> str:
    return dice.choice(known.users)


def _name(dice: Random, _known: Known) -> str:
    return f"c{dice.randrange(10**12)}"


def _few(dice: Random, _known: Known) -> int:
    return dice.choice((1, 1, 2, 3)) if dice.random() < 0.95 else 100


MEMBERS: dict[str, dict[str, Make]] = {
    "comment": {
        "message": _text, "cmid": _name, "parent_id": lambda d, k: _comment_id(d, k) if d.random() < 0.1 else None,
        "at_s": lambda d, _: d.choice((0, 1.5, 86_400, None)), "spoiler": lambda d, _: d.random() < 0.5,
    },
    "edit": {"comment_id": _comment_id, "message": _text},
    "delete": {"comment_id": _comment_id},
    "react": {"comment_id": _comment_id, "emoji": lambda d, _: d.choice(EMOJI)},
    "unreact": {"comment_id": _comment_id, "emoji": lambda d, _: d.choice(EMOJI)},
    "report": {"comment_id": _comment_id, "reason": _text},
    "typing": {},
    "history": {"before": _comment_id, "limit": _few},
    "pin": {"comment_id": _comment_id},
    "unpin": {"comment_id": _comment_id},
    "slow_mode": {"seconds": lambda d, _: d.choice((0, 0, 1, 3_600))},
    "close": {},
    "reopen": {},
    "mute": {"user_id": _user_id, "seconds": lambda d, _: d.choice((1, 60, 31_536_000)), "reason": _text},
    "unmute": {"user_id": _user_id},
    "read": {"ids": lambda d, k: [_comment_id(d, k) for _ in range(d.randrange(1, 4))], "upto": _comment_id},
}  # fmt: skip
OF_A_ROOM = ("comment", "comment", "edit", "delete", "react", "unreact", "report", "typing", "history", "pin", "unpin",
             "slow_mode", "close", "reopen", "mute", "unmute", "read")  # fmt: skip
OF_A_USER = ("history", "read", "comment", "typing")
