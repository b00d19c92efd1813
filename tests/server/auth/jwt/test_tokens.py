"""Signed tokens: which are taken, and which never are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.servers.issuer import AUDIENCE, ISSUER, SECRET, claims, pem, private_key
from tutor_widget.server import Account, Denied
from tutor_widget.server.auth.jwt.authenticator import LEEWAY, JWTAuthenticator
from tutor_widget.server.auth.jwt.keys import OneKey, public_key, secret_key

RSA, EC, HMAC = (
    JWTAuthenticator(OneKey(key), AUDIENCE, ISSUER)
    for key in (
        public_key(pem("rsa"), "rsa.pem"),
        public_key(pem("ec"), "ec.pem"),
        secret_key(SECRET),
    )
)


async def account(authenticator: JWTAuthenticator, token: str) -> Account | int:
    """The account that it proves, or the status with which it is denied."""
    found = await authenticator.authenticate({"Authorization": f"Bearer {token}"})
    if isinstance(found, Account):
        return found
    assert found.retry_after is None
    assert len(found.reason) < 80
    assert not any(part in found.reason for part in token.split(".") if len(part) > 8)
    return found.status


def raw(header: object, payload: object, signature: bytes = b"") -> str:
    """A token of any three parts."""
    parts = [
        one if isinstance(one, bytes) else json.dumps(one).encode() for one in (header, payload)
    ]
    return ".".join(_base64url(part) for part in (*parts, signature))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def hmac_signed(key: str, header: object, payload: object) -> str:
    """With the text of any key, even of a public one, as the secret."""
    token = raw(header, payload).rpartition(".")[0]
    return f"{token}.{_base64url(hmac.digest(key.encode(), token.encode(), hashlib.sha256))}"


def signed(header: dict[str, Any] | None = None, /, **changes: Any) -> str:
    """A token with the right signature of the secret, and these claims changed."""
    return hmac_signed(SECRET, {"alg": "HS256", **(header or {})}, claims(**changes))


async def test_each_algorithm_proves_an_account_with_its_groups() -> None:
    """The account ends when the token does, and the clocks' difference is over."""
    for authenticator, key, algorithm in (
        (RSA, private_key("rsa"), "RS256"),
        (EC, private_key("ec"), "ES256"),
        (HMAC, SECRET, "HS256"),
    ):
        given = claims(groups=["7b", "staff"], aud=["other", AUDIENCE])
        found = await account(authenticator, jwt.encode(given, key, algorithm))
        until = given["exp"] + LEEWAY
        assert found == Account("ada", frozenset({"7b", "staff"}), until)


async def test_the_groups_may_be_in_another_claim() -> None:
    """A token without it has no groups."""
    authenticator = JWTAuthenticator(OneKey(secret_key(SECRET)), AUDIENCE, groups_claim="x:roles")
    for given, groups in (({"x:roles": ["7b"]}, {"7b"}), ({"groups": ["7b"]}, set())):
        found = await account(authenticator, signed(None, iss=None, **given))
        assert isinstance(found, Account)
        assert found.groups == groups


NOW = int(time.time())
CLAIMS: dict[str, dict[str, Any]] = {
    "for another audience": {"aud": "other"},
    "for no audience": {"aud": None},
    "for an audience that is no text": {"aud": [1, {"tutor": "tutor"}]},
    "for an audience that begins so": {"aud": "tutor2"},
    "from another issuer": {"iss": "https://evil.example"},
    "from nobody": {"iss": None},
    "from a list of issuers": {"iss": [ISSUER]},
    "expired": {"exp": NOW - 3600},
    "expired, as a text": {"exp": str(NOW + 3600)},
    "without an end": {"exp": None},
    "with an end that is no number": {"exp": "never"},
    "with an end that is a truth": {"exp": True},
    "with an end in all eternity": {"exp": float("inf")},
    "with no number for an end": {"exp": float("nan")},
    "with an end that is a list": {"exp": [NOW + 3600]},
    "not valid yet": {"nbf": NOW + 3600},
    "not valid before a text": {"nbf": "0"},
    "issued in the future": {"iat": NOW + 3600},
    "for nobody": {"sub": None},
    "for an empty name": {"sub": ""},
    "for a name that is too long": {"sub": "a" * 201},
    "for a number": {"sub": 7},
    "for a list": {"sub": ["ada"]},
    "for a name with a line's end": {"sub": "ada\n"},
    "for a name with NUL": {"sub": "ada\0"},
    "for a name that turns the line around": {"sub": "\u202eada"},
    "for half a character": {"sub": "\ud800"},
    "with groups that are a text": {"groups": "staff"},
    "with groups that are no texts": {"groups": ["7b", 1]},
    "with groups that are an object": {"groups": {"staff": True}},
    "with a group without a name": {"groups": [""]},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS.keys())
async def test_a_token_with_wrong_claims_is_refused(changes: dict[str, Any]) -> None:
    """Its signature is right."""
    assert isinstance(await account(HMAC, signed()), Account)
    assert await account(HMAC, signed(None, **changes)) == 401


