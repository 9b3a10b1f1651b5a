"""The banners that are shown at present, as JSON: nothing here waits."""

from datetime import datetime

from smovie.catalog.queries import Body, kept
from smovie.catalog.render import Json, backdrop_path, encode
from smovie.catalog.snapshot import Snapshot
from smovie.models.banners import Banner, BannerAnswer, Placement
from smovie.models.catalog import Language


def list_banners(snapshot: Snapshot, placement: Placement | None, language: Language, at: datetime) -> Body:
    """The banners of a place, or of all."""
    shown = tuple(banner for banner in snapshot.banners.shown(at) if placement in (None, banner.placement))

    def make() -> bytes:
        return encode({"results": [show_banner(snapshot, banner, language) for banner in visible(snapshot, shown)]})

    key = ("banners", placement, language, tuple(banner.id for banner in shown))
    return kept(snapshot, key, make, shows_figures=False)


def visible(snapshot: Snapshot, banners: tuple[Banner, ...]) -> list[Banner]:
    """Those that do not lead to a title which is hidden."""
    return [banner for banner in banners if banner.target.movie is None or banner.target.movie in snapshot.by_slug]


def show_banner(snapshot: Snapshot, banner: Banner, language: Language) -> Json:
    """A banner in a language; one of a title without an image of its own has the title's backdrop."""
    slug = banner.target.movie
    image = banner.image or (backdrop_path(snapshot.by_slug[slug].outline()) if slug else None)
    return BannerAnswer(
        id=banner.id, placement=banner.placement, image=image, movie=slug, ends_at=banner.ends_at,
        title=banner.title.in_language(language),
        subtitle=banner.subtitle.in_language(language) if banner.subtitle else "",
        target=f"/movies/{slug}" if slug else banner.target.url or "",
    ).model_dump(mode="json")  # fmt: skip
