"""Access tokens that are not ours, or not right: refused at the front door with one answer, over REST and sockets."""

import base64
import hmac
import time
from collections.abc import Callable
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from smovie.media.tokens import MediaClaims
from smovie.tokens import TokenSigner
from tests.support.api import Answer
from tests.support.cast import session_of
from tests.support.mailbox import letters_to, link_in
from tests.support.room import dial
from tests.support.server import Member, RunningServer
from tests.support.wait import until

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
Claims = dict[str, Any]


class Forger:
    """Makes tokens for a member's open session, right in all but what is said. It has the server's own key: so each
    refusal is for that one reason."""

    def __init__(self, member: Member) -> None:
        self.key = TokenSigner("a key for tests")._access_key
        self.token = member.access
        self.claims: Claims = jwt.decode(member.access, options={"verify_signature": False})
        self.header: Claims = jwt.get_unverified_header(member.access)

    def sign(self, header: Claims | bytes | None = None, claims: Claims | bytes | None = None) -> str:
        """HS256 by the right key over any bytes."""
        return _signed(header or self.header, claims or self.claims, self.key)

    def headed(self, **changes: Any) -> str:
        """With another header; None takes a member out."""
        return self.sign(header=_changed(self.header, changes))

    def saying(self, **changes: Any) -> str:
        """With other claims; None takes a member out."""
        return self.sign(claims=_changed(self.claims, changes))

    def by(self, key: Any, algorithm: str) -> str:
        """Signed otherwise."""
        return jwt.encode(self.claims, key, algorithm=algorithm, headers={"kid": self.header["kid"]})


def _changed(of: Claims, changes: Claims) -> Claims:
    return {name: value for name, value in {**of, **changes}.items() if value is not None}


def _encoded(part: Claims | bytes) -> str:
    data = part if isinstance(part, bytes) else orjson.dumps(part)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _signed(header: Claims | bytes, claims: Claims | bytes, key: bytes) -> str:
    said = f"{_encoded(header)}.{_encoded(claims)}"
    return f"{said}.{_encoded(hmac.digest(key, said.encode(), 'sha256'))}"


def _soon() -> int:
    return int(time.time()) + 60


def _twice(name: str, wrong: object, of: Claims) -> bytes:
    """JSON with a member that comes twice, the wrong one first."""
    return b'{"%s":%s,%s' % (name.encode(), orjson.dumps(wrong), orjson.dumps(of)[1:])


FORGERIES: dict[str, Callable[[Forger], str]] = {
    "alg none": lambda f: f.by(None, "none"),
    "alg none, our signature": lambda f: f.headed(alg="none"),
    "alg nOnE, no signature": lambda f: f"{_encoded({**f.header, 'alg': 'nOnE'})}.{f.token.split('.')[1]}.",
    "no alg": lambda f: f.headed(alg=None),
    "alg is a list": lambda f: f.headed(alg=["HS256"]),
    "HS256 by a public RSA key": lambda f: _signed(f.header, f.claims, RSA_PUBLIC),
    "RS256": lambda f: f.by(RSA, "RS256"),
    "PS256": lambda f: f.by(RSA, "PS256"),
    "ES256": lambda f: f.by(ec.generate_private_key(ec.SECP256R1()), "ES256"),
    "says RS256, is HS256 by our key": lambda f: f.headed(alg="RS256"),
    "HS512 by our key": lambda f: f.by(f.key * 2, "HS512"),
    "HS256 by another key": lambda f: _signed(f.header, f.claims, b"k" * 32),
    "HS256 by no key": lambda f: _signed(f.header, f.claims, b""),
    "brings its own key": lambda f: _signed(
        {**f.header, "jwk": {"kty": "oct", "k": _encoded(b"k" * 32)}}, f.claims, b"k" * 32
    ),
    "kid unknown": lambda f: f.headed(kid="00000000"),
    "kid a path": lambda f: f.headed(kid="../../../../dev/null"),
    "kid a query": lambda f: f.headed(kid="' OR '1'='1"),
    "kid empty": lambda f: f.headed(kid=""),
    "kid missing": lambda f: f.headed(kid=None),
    "kid a number": lambda f: f.headed(kid=17),
    "kid an object": lambda f: f.headed(kid={"$ne": ""}),
    "kid a list": lambda f: f.headed(kid=[f.header["kid"]]),
    "crit": lambda f: f.headed(crit=["exp"], exp=_soon()),
    "payload not encoded": lambda f: f.headed(b64=False, crit=["b64"]),
    "header of 5 kB": lambda f: f.headed(kid="k" * 5_000),
    "header no object": lambda f: f.sign(header=b'["HS256"]'),
    "typ of another purpose": lambda f: f.saying(typ="refresh"),
    "typ missing": lambda f: f.saying(typ=None),
    "typ a list": lambda f: f.saying(typ=["access"]),
    "aud elsewhere": lambda f: f.saying(aud="elsewhere"),
    "aud missing": lambda f: f.saying(aud=None),
    "iss elsewhere": lambda f: f.saying(iss="elsewhere"),
    "iss missing": lambda f: f.saying(iss=None),
    "exp missing": lambda f: f.saying(exp=None),
    "exp a word": lambda f: f.saying(exp="never"),
    "nbf to come": lambda f: f.saying(nbf=_soon()),
    "iat to come": lambda f: f.saying(iat=_soon()),
    "iat missing": lambda f: f.saying(iat=None),
    "sub missing": lambda f: f.saying(sub=None),
    "sub a number": lambda f: f.saying(sub=17),
    "sid missing": lambda f: f.saying(sid=None),
    "sid a query": lambda f: f.saying(sid={"$ne": ""}),
    "claims no object": lambda f: f.sign(claims=b"[]"),
    "claims nested": lambda f: f.sign(header={**f.header, "cty": "JWT"}, claims=f.token.encode()),
    "alg twice": lambda f: ".".join([_encoded(_twice("alg", "none", f.header)), *f.token.split(".")[1:]]),
    "claims changed": lambda f: f.token.replace(f.token.split(".")[1], _encoded({**f.claims, "exp": _soon() + 9_000})),
    "signature cut": lambda f: f.token[:-6],
    "signature missing": lambda f: f.token.rpartition(".")[0] + ".",
    "two parts": lambda f: f.token.rpartition(".")[0],
    "five parts, as of a JWE": lambda f: f"{_encoded({'alg': 'dir', 'enc': 'A256GCM', 'kid': f.header['kid']})}..a.b.c",
    "nonsense": lambda _: "nonsense",
}


