"""Avatars: the picture of an account, or its initial where it has none (API.md "Accounts")."""

import hashlib
import re
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from smovie.bounded_cache import BoundedCache
from smovie.errors import NotFound, Unauthenticated
from smovie.ids import ID_PATTERN
from smovie.initials import draw_initials, draw_nobody
from smovie.models.accounts import Identity
from smovie.models.avatars import LARGE, SMALL
from smovie.models.base import now
from smovie.pictures import PictureMaker
from smovie.store import avatars, users
from smovie.store.mongo import Database
from smovie.throttles import Throttle, Throttles

CACHE_BYTES = 16 << 20
_SIZES = {str(size): size for size in (LARGE, SMALL)}
_PRESENT_FOR_S = 5.0  # how long an account's picture is taken for its present one
_KEPT_FOR_S = 300.0  # … and one that is gone still served to who has its address
_OVERHEAD_BYTES = 500  # of one kept picture beside its content
_ID = re.compile(ID_PATTERN)


class Shown(NamedTuple):
    """A picture as it is served; `etag` is strong."""

    content: bytes
    etag: str
    media_type: str


@dataclass(frozen=True)
class AvatarDesk:
    """What the verbs of avatars work with. `kept` holds what was served, each with the time until which it may be."""

    db: Database
    maker: PictureMaker
    kept: BoundedCache[tuple[float, Shown]]
    throttles: Throttles


async def put_avatar(desk: AvatarDesk, caller: Identity, sent: bytes) -> None:
    """Make a picture the caller's avatar. Errors: those of `PictureMaker.make`; TooMany."""
    await desk.throttles.take(Throttle.AVATARS_PER_USER, caller.user_id)
    await avatars.replace(desk.db, caller.user_id, await desk.maker.make(sent), now())
    desk.kept.drop(caller.user_id)
    if await users.by_id(desk.db, caller.user_id) is None:  # deleted meanwhile: its picture must not stay behind
        await avatars.delete_of_user(desk.db, caller.user_id)
        raise Unauthenticated("session_ended")


async def delete_avatar(desk: AvatarDesk, caller: Identity) -> None:
    """Take the caller's picture away; it is no error when there is none."""
    await avatars.delete_of_user(desk.db, caller.user_id)
    desk.kept.drop(caller.user_id)


async def show_picture(desk: AvatarDesk, digest: str, size: str) -> Shown:
    """A picture by its address. Errors: NotFound for one that nobody has (any more)."""
    if size not in _SIZES:
        raise NotFound("not_found")
    if shown := _kept(desk, (digest, size)):
        return shown
    content = await avatars.by_digest(desk.db, digest, _SIZES[size])
    if content is None:
        raise NotFound("not_found")
    return _keep(desk, (digest, size), content, "image/webp", for_s=_KEPT_FOR_S)


async def show_avatar(desk: AvatarDesk, user_id: str) -> Shown:
    """What an account looks like at present, small. Errors: NotFound for what is no id of an account."""
    if shown := _kept(desk, user_id):
        return shown
    content = await avatars.small_of_user(desk.db, _checked(user_id))
    if content:
        return _keep(desk, user_id, content, "image/webp", for_s=_PRESENT_FOR_S)
    return _keep(desk, user_id, await _draw(desk.db, user_id), "image/svg+xml", for_s=_PRESENT_FOR_S)


async def show_initials(desk: AvatarDesk, user_id: str) -> Shown:
    """The drawn avatar of an account, whether or not it has a picture. Errors: NotFound as above."""
    key = ("drawn", user_id)
    if shown := _kept(desk, key):
        return shown
    return _keep(desk, key, await _draw(desk.db, _checked(user_id)), "image/svg+xml", for_s=_PRESENT_FOR_S)


async def _draw(db: Database, user_id: str) -> bytes:
    """The initial of an account's name; for one that is gone somebody without a face."""
    user = await users.by_id(db, user_id)
    return draw_initials(user.id, user.username) if user else draw_nobody()


def _checked(user_id: str) -> str:
    if not _ID.fullmatch(user_id):
        raise NotFound("not_found")
    return user_id


def _kept(desk: AvatarDesk, key: Hashable) -> Shown | None:
    kept = desk.kept.get(key)
    return kept[1] if kept and kept[0] > time.monotonic() else None


def _keep(desk: AvatarDesk, key: Hashable, content: bytes, media_type: str, *, for_s: float) -> Shown:
    shown = Shown(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"', media_type)
    desk.kept.put(key, (time.monotonic() + for_s, shown), len(content) + _OVERHEAD_BYTES)
    return shown
