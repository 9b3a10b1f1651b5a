"""Playlists as they are sent: what they name opens below the token, or they are not sent."""

import posixpath
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.media.playlists import LeadsOutside, PlaylistPlace
from tests.support.films import FILES, HLS, addresses_in

OURS = "https://phim.example/media"
PLACE = PlaylistPlace("phố/hls/1080/index.m3u8", prefix="phố/hls", media_url=OURS)
repeatable = settings(derandomize=True, deadline=None, max_examples=500)


def sent(line: str) -> str:
    """What becomes of one line."""
    head = "#EXTM3U\n#EXTINF:4,\n"
    text = PLACE.rewrite(f"{head}{line}\n")
    assert text.startswith(head) and text.endswith("\n")
    return text.removeprefix(head)[:-1]


@pytest.mark.parametrize(
    "address",
    [
        "1.ts", "a/b/1.ts", "../480/1.ts", "./1.ts", "1.ts?part=2", "1.ts#t=3", "đoạn-1.ts", "%C4%91.ts", "a b.ts",
        "../../hls/1080/1.ts", "../1080/../keys/1.key", "1..ts", "-1.ts", "_.ts",
    ],
)  # fmt: skip
def test_a_relative_address_inside_stays_as_it_is(address: str) -> None:
    assert sent(address) == address
    assert sent(f'#EXT-X-MAP:URI="{address}",BYTERANGE="1@0"') == f'#EXT-X-MAP:URI="{address}",BYTERANGE="1@0"'


@pytest.mark.parametrize(
    ("address", "becomes"),
    [
        ("/media/ph%E1%BB%91/hls/1080/1.ts", "1.ts"),
        ("/media/phố/hls/480/1.ts?x=1", "../480/1.ts?x=1"),
        (f"{OURS}/phố/hls/keys/1.key", "../keys/1.key"),
        ("HTTPS://PHIM.example/media/phố/hls/1080/a%20b.ts", "a%20b.ts"),
        ("//phim.example/media/phố/hls/1080/1.ts", "1.ts"),
        ("/media/phố/hls/1080/a:b.ts", "a%3Ab.ts"),
        ("  /media/phố/hls/1080/1.ts ", "1.ts"),
    ],
)
def test_an_absolute_address_of_our_media_becomes_relative(address: str, becomes: str) -> None:
    assert sent(address) == becomes
    assert sent(f'#EXT-X-KEY:METHOD=AES-128,URI="{address}"') == f'#EXT-X-KEY:METHOD=AES-128,URI="{becomes}"'


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/1.ts", "//evil.example/1.ts", "///evil.example/1.ts", "http://phim.example/media/phố/hls/1.ts",
        "https://phim.example:8443/media/phố/hls/1.ts", "https://a@phim.example/media/phố/hls/1.ts",
        "https:1.ts", "data:video/mp2t,x", "skd://key", "javascript:1", "file:///etc/passwd", "a:b.ts",
        "/1.ts", "/etc/passwd", "/media/1.ts", "/media/khác/1.mp4", "/media/phố/1080.mp4", "/media/phố/hls-2/1.ts",
        "/media/phố/hls", "/media/phố/hls/../1080.mp4", "/media/phố/hls/%2e%2e/1080.mp4", "/api/v1/me",
        "../../1080.mp4", "../../../khác/1.mp4", "../../hls-2/1.ts", "..", "../..", "../../hls", "/media/phố/hls//1.ts",
        "%2e%2e/%2e%2e/1080.mp4", "..%2f..%2f1080.mp4", "..\\..\\1080.mp4", "\\\\evil.example\\1.ts",
        "/\\evil.example/1", "{$host}/1.ts", "1.ts?x={$token}", "%ff.ts", "%00.ts", "a\tb.ts", "https://[", "ht\ttps://evil.example/1.ts",
    ],
)  # fmt: skip
def test_an_address_that_leads_out_stops_the_playlist(address: str) -> None:
    for line in (address, f'#EXT-X-MAP:URI="{address}"', f"#EXT-X-KEY:METHOD=AES-128,URI={address}"):
        with pytest.raises(LeadsOutside) as refused:
            sent(line)
        assert refused.value.line == 3


@pytest.mark.parametrize(
    "tag",
    [
        "#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"a,URI=b\",{}", "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,{}",
        "#EXT-X-SESSION-KEY:METHOD=AES-128,{}", "#EXT-X-SESSION-DATA:DATA-ID=\"a\",{}", "#EXT-X-PART:DURATION=1,{}",
        "#EXT-X-PRELOAD-HINT:TYPE=PART,{}", "#EXT-X-RENDITION-REPORT:{}", " #EXT-X-MAP:{}",
    ],
)  # fmt: skip
def test_every_tag_with_an_address_is_looked_at(tag: str) -> None:
    assert sent(tag.format('URI="/media/phố/hls/1.ts"')) == tag.format('URI="../1.ts"')
    with pytest.raises(LeadsOutside):
        sent(tag.format('URI="https://evil.example/"'))


@pytest.mark.parametrize("name", ["SERVER-URI", "X-ASSET-URI", "X-ASSET-LIST"])
def test_attributes_of_the_newer_drafts_are_looked_at_too(name: str) -> None:
    with pytest.raises(LeadsOutside):
        sent(f'#EXT-X-DATERANGE:ID="ad",{name}="https://evil.example/"')


def test_comments_titles_and_ends_of_lines_stay() -> None:
    text = '#EXTM3U\r\n# URI="https://a.example"\r\n\r\n#EXTINF:4, URI="//b"\r1.ts\n#EXT-X-ENDLIST'
    assert PLACE.rewrite(text) == text
    assert PLACE.rewrite("") == ""


def test_a_lone_carriage_return_ends_a_line_as_it_does_for_players() -> None:
    with pytest.raises(LeadsOutside):
        PLACE.rewrite("#EXTM3U\n# a comment\rhttps://evil.example/1.ts\n")


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith(".m3u8")])
def test_what_is_sent_names_files_that_are_there(path: str) -> None:
    place = PlaylistPlace(path, prefix=HLS, media_url=OURS)
    text = place.rewrite(FILES[path].decode())
    for address in addresses_in(text):
        assert not address.startswith("/")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(urlsplit(address).path)))
        assert target in FILES
    assert place.rewrite(text) == text


PIECES = st.sampled_from(
    ["..", ".", "/", "//", "\\", "%2e", "%2F", "media", "phố", "hls", "1.ts", ":", "http:", "?", "#", "@", "evil", " "]
)


@repeatable
@given(st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join))
def test_whatever_is_sent_stays_below_the_token(address: str) -> None:
    """As the standard library resolves addresses, against where the player got the playlist from."""
    try:
        lines = PLACE.rewrite(address)
    except LeadsOutside:
        return
    for line in addresses_in(lines):
        resolved = urlsplit(urljoin(f"{OURS}/TOKEN/phố/hls/1080/index.m3u8", line.strip()))
        assert (resolved.scheme, resolved.netloc) == ("https", "phim.example")
        assert posixpath.normpath(unquote(resolved.path)).startswith("/media/TOKEN/phố/hls/")
