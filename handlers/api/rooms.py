"""What moderators say about an episode's room, over REST: the same verbs as over its socket."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.models.rooms import MuteAnswer, MuteDraft, MuteList, RoomAnswer, RoomDraft, show_mute
from smovie.talk import moderation


class RoomHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=RoomAnswer)
    async def get(self, episode_id: str) -> None:
        """Show the rules of an episode's room and its pinned comments."""
        self.send(await moderation.show_room(self.runtime.comments, episode_id))

    @operation(access=Access.MODERATOR, answer=RoomAnswer)
    async def patch(self, episode_id: str, body: RoomDraft) -> None:
        """Set slow mode, close the room or open it again; what is left out stays as it is."""
        await moderation.rule_room(self.runtime.comments, self.caller, episode_id, body)
        self.send(await moderation.show_room(self.runtime.comments, episode_id))


class PinHandler(ApiHandler):
    @operation(access=Access.MODERATOR, status=204)
    async def put(self, episode_id: str, comment_id: str) -> None:
        """Pin a comment of the room; again is the same as once."""
        await moderation.pin(self.runtime.comments, self.caller, comment_id, room=episode_id)
        self.send_nothing()

    @operation(access=Access.MODERATOR, status=204)
    async def delete(self, episode_id: str, comment_id: str) -> None:
        """Pin a comment no longer; one that is not pinned is no error."""
        await moderation.unpin(self.runtime.comments, self.caller, comment_id, room=episode_id)
        self.send_nothing()


class MuteListHandler(ApiHandler):
    @operation(access=Access.MODERATOR, answer=MuteList)
    async def get(self, episode_id: str) -> None:
        """Show who may not talk in the room at present."""
        self.send(await moderation.list_mutes(self.runtime.comments, self.caller, episode_id))


class MuteHandler(ApiHandler):
    @operation(access=Access.MODERATOR, answer=MuteAnswer)
    async def put(self, episode_id: str, user_id: str, body: MuteDraft) -> None:
        """Let somebody not talk in the room for a while, in the place of an earlier mute."""
        muted = await moderation.mute(self.runtime.comments, self.caller, episode_id, user_id, body)
        self.send(show_mute(muted))

    @operation(access=Access.MODERATOR, status=204)
    async def delete(self, episode_id: str, user_id: str) -> None:
        """Let somebody talk in the room again."""
        await moderation.unmute(self.runtime.comments, self.caller, episode_id, user_id)
        self.send_nothing()
