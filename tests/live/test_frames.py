"""What a client's frame may be, and what it is told when it is not (ROOMS.md 4, 5, 16)."""

import csv
import json
import unicodedata
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.locale import CSVLocale

from handlers.live.frames import MAX_DEPTH, Malformed, decode, encode, error_frame, parse, reply_id
from smovie import errors
from smovie.models.comments import CommentDraft
from tests.live.frames_of_a_client import TEXT, heard_by_library

ENGLISH = CSVLocale("en", {"unknown": {key: f"en: {key}" for key in ("rate_limited", "not_found", "unavailable")}})
VIETNAMESE = CSVLocale("vi", {"unknown": {"not_found": "không có"}})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


def nested(levels: int, *, by_lists: bool = False) -> bytes:
    """An object of exactly so many levels."""
    inner: Any = 1
    for _ in range(levels - 1):
        inner = [inner] if by_lists else {"a": inner}
    return orjson.dumps({"type": "t", "a": inner})


# -- decode ------------------------------------------------------------------------------------------------------------


def test_a_frame_is_an_object_with_a_type() -> None:
    assert decode(b'{"type":"history","limit":5}') == {"type": "history", "limit": 5}


def test_a_message_without_a_type_is_a_comment() -> None:
    assert decode('{"message":"Chào"}'.encode()) == {"type": "comment", "message": "Chào"}


def test_a_message_with_a_type_keeps_it() -> None:
    assert decode(b'{"message":"x","type":"history"}')["type"] == "history"


def test_unknown_types_are_not_malformed() -> None:
    assert decode(b'{"type":"dance"}') == {"type": "dance"}


BAD = [
    b"", b" ", b"hello", b"{", b'{"type":"x"', b"[]", b'["type"]', b'"type"', b"1", b"null", b"true", b"{}",
    b'{"id":1}', b'{"type":1}', b'{"type":null}', b'{"type":null,"message":"x"}', b'{"type":["x"]}',
    b'{"type":{"a":1}}', b'{"type":NaN}', b'{"type":"x","a":Infinity}', b'{"type":"x"} {}', b'{"type":"\\ud800"}',
    b"{'type':'x'}", b'{"type":"x",}', b"\xef\xbb\xbf{}",
]  # fmt: skip


@pytest.mark.parametrize("payload", BAD)
def test_anything_else_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        decode(payload)


@pytest.mark.parametrize("by_lists", [True, False])
def test_depth_is_bounded(by_lists: bool) -> None:
    assert decode(nested(MAX_DEPTH, by_lists=by_lists))["type"] == "t"
    with pytest.raises(Malformed):
        decode(nested(MAX_DEPTH + 1, by_lists=by_lists))


@pytest.mark.parametrize("payload", [b"[" * 8_000, b'{"a":' * 1_600, b"[" * 4_000 + b"]" * 4_000])
def test_bottomless_frames_are_malformed_and_nothing_worse(payload: bytes) -> None:
    with pytest.raises(Malformed):
        decode(payload)


def test_depth_is_counted_down_the_deepest_branch_only() -> None:
    wide = {"type": "t", **{f"a{i}": [[i], [i]] for i in range(50)}}
    assert decode(orjson.dumps(wide)) == wide


def levels(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(levels, inner), default=0)


def is_frame(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and levels(value) <= MAX_DEPTH
        and isinstance(value.get("type", "comment" if "message" in value else None), str)
    )


@settings(derandomize=True, deadline=None)
@given(JSON)
def test_whatever_the_json_it_is_a_frame_or_malformed(value: Any) -> None:
    try:
        frame = decode(orjson.dumps(value))
    except Malformed:
        assert not is_frame(value)
    else:
        assert is_frame(value)
        assert {**frame, "type": 0} == {**value, "type": 0}


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=60))
def test_bytes_that_are_no_frame_are_malformed_and_nothing_worse(payload: bytes) -> None:
    try:
        decode(payload)
    except Malformed:
        return
    assert is_frame(json.loads(payload.decode())), "by another reader of JSON"


# -- ids and members ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given_id", [0, -1, 7, 2**63, "", "a-1", "đ" * 64])
def test_a_usable_id_is_repeated(given_id: object) -> None:
    assert reply_id({"type": "t", "id": given_id}) == {"id": given_id}