@pytest.fixture(scope="module")
def opened() -> dict[str, Member]:
    return {}


async def a_member(server: RunningServer, opened: dict[str, Member]) -> Member:
    """One for all of these: nothing that is refused changes them."""
    return opened.get("member") or opened.setdefault("member", await server.a_member())


def words_of(answer: Answer) -> dict[str, Any]:
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="smovie"')
    return {**answer.json, "request_id": ""}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_is_refused_with_the_one_answer(
    server: RunningServer, opened: dict[str, Member], forgery: str
) -> None:
    token = FORGERIES[forgery](Forger(await a_member(server, opened)))
    plain = words_of(await server.api.get("/me", access="x"))
    assert plain["type"] == "/problems/token-invalid"
    assert words_of(await server.api.get("/me", access=token)) == plain
    async with dial(server, server.an_episode_apart(), subprotocols=["smovie.v1"]) as socket:
        await socket.say(type="auth", token=token)
        assert await socket.closed() == 4401


async def test_a_copy_that_is_right_in_all_is_taken(server: RunningServer, opened: dict[str, Member]) -> None:
    """Else the tests above would show nothing."""
    forger = Forger(await a_member(server, opened))
    for token in (forger.sign(), forger.saying(nbf=int(time.time()) - 60), forger.saying(iat=int(time.time()) + 2)):
        assert (await server.api.get("/me", access=token)).status == 200


async def test_an_expired_token_says_that_it_is_time_to_refresh(
    server: RunningServer, opened: dict[str, Member]
) -> None:
    forger = Forger(await a_member(server, opened))
    late = await server.api.get("/me", access=forger.saying(exp=int(time.time()) - 60))
    assert words_of(late)["type"] == "/problems/token-expired"
    forged_too = _signed(forger.header, {**forger.claims, "exp": int(time.time()) - 60}, b"k" * 32)
    assert words_of(await server.api.get("/me", access=forged_too))["type"] == "/problems/token-invalid"


async def test_a_token_as_long_as_headers_may_be_is_refused_alike(
    server: RunningServer, opened: dict[str, Member]
) -> None:
    token = Forger(await a_member(server, opened)).headed(kid="k" * 40_000)
    assert words_of(await server.api.get("/me", access=token))["type"] == "/problems/token-invalid"


async def test_a_session_is_good_for_its_own_user_only(server: RunningServer, opened: dict[str, Member]) -> None:
    forger, other = Forger(await a_member(server, opened)), await server.a_member()
    for token in (forger.saying(sub=other.id), forger.saying(sid="no-such")):
        assert words_of(await server.api.get("/me", access=token))["type"] == "/problems/session-ended"


async def test_a_token_made_for_something_else_opens_nothing(server: RunningServer, opened: dict[str, Member]) -> None:
    member, registered = await a_member(server, opened), await server.register()
    confirmation = (await server.proof_for(registered)).rpartition("/")[2]
    await server.api.post("/auth/password/forgot", {"email": member.email})
    letters = await until(lambda: letters_to(server.outbox, member.email)[1:])
    reset = link_in(letters[0]).rpartition("/")[2]
    media = server.runtime.media.signer.sign(MediaClaims(session_of(member), member.id, "a.mp4", _soon()))
    for token in (member.refresh, registered["refresh"], confirmation, reset, media):
        assert words_of(await server.api.get("/me", access=token))["type"] == "/problems/token-invalid"
    for token in (member.access, confirmation, reset, media):
        assert (await server.api.post("/auth/refresh", {"refresh": token})).status == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Token {}", "Bearer, {}"])
async def test_a_token_that_is_not_offered_as_a_bearers_opens_nothing(
    server: RunningServer, opened: dict[str, Member], header: str
) -> None:
    sent = {"Authorization": header.format((await a_member(server, opened)).access)}
    assert words_of(await server.api.get("/me", headers=sent))["type"] == "/problems/token-missing"
