"""Nouns of reactions: six emoji, of each at most one from everybody to a comment."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from smovie.models.base import Model, Moment, StoredModel
from smovie.models.comments import CommentId

EMOJI = ("👍", "❤️", "😂", "😮", "😢", "😡")
_VARIATION_SELECTOR = "\N{VARIATION SELECTOR-16}"  # asks for a picture; some keyboards leave it out
_KNOWN = {emoji.replace(_VARIATION_SELECTOR, ""): emoji for emoji in EMOJI}


def _is_reaction(text: str) -> str:
    if (emoji := _KNOWN.get(text.replace(_VARIATION_SELECTOR, ""))) is None:
        raise PydanticCustomError("literal_error", "not one of ours", {"expected": " ".join(EMOJI)})
    return emoji


class Reaction(Model):
    """Which emoji somebody gives a comment, or takes back."""

    emoji: Annotated[str, AfterValidator(_is_reaction)]


class GivenReaction(StoredModel):
    """An emoji as it is stored."""

    id: str
    comment_id: CommentId
    emoji: str
    created_at: Moment


class ReactionAnswer(Model):
    """How many gave a comment each of the six."""

    comment_id: CommentId
    reactions: dict[str, int]