@pytest.mark.parametrize("given_id", [None, True, 1.5, "x" * 65, [], {}, [1]])
def test_an_unusable_id_is_left_out(given_id: object) -> None:
    assert reply_id({"type": "t", "id": given_id}) == {}


def test_no_id_no_answer_id() -> None:
    assert reply_id({"type": "t"}) == {}


def test_unknown_members_are_ignored() -> None:
    draft = parse(CommentDraft, {"type": "comment", "id": 3, "message": " hello ", "colour": "red", "__class__": 1})
    assert draft == CommentDraft(message="hello")


def test_wrong_members_are_invalid_by_name_and_are_not_repeated() -> None:
    with pytest.raises(errors.Invalid) as caught:
        parse(CommentDraft, {"type": "comment", "message": "secret\x07", "at_s": -1, "cmid": ""})
    assert [pointer for pointer, _code, _facts in caught.value.errors] == ["/message", "/cmid", "/at_s"]
    assert "secret" not in repr(caught.value.errors)


def test_a_message_holds_no_control_character_but_the_line_feed() -> None:
    def is_message(text: str) -> bool:
        try:
            return bool(parse(CommentDraft, {"message": text}))
        except errors.Invalid:
            return False

    everything = (chr(code) for code in range(0x3000) if chr(code) != "\n")
    refused = {char for char in everything if not is_message(f"a{char}b")}
    assert refused == {chr(code) for code in range(0x3000) if unicodedata.category(chr(code)) == "Cc"} - {"\n"}


def test_a_missing_member_is_invalid() -> None:
    with pytest.raises(errors.Invalid) as caught:
        parse(CommentDraft, {"type": "comment"})
    assert caught.value.errors == [("/message", "invalid_missing", {})]


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_an_error_names_the_frame_it_answers() -> None:
    answer = error_frame(errors.NotFound("not_found"), ENGLISH, {"type": "t", "id": 7, "cmid": "c" * 100})
    assert answer == {
        "type": "error", "id": 7, "code": "not_found", "message": "en: not_found", "temporary": False, "cmid": "c" * 64,
    }  # fmt: skip


def test_an_error_speaks_the_readers_language() -> None:
    assert error_frame(errors.NotFound("not_found"), VIETNAMESE, {})["message"] == "không có"


def test_a_temporary_refusal_says_when_again() -> None:
    answer = error_frame(errors.TooMany("rate_limited", retry_after_s=3), ENGLISH, {})
    assert (answer["code"], answer["temporary"], answer["retry_after_ms"]) == ("rate_limited", True, 3_000)


ROOM_CODES = {
    "invalid", "too_long", "rate_limited", "slow_mode", "muted", "not_found", "forbidden", "unavailable",
    "unknown_type", "malformed",
}  # fmt: skip
KINDS = [
    errors.Invalid, errors.Unauthenticated, errors.Forbidden, errors.NotFound, errors.Conflict, errors.TooLarge,
    errors.TooMany, errors.Unavailable, errors.Unsupported,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_refusal_has_a_code_of_the_protocol(kind: type[errors.Refusal]) -> None:
    answer = error_frame(kind("a code of some verb"), ENGLISH, {})
    assert answer["code"] in ROOM_CODES
    assert answer["temporary"] is (kind in (errors.TooMany, errors.Unavailable))


def test_no_kind_of_refusal_is_forgotten_here() -> None:
    assert set(KINDS) == set(errors.Refusal.__subclasses__())


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_codes_that_sockets_raise_have_their_texts(language: str) -> None:
    file = Path(__file__).parents[2] / "templates" / "locale" / f"{language}.csv"
    keys = {row[0] for row in csv.reader(file.read_text(encoding="utf-8").splitlines()) if row}
    assert {"invalid", "malformed", "not_found", "rate_limited", "too_long", "unavailable", "unknown_type"} <= keys


# -- encode ------------------------------------------------------------------------------------------------------------


def test_a_message_becomes_one_text_frame_of_json() -> None:
    message = {"type": "comment", "message": "Mùi đu đủ xanh", "seq": 3}
    (heard,) = heard_by_library([encode(message)])
    assert heard.opcode == TEXT
    assert orjson.loads(bytes(heard.data)) == message
    assert "đu đủ".encode() in heard.data
