"""The keys of an issuer, fetched over a socket: read when needed, cached, and kept in an outage."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from tests.support.servers.issuer import AUDIENCE, Issuer, claims, jwk, private_key
from tests.support.servers.peers import until
from tutor_widget.server import Account, BadSetting, Denied
from tutor_widget.server.auth.jwt.authenticator import JWTAuthenticator
from tutor_widget.server.auth.jwt.jwks import KeySet
from tutor_widget.server.metrics import Metrics

pytestmark = pytest.mark.timeout(150)


class Class7b:
    """An authenticator with an issuer's keys, and a clock that the test moves."""

    def __init__(self, issuer: Issuer) -> None:
        self.now = 1000.0
        self.issuer = issuer
        self.metrics = Metrics()
        self._authenticator = JWTAuthenticator(
            KeySet(issuer.url, lambda: self.now), AUDIENCE, metrics=self.metrics
        )

    async def says(self, kid: str) -> str | int:
        """The account of a good token that is signed with this key, or the status."""
        found = await self.check(self.issuer.token(kid))
        return found.name if isinstance(found, Account) else found.status

    async def check(self, token: str) -> Account | Denied:
        return await self._authenticator.authenticate({"Authorization": f"Bearer {token}"})


@contextlib.asynccontextmanager
async def class_7b(*names: str) -> AsyncIterator[Class7b]:
    async with Issuer(*names).publishing() as issuer:
        yield Class7b(issuer)


async def test_keys_are_asked_for_once_in_five_minutes() -> None:
    """RSA and EC keys may be in one set."""
    async with class_7b("rsa", "ec") as school:
        assert [await school.says(kid) for kid in ("rsa", "ec") * 3] == ["ada"] * 6
        school.now += 299
        assert await school.says("ec") == "ada"
        assert school.issuer.asked == 1
        school.now += 2
        assert await school.says("ec") == "ada"
        assert school.issuer.asked == 2


async def test_a_new_key_is_found_and_an_old_one_forgotten() -> None:
    """The issuer changes its keys while the server runs."""
    async with class_7b("old") as school:
        assert await school.says("old") == "ada"
        school.issuer.keys = [jwk("new")]
        school.now += 31
        assert await school.says("new") == "ada"
        assert await school.says("old") == 503  # it was there a moment ago: nobody knows
        school.now += 31
        assert await school.says("old") == 401
        assert await school.says("new") == "ada"


async def test_unknown_keys_are_asked_for_at_most_once_in_half_a_minute() -> None:
    """Strangers can name any key. Until then nobody knows, and the client is to come again."""
    async with class_7b("known") as school:
        assert await school.says("unknown") == 401
        school.now += 10
        for number in range(20):
            found = await school.check(school.issuer.token(f"unknown{number}"))
            assert isinstance(found, Denied)
            assert (found.status, found.retry_after) == (503, 20.0)
        assert school.issuer.asked == 1
        assert await school.says("known") == "ada"


async def test_all_that_wait_share_one_request() -> None:
    """And the end of one of them, such as a client that leaves, does not end the others."""
    async with class_7b("key") as school:
        school.issuer.go_on.clear()
        waiting = [asyncio.create_task(school.says("key")) for _ in range(20)]
        await until(lambda: school.issuer.asked == 1)
        waiting[0].cancel()
        school.issuer.go_on.set()
        assert await asyncio.gather(*waiting[1:]) == ["ada"] * 19
        assert school.issuer.asked == 1


async def test_known_keys_stay_good_while_the_issuer_is_away() -> None:
    """For hours; a key that is unknown is 503 with Retry-After. Each token asks nobody."""
    async with class_7b("known") as school:
        assert await school.says("known") == "ada"
        school.issuer.answer = (500, b"")
        school.now += 301
        assert [await school.says("known") for _ in range(5)] == ["ada"] * 5
        assert school.issuer.asked == 2
        assert await school.says("unknown") == 503
        school.now += 5 * 3600
        assert await school.says("known") == "ada"
        found = await school.check(school.issuer.token("unknown"))
        assert isinstance(found, Denied)
        assert (found.status, found.retry_after) == (503, 30.0)
        school.now += 2 * 3600
        assert await school.says("known") == 503
        school.issuer.answer = None
        school.now += 30
        assert await school.says("known") == "ada"


