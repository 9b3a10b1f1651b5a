"""The episodes of one title, from what the snapshot holds: a noun is made of those that are asked for only."""

from collections.abc import Sequence
from typing import Any

from smovie.catalog.snapshot import Entry
from smovie.models.catalog import Episode
from smovie.models.playback import ListedEpisode
from smovie.next_up import Place


class Episodes:
    """What a title consists of, each episode with its place."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._found: dict[str, tuple[Place, dict[str, Any]]] = {
            episode["id"]: (Place(season["number"], episode["number"], episode["id"]), episode)
            for season in entry.seasons()
            for episode in season.get("episodes", ())
        }

    def __contains__(self, episode_id: str) -> bool:
        return episode_id in self._found

    @property
    def places(self) -> Sequence[Place]:
        """In no certain order."""
        return [place for place, _ in self._found.values()]

    def place_of(self, episode_id: str) -> Place:
        """Where an episode of the title stands."""
        return self._found[episode_id][0]

    def read(self, episode_id: str) -> Episode:
        """All of an episode of the title."""
        return Episode.model_validate(self._found[episode_id][1])

    def list(self, episode_id: str) -> ListedEpisode:
        """What is told of an episode of the title beside others."""
        place, episode = self.place_of(episode_id), self.read(episode_id)
        return ListedEpisode(
            id=episode.id, season=place.season, number=episode.number, title=episode.title,
            runtime_s=episode.runtime_s, playable=bool(episode.sources),
        )  # fmt: skip
