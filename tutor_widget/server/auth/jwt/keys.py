"""Keys that verify signed tokens. The kind of a key fixes its algorithm, and no token can.

So a public key never verifies an HMAC, which anybody could make with it (RFC 8725 §2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tutor_widget.server.settings import BadSetting

__all__ = ["Key", "Keys", "KeysAway", "OneKey", "key_of_jwk", "public_key", "secret_key"]

_LEAST_SECRET: Final = 32
"""Bytes of a secret for HS256: as many as its hash has (RFC 7518 §3.2)."""
_LEAST_RSA, _MOST_RSA = 2048, 8192
"""Bits of an RSA key: RFC 7518 §3.3, and what is still verified quickly."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and the one algorithm that it verifies."""

    algorithm: Literal["HS256", "RS256", "ES256"]
    material: bytes | RSAPublicKey | EllipticCurvePublicKey = field(repr=False)


class KeysAway(Exception):
    """It is not known whether there is such a key. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after


class Keys(Protocol):
    """Where the key of a token is looked up."""

    async def find(self, kid: str | None) -> Key | None:
        """The key that a token names, or None if there is none. Raises KeysAway.

        ``kid`` is whatever a stranger has written there; None if the token names no key.
        """


class OneKey:
    """The same key for every token, whatever it names."""

    def __init__(self, key: Key) -> None:
        self._key = key

    async def find(self, _kid: str | None) -> Key:
        """Returns the key. See `Keys.find`."""
        return self._key


def secret_key(secret: str) -> Key:
    """The key of a shared secret (HS256). Raises BadSetting, which does not quote it."""
    material = secret.encode("utf-8", "surrogateescape")
    if len(material) < _LEAST_SECRET:
        raise BadSetting(
            f"The secret of --auth jwt has {len(material)} bytes, and could be guessed: at least "
            f"{_LEAST_SECRET} are needed. Make one with "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`, for the issuer, too."
        )
    return Key("HS256", material)


def public_key(pem: str, path: str) -> Key:
    """The key in a PEM file (RS256 or ES256). Raises BadSetting, which names the file."""
    if "PRIVATE KEY" in pem:
        raise BadSetting(
            f"{path} holds a private key, with which anybody could sign in as anybody. Give this "
            "server the public key only: `openssl pkey -in … -pubout`."
        )
    try:
        key = _key_of(load_pem_public_key(pem.encode()))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if key is None:
        raise BadSetting(
            f"{path} holds no public key that --auth jwt takes: RSA with {_LEAST_RSA} to "
            f"{_MOST_RSA} bits, or EC on the curve P-256, as PEM (-----BEGIN PUBLIC KEY-----)."
        )
    return key


def key_of_jwk(jwk: Mapping[str, Any]) -> Key | None:
    """The key in a JWK (RFC 7517). None if it is not one for signatures, or not one of ours.

    A secret in a set that is public (``oct``), and a private key, are no keys.
    """
    if "d" in jwk or jwk.get("use", "sig") != "sig" or not _verifies(jwk.get("key_ops")):
        return None
    try:
        match jwk.get("kty"):
            case "RSA":
                key = _key_of(RSAAlgorithm.from_jwk(dict(jwk)))
            case "EC":
                key = _key_of(ECAlgorithm.from_jwk(dict(jwk)))
            case _:
                key = None
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return None
    return key if key is not None and jwk.get("alg", key.algorithm) == key.algorithm else None


def _verifies(operations: object) -> bool:
    return operations is None or (isinstance(operations, list) and "verify" in operations)


def _key_of(public: object) -> Key | None:
    match public:
        case RSAPublicKey() if _LEAST_RSA <= public.key_size <= _MOST_RSA:
            return Key("RS256", public)
        case EllipticCurvePublicKey(curve=SECP256R1()):
            return Key("ES256", public)
        case _:
            return None