async def test_an_issuer_that_is_not_there_is_waited_for() -> None:
    """Nothing listens at its address at first."""
    issuer = Issuer("key")
    async with issuer.publishing():
        pass
    school = Class7b(issuer)
    assert await school.says("key") == 503
    async with issuer.publishing():
        assert await school.says("key") == 503
        school.now += 30
        assert await school.says("key") == "ada"


async def test_each_check_is_counted() -> None:
    """By its outcome. A handshake without a token is no check."""
    async with class_7b("known") as school:
        await school.says("known")
        await school.check(school.issuer.token("known", aud="other"))
        await school.says("unknown")
        await school.check("")
    for outcome in ("accepted", "refused", "unanswered"):
        assert f'token_checks_total{{outcome="{outcome}"}} 1.0' in school.metrics.render()


@pytest.mark.parametrize(
    "answer",
    [
        (404, b"{}"),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": 7}'),
        (200, b"[" * 100_000),
        (200, json.dumps({"keys": [], "more": "x" * (256 << 10)}).encode()),
    ],
)
async def test_an_answer_without_keys_changes_nothing(answer: tuple[int, bytes]) -> None:
    """It counts as none, and the keys that were known stay good."""
    async with class_7b("known") as school:
        assert await school.says("known") == "ada"
        school.issuer.answer = answer
        school.now += 301
        assert await school.says("known") == "ada"
        assert school.issuer.asked == 2


FOREIGN: dict[str, Any] = {
    "no object": "key",
    "without an id": {**jwk("key"), "kid": None},
    "with an id that is a list": jwk("key", kid=["key"]),
    "a secret": {"kty": "oct", "k": "c2VjcmV0" * 8, "kid": "key", "alg": "HS256"},
    "a private key": jwk("key", d="AA"),
    "for encryption": jwk("key", use="enc"),
    "for signing": jwk("key", key_ops=["sign"]),
    "of another algorithm": jwk("key", alg="ES384"),
    "an RSA key that says HS256": jwk("rsa", kid="key", alg="HS256"),
    "an EC key that says RS256": jwk("key", alg="RS256"),
    "of another curve": jwk("key", crv="P-521"),
    "without a number": {"kty": "RSA", "kid": "key", "e": "AQAB"},
    "a short RSA key": {"kty": "RSA", "kid": "key", "e": "AQAB", "n": "u" * 86},
    "of no kind": {"kid": "key"},
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN.keys())
async def test_what_is_no_key_for_tokens_is_left_out(foreign: Any) -> None:
    """The others of the set count."""
    async with class_7b("other") as school:
        school.issuer.keys.insert(0, foreign)
        assert await school.says("other") == "ada"
        assert await school.says("key") == 503
        school.now += 31
        assert await school.says("key") == 401


async def test_an_id_of_two_keys_is_none() -> None:
    """Nobody could say which of them counts."""
    async with class_7b("twice", "once") as school:
        school.issuer.keys.append({**jwk("once"), "kid": "twice"})
        assert await school.says("once") == "ada"
        school.now += 31
        assert await school.says("twice") == 401


async def test_a_token_that_names_no_key_asks_for_none() -> None:
    """Any stranger can make one."""
    async with class_7b("key") as school:
        found = await school.check(jwt.encode(claims(), private_key("key"), "ES256"))
        assert isinstance(found, Denied)
        assert found.status == 401
        assert school.issuer.asked == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.edu/jwks.json",
        "https://user:password@login.example.edu/",
        "ftp://127.0.0.1/",
        "login.example.edu/jwks.json",
        "https://",
        "https://[/",
        "",
    ],
)
def test_an_address_that_cannot_be_trusted_is_a_sentence(url: str) -> None:
    """Others on the way could put their own keys in place of the issuer's."""
    with pytest.raises(BadSetting, match="--jwt-jwks-url: an https:// address") as no:
        KeySet(url)
    assert "password@" not in str(no.value)
    KeySet("https://login.example.edu/jwks.json")
    KeySet("http://localhost:8080/jwks.json")
