"""The banners in memory, and which of them are shown at a moment."""

from datetime import UTC, datetime

from smovie.models.banners import Banner

_EVER = datetime.max.replace(tzinfo=UTC)


class BannerBoard:
    """All banners. Which are shown is worked out at a change, a start or an end, and not for every reader."""

    def __init__(self) -> None:
        self._banners: dict[str, Banner] = {}
        self._shown: tuple[Banner, ...] = ()
        self._since = self._until = _EVER  # the time for which that holds: none yet

    def put(self, banner: Banner) -> None:
        """Take a banner as it is now."""
        self._banners[banner.id] = banner
        self._since = self._until = _EVER

    def remove(self, banner_id: str) -> None:
        """Take a banner away, if it is there."""
        self._banners.pop(banner_id, None)
        self._since = self._until = _EVER

    def shown(self, at: datetime) -> tuple[Banner, ...]:
        """Those of a moment, in order."""
        if not self._since <= at < self._until:
            active = [banner for banner in self._banners.values() if banner.is_active]
            edges = [edge for banner in active for edge in (banner.starts_at, banner.ends_at) if edge and edge > at]
            current = [banner for banner in active if _is_current(banner, at)]
            self._shown = tuple(sorted(current, key=lambda banner: (banner.order, banner.id)))
            self._since, self._until = at, min(edges, default=_EVER)
        return self._shown


def _is_current(banner: Banner, at: datetime) -> bool:
    return (banner.starts_at is None or banner.starts_at <= at) and (banner.ends_at is None or at < banner.ends_at)
