"""Nouns of banners: what is put before readers of a page for a time, leading to a title or an address."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from smovie.models.base import Model, Moment, StoredModel
from smovie.models.catalog import LocalName

Placement = Literal["home_hero", "home_middle", "title_bottom"]
# A path on this site or a page of another; no other scheme, and no // that would lead elsewhere.
Address = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^(https://[^\s\\/][^\s\\]*|/([^\s\\/][^\s\\]*)?)$")
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]


class Target(StoredModel):
    """Where a banner leads: to a title, or to an address."""

    movie: Slug | None = None
    url: Address | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Target":
        if (self.movie is None) == (self.url is None):
            raise PydanticCustomError("one_target", "either movie or url")
        return self


class Banner(StoredModel):
    """A banner as it is stored; shown while it is active, from `starts_at` until before `ends_at`."""

    id: str
    placement: Placement
    title: LocalName
    subtitle: LocalName | None = None
    image: Address | None = None  # none: the backdrop of its title
    target: Target
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    order: int = Field(0, ge=-1_000_000, le=1_000_000)  # the least comes first
    is_active: bool = True
    created_at: Moment
    updated_at: Moment

    @model_validator(mode="after")
    def _ends_behind_its_start(self) -> "Banner":
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise PydanticCustomError("period_reversed", "starts_at is not before ends_at")
        return self


class BannerQuery(Model):
    """The place on a page; all places where it is left out."""

    placement: Placement | None = None


class BannerAnswer(Model):
    """A banner that is shown at present."""

    id: str
    placement: Placement
    title: str
    subtitle: str = Field(description='"" where there is none')
    image: str | None = Field(description="1280 × 720 or alike: a path on this server or an https address")
    target: str = Field(description="where it leads: a path on this site or an https address")
    movie: str | None = Field(description="the slug of the title it leads to")
    ends_at: Moment | None


class BannerList(Model):
    """Banners in the order in which they are shown."""

    results: list[BannerAnswer]
