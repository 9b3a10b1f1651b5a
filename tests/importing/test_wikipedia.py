"""Wikipedia's lists of American films, read into our format."""

from typing import Any

import pytest
from pydantic import ValidationError

from smovie.importing.vocabulary import packaged_vocabulary
from smovie.importing.wikipedia import WikipediaRow, genre_names, import_key, to_title_row

GENRES = """Action Adventure Animated Biography Comedy Crime Dance Disaster Documentary Drama Erotic Family Fantasy
Found_Footage Historical Horror Independent Legal Live_Action Martial_Arts Musical Mystery Noir Performance Political
Romance Satire Science_Fiction Short Silent Slasher Sport Sports Spy Superhero Supernatural Suspense Teen Thriller War
Western""".replace("_", " ")  # all 41, two words joined so that the list can be split


def a_film(**members: Any) -> WikipediaRow:
    return WikipediaRow.model_validate({"title": "The Kid", "year": 1921, "cast": [], "genres": [], **members})


def test_a_film_becomes_a_row() -> None:
    row = to_title_row(
        a_film(
            cast=["Charlie Chaplin", "Jackie Coogan"], genres=["Silent", "Comedy"], href="The_Kid_(1921_film)",
            extract="The Kid is a 1921 American silent film.", thumbnail="https://upload.wikimedia.org/kid.jpg",
        )
    )  # fmt: skip
    assert row.model_dump(mode="json", exclude_defaults=True) == {
        "kind": "movie",
        "title": "The Kid",
        "translations": {"en": {"description": "The Kid is a 1921 American silent film."}},
        "year": 1921,
        "nation": "us",
        "genres": ["silent", "comedy"],
        "cast": [{"name": "Charlie Chaplin"}, {"name": "Jackie Coogan"}],
        "poster": "https://upload.wikimedia.org/kid.jpg",
    }


def test_every_genre_of_the_lists_is_in_our_vocabulary() -> None:
    names = ["Found Footage", "Live Action", "Martial Arts", "Science Fiction"]
    rest = GENRES
    for name in names:
        rest = rest.replace(name, "")
    names += rest.split()
    assert len(names) == 41
    ids = {genre_id for name in names for genre_id in genre_names(a_film(genres=[name]))}
    assert ids <= packaged_vocabulary()["genres"].keys()
    assert {"animation", "history", "sport", "science-fiction"} <= ids


def test_a_new_genre_comes_with_its_name_and_none_comes_twice() -> None:
    names = genre_names(a_film(genres=["Sports", "Sport", "Space  Opera", "オペラ"]))
    assert names == {"sport": "Sports", "space-opera": "Space Opera"}


@pytest.mark.parametrize(
    ("entries", "names"),
    [
        (["Bessie Love", ".", "Wallace Beery"], ["Bessie Love", "Wallace Beery"]),
        (["Walter Huston", "(", "Best Actor", "nominee)", "Mary Astor"], ["Walter Huston", "Mary Astor"]),
        (["Luise Rainer", "(", "Academy Award", ")"], ["Luise Rainer"]),
        (["(", "Nobody closes this"], ["Nobody closes this"]),
        (["U2", "GQ", "?", "", "U2"], ["U2", "GQ"]),
        (["x" * 201, " Vivian \t Rich "], ["Vivian Rich"]),
    ],
)
def test_scraps_among_the_cast_are_nobody(entries: list[str], names: list[str]) -> None:
    assert [member.name for member in to_title_row(a_film(cast=entries)).cast] == names


def test_page_styles_in_a_title_are_left_out() -> None:
    title = "Naked Gun .mw-parser-output .frac{white-space:nowrap}.mw-parser-output .x{clip:rect(0,0,0,0)}33+1⁄3"
    assert to_title_row(a_film(title=title)).title == "Naked Gun 33+1⁄3"


def test_long_texts_are_cut_and_control_characters_dropped() -> None:
    row = to_title_row(a_film(title="A" * 400, extract="\n\nOne.\x07\nTwo." + "b" * 5_000))
    assert len(row.title) == 300
    assert row.translations["en"].description.startswith("One. \nTwo.")
    assert len(row.translations["en"].description) == 4_000


@pytest.mark.parametrize(
    ("address", "poster"),
    [
        ("//upload.wikimedia.org/a.jpg", "https://upload.wikimedia.org/a.jpg"),
        ("javascript:alert(1)", None),
        ("", None),
        (None, None),
        ("https://x/" + "a" * 2_000, None),
    ],
)
def test_a_picture_is_an_address_or_nothing(address: str | None, poster: str | None) -> None:
    assert to_title_row(a_film(thumbnail=address)).poster == poster


def test_a_film_without_title_or_year_is_refused() -> None:
    with pytest.raises(ValidationError):
        a_film(year="soon")
    with pytest.raises(ValidationError):
        to_title_row(a_film(title=" \x07 "))


def test_the_key_names_the_film_by_what_the_list_says() -> None:
    assert import_key(a_film(href="The_Kid")) == "wikipedia:The Kid|1921|The_Kid"
    assert import_key(a_film()) == "wikipedia:The Kid|1921|"