HEADERS: dict[str, str] = {
    "no algorithm": raw({"alg": "none"}, claims()),
    "no algorithm, in capitals": raw({"alg": "NONE"}, claims()),
    "no algorithm, and a signature": raw({"alg": "none"}, claims(), b"signed"),
    "no name of an algorithm": raw({}, claims()),
    "an algorithm that is a list": raw({"alg": ["RS256"]}, claims()),
    "an HMAC with the public key": hmac_signed(pem("rsa"), {"alg": "HS256"}, claims()),
    "an HMAC that says RS256": hmac_signed(pem("rsa"), {"alg": "RS256"}, claims()),
    "a longer hash": jwt.encode(claims(), private_key("rsa"), "RS512"),
    "another padding": jwt.encode(claims(), private_key("rsa"), "PS256"),
    "another key": jwt.encode(claims(), private_key("rsa-of-a-stranger"), "RS256"),
    "a key of another kind": jwt.encode(claims(), private_key("ec"), "ES256"),
    "another curve": jwt.encode(claims(), ec.generate_private_key(ec.SECP384R1()), "ES384"),
    "what is critical": jwt.encode(
        claims(), private_key("rsa"), "RS256", {"crit": ["exp"], "exp": 1}
    ),
    "a payload that is not encoded": jwt.encode(
        claims(), private_key("rsa"), "RS256", {"crit": ["b64"], "b64": True}
    ),
    "a kid that is no text": raw({"alg": "RS256", "kid": 1}, claims()),
    "a payload that is a list": jwt.PyJWS().encode(b"[]", private_key("rsa"), "RS256"),
    "a payload that is no JSON": jwt.PyJWS().encode(b"{", private_key("rsa"), "RS256"),
    "a payload in deep brackets": jwt.PyJWS().encode(b"[" * 4000, private_key("rsa"), "RS256"),
    "a number without end": jwt.PyJWS().encode(
        b'{"exp": 1' + b"0" * 5000 + b"}", private_key("rsa"), "RS256"
    ),
    "a header in deep brackets": raw(b"[" * 4000, claims()),
    "two parts": "e30.e30",
    "four parts": "e30.e30.e30.e30",
    "no base64": "a.b.c",
    "no ASCII": "\xe4.\xe4.\xe4",
    "half a character": "\ud800.e30.e30",
    "commas": f"{signed()}, {signed()}",
    "nothing": "",
    "dots": "..",
}


@pytest.mark.parametrize("token", HEADERS.values(), ids=HEADERS.keys())
async def test_a_hostile_token_is_refused(token: str) -> None:
    """The key says which algorithm counts. Nothing raises, and no answer quotes the token."""
    assert await account(RSA, token) == 401


@pytest.mark.filterwarnings("ignore:The HMAC key is")
async def test_no_other_key_opens_what_is_signed_with_a_secret() -> None:
    """A token of the issuer's other service, signed with its own key, is none here."""
    for token in (
        jwt.encode(claims(), private_key("ec"), "ES256"),
        jwt.encode(claims(), SECRET, "HS512"),
        jwt.encode(claims(), SECRET[:-1], "HS256"),
        raw({"alg": "HS256"}, claims()),
    ):
        assert await account(HMAC, token) == 401


async def test_keys_that_a_token_brings_along_are_ignored() -> None:
    """``jku``, ``x5u`` and ``jwk`` name a stranger's; ``kid`` is no path and no query."""
    stranger = {"jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/", "jwk": {"kty": "oct"}}
    for kid in ("../../../../dev/null", "' OR 1=1 --", "a" * 3000, ""):
        header = stranger | {"kid": kid}
        assert isinstance(await account(HMAC, signed(header)), Account)
        forged = jwt.encode(claims(), private_key("rsa-of-a-stranger"), "RS256", header)
        assert await account(RSA, forged) == 401


async def test_a_huge_token_is_refused_before_it_is_read() -> None:
    """No header of a handshake could hold it."""
    assert await account(HMAC, signed(more="x" * 8192)) == 401


async def test_clocks_may_differ_by_half_a_minute() -> None:
    """On both sides of the time in which a token is valid."""
    near, far = LEEWAY - 20, LEEWAY + 20
    now = time.time()
    cases: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"exp": now - near}, True),
        ({"exp": now - far}, False),
        ({"nbf": now + near}, True),
        ({"nbf": now + far}, False),
    )
    for changes, fine in cases:
        assert isinstance(await account(HMAC, signed(None, **changes)), Account) == fine


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW - 3600}, "This token has expired. Sign in again."),
        ({"nbf": NOW + 3600}, "This token is not valid yet."),
        ({"aud": "other"}, "This token is for another service."),
        ({"iss": "other"}, "This token comes from another issuer."),
        ({"sub": None}, "This token lacks aud, exp, iss or sub."),
    ],
)
async def test_a_person_learns_what_is_wrong(changes: dict[str, Any], reason: str) -> None:
    """But only of a token whose signature is right."""
    found = await HMAC.authenticate({"Authorization": f"Bearer {signed(None, **changes)}"})
    assert found == Denied(401, reason)
    forged = jwt.encode(claims(**changes), "another" * 9, "HS256")
    found = await HMAC.authenticate({"Authorization": f"Bearer {forged}"})
    assert found == Denied(401, "This token is not valid here.")


async def test_without_credentials_a_token_is_asked_for() -> None:
    """Also if they are of another kind."""
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
        found = await HMAC.authenticate(headers)
        assert found == Denied(401, "A signed token (JWT) is required.")
