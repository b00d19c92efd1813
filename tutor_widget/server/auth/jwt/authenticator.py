"""Which account a signed token proves, by the advice of RFC 8725.

The signature is verified before a claim is believed. The header of a token is a stranger's: its
``alg`` has to be that of the key, its ``kid`` is looked up, and nothing else of it is used (no
``jku``, ``jwk``, ``x5u``, ``x5c``). A token with ``crit`` is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jwt

from tutor_widget.server.auth.bearer import bearer_token
from tutor_widget.server.auth.contract import Account, Denied
from tutor_widget.server.metrics import Metrics, NoMetrics

from .keys import Key, Keys, KeysAway

__all__ = ["LEEWAY", "JWTAuthenticator"]

LEEWAY: Final = 30.0
"""Seconds by which the clocks of issuer and server may differ."""
_LONGEST: Final = 8 << 10
"""Characters of a token: as many as all headers of a handshake may have."""
_NAME: Final = 200
"""Characters of the name of an account or a group."""
_UNREADABLE: Final = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
_REQUIRED: Final = Denied(401, "A signed token (JWT) is required.")
_INVALID: Final = Denied(401, "This token is not valid here.")
_UNKNOWN_KEY: Final = Denied(401, "This token is signed with a key that is not known here.")
_REASONS: Final[Mapping[type[Exception], Denied]] = {
    jwt.ExpiredSignatureError: Denied(401, "This token has expired. Sign in again."),
    jwt.ImmatureSignatureError: Denied(401, "This token is not valid yet."),
    jwt.InvalidAudienceError: Denied(401, "This token is for another service."),
    jwt.InvalidIssuerError: Denied(401, "This token comes from another issuer."),
    jwt.MissingRequiredClaimError: Denied(401, "This token lacks aud, exp, iss or sub."),
}
"""Only a token whose signature was verified gets one of these."""


class JWTAuthenticator:
    """An authenticator of tokens that name the account in ``sub``, and expire (``exp``).

    A token has to be for this ``audience`` and, unless ``issuer`` is empty, from this issuer. The
    account's groups are the names in ``groups_claim``, if the token has that.
    """

    has_accounts = True

    def __init__(
        self,
        keys: Keys,
        audience: str,
        issuer: str = "",
        groups_claim: str = "groups",
        *,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or NoMetrics()
        self._keys = keys
        self._audience = audience
        self._issuer = issuer
        self._groups_claim = groups_claim

    async def authenticate(self, headers: Mapping[str, str]) -> Account | Denied:
        """The account that the token names. See `Authenticator.authenticate`.

        Its credentials expire when the token does, and the difference of clocks is over.
        """
        token = bearer_token(headers)
        if not token:
            return _REQUIRED
        found = await self._check(token)
        outcome = "accepted"
        if isinstance(found, Denied):
            outcome = "refused" if found.status == 401 else "unanswered"
        self._metrics.count("token_checks", outcome=outcome)
        return found

    async def _check(self, token: str) -> Account | Denied:
        if len(token) > _LONGEST:
            return _INVALID
        try:
            key = await self._keys.find(jwt.get_unverified_header(token).get("kid"))
            return _UNKNOWN_KEY if key is None else self._account(self._verified(token, key))
        except KeysAway as away:
            reason = "The keys of the sign-in service cannot be read now. Try again in a moment."
            return Denied(503, reason, away.retry_after)
        except _UNREADABLE as error:
            return _REASONS.get(type(error), _INVALID)

    def _verified(self, token: str, key: Key) -> Mapping[str, Any]:
        """The claims. Raises one of `_UNREADABLE`."""
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.material,
            algorithms=[key.algorithm],
            audience=self._audience,
            issuer=self._issuer or None,
            leeway=LEEWAY,
            options={"require": ["aud", "exp", "sub"]},
        )
        return claims

    def _account(self, claims: Mapping[str, Any]) -> Account:
        """Raises ValueError for a claim of the wrong type, or a name that is none."""
        expires, groups = claims["exp"], claims.get(self._groups_claim, [])
        if not all(type(time) in (int, float) for time in (expires, claims.get("nbf", 0))):
            raise ValueError
        if not isinstance(groups, list) or not all(map(_is_name, (claims["sub"], *groups))):
            raise ValueError
        return Account(claims["sub"], frozenset(groups), float(expires) + LEEWAY)


def _is_name(claim: object) -> bool:
    """A printable character is no control character, and no half of a surrogate pair."""
    return isinstance(claim, str) and 0 < len(claim) <= _NAME and claim.isprintable()
