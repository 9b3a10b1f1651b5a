"""What staff does is on record: it is kept before it is done, so that nothing was done and is not there."""

from smovie.ids import new_id
from smovie.models.accounts import Identity
from smovie.models.audit import Act, AuditEntry
from smovie.models.base import now
from smovie.store import audit
from smovie.store.mongo import Database


async def record(db: Database, actor: Identity, act: Act, target: str, *, room: str, **facts: object) -> None:
    """Keep what somebody is about to do. Errors: Unavailable, and then it must not be done."""
    await audit.append(
        db, AuditEntry(id=new_id(), actor_id=actor.user_id, act=act, target=target, room=room, facts=facts, at=now())
    )
